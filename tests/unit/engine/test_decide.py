"""The engine asks for invocations until it decides."""

from dataclasses import replace

import pytest

from power_tuner.engine.decide import next_step
from power_tuner.engine.question import Decision, Invoke, Limits, Measured, Progress
from power_tuner.tuning.strategies import Slo, Tolerance
from unit.engine.simulated_function import MEMORIES_MB, SimulatedFunction, cpu_bound, mixed, question, tune, waiting

STRATEGIES = ("cost", "speed", "balanced")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_observations_give_the_same_answer(strategy: str) -> None:
    """Two tunings with one seed ask the same and decide the same."""
    asked = question(strategy)

    first, second = (tune(asked, SimulatedFunction(mixed)) for _ in range(2))

    assert first.rounds == second.rounds
    assert first.decision == second.decision


def test_a_waiting_function_is_cheapest_at_the_smallest_size() -> None:
    """Where memory buys nothing, the smallest memory size wins after a handful of calls."""
    tuning = tune(question("cost"), SimulatedFunction(waiting))

    assert tuning.decision.memory_mb == 128
    assert tuning.decision.confidence > 0.9
    assert tuning.calls <= 8


def test_a_cpu_bound_function_is_fastest_from_one_vcpu_on() -> None:
    """Past 1,769 MB nothing is gained, and a memory size there is chosen."""
    tuning = tune(question("speed"), SimulatedFunction(cpu_bound, noise=0.02))

    assert tuning.decision.memory_mb in {1769, 3008}


@pytest.mark.parametrize(("strategy", "dip_mb"), [("cost", 512), ("speed", 1024)])
def test_a_size_off_a_smooth_curve_is_found(strategy: str, dip_mb: int) -> None:
    """One memory size takes half of what its neighbours promise: it is tried, believed and chosen."""

    def dipped(memory_mb: int) -> float:
        return mixed(memory_mb) * (0.4 if memory_mb == dip_mb else 1.0)

    for seed in range(6):
        assert tune(question(strategy, seed=seed), SimulatedFunction(dipped, seed=seed)).decision.memory_mb == dip_mb


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_neighbour_of_the_choice_that_could_be_better_is_left_untried(strategy: str) -> None:
    """The memory sizes beside the choice were called, unless half of what is promised would not make them better."""
    asked = question(strategy)
    for shape in (waiting, cpu_bound, mixed):
        decision = tune(asked, SimulatedFunction(shape)).decision
        beside = MEMORIES_MB.index(decision.memory_mb or 0)
        neighbours = MEMORIES_MB[max(0, beside - 1) : beside + 2]
        chosen = next(one for one in decision.estimates if one.memory_mb == decision.memory_mb)
        untried = [one for one in decision.predictions if one.memory_mb in neighbours]

        assert all(one.cost_usd.estimate > 2 * chosen.cost_usd.estimate for one in untried if strategy == "cost")
        assert not untried or strategy == "cost"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_choice_is_confirmed_by_real_invocations(strategy: str) -> None:
    """No memory size is chosen that was not invoked at least twice."""
    decision = tune(question(strategy), SimulatedFunction(mixed)).decision

    chosen = next(one for one in decision.estimates if one.memory_mb == decision.memory_mb)

    assert chosen.samples >= 2


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("confidence", ["default", "high", "highest"])
def test_rounds_are_bounded(strategy: str, confidence: str) -> None:
    """However noisy the function, it ends, and within the rounds that the question allows."""
    asked = question(strategy, confidence=confidence)
    noisy = SimulatedFunction(mixed, noise=0.6)

    assert len(tune(asked, noisy).rounds) <= 40
    assert len(tune(replace(asked, limits=Limits(max_rounds=6)), noisy).rounds) <= 6


def test_a_higher_setting_never_asks_for_less() -> None:
    """The settings pay ever more for the same function, over some streaks of luck, and state no less confidence."""
    settings = [
        [
            tune(question("balanced", confidence=setting), SimulatedFunction(mixed, noise=0.1, seed=seed))
            for seed in range(1, 6)
        ]
        for setting in ("default", "high", "highest")
    ]

    calls = [sum(tuning.calls for tuning in tunings) for tunings in settings]
    confidence = [sum(tuning.decision.confidence for tuning in tunings) for tunings in settings]

    assert calls == sorted(calls)
    assert confidence[2] >= confidence[0]


def test_more_of_the_same_samples_make_it_surer() -> None:
    """Confidence grows with the evidence for one answer."""

    def confidence(times: int) -> float:
        samples = {
            memory_mb: [
                Measured(mixed(memory_mb) * (1 + sign * 0.08), mixed(memory_mb))
                for sign in (-1, 1)
                for _ in range(times)
            ]
            for memory_mb in MEMORIES_MB
        }
        step = next_step(question("cost"), Progress(samples=samples, rounds=40))
        assert isinstance(step, Decision)
        return step.confidence

    stated = [confidence(times) for times in (1, 4, 32)]

    assert stated == sorted(stated)
    assert stated[-1] > 0.95


@pytest.mark.parametrize("most", [1, 2, 5])
def test_no_invocation_beyond_the_limit(most: int) -> None:
    """`max_invocations` ends the run with the best answer so far."""
    asked = question("speed", limits=Limits(max_invocations=most))

    tuning = tune(asked, SimulatedFunction(mixed))

    assert tuning.calls <= most
    assert tuning.decision.stopped_by == "invocations"
    assert tuning.decision.memory_mb is not None


def test_no_money_beyond_the_limit() -> None:
    """`max_cost_usd` bounds what is asked for; the confidence is what it then is."""
    free = tune(question("speed", confidence="high"), SimulatedFunction(mixed))
    most = free.decision.spent.cost_usd / 3

    tuning = tune(question("speed", confidence="high", limits=Limits(max_cost_usd=most)), SimulatedFunction(mixed))

    assert tuning.decision.spent.cost_usd <= most * 1.2
    assert tuning.decision.memory_mb is not None


def test_time_is_a_limit_too() -> None:
    """After `max_duration_s` the run ends with what it has."""
    asked = question("cost", limits=Limits(max_duration_s=60))
    samples = {128: [Measured(400, 400)]}

    step = next_step(asked, Progress(samples=samples, rounds=1, elapsed_s=61))

    assert isinstance(step, Decision)
    assert (step.memory_mb, step.stopped_by) == (128, "duration")


def test_one_size_needs_no_comparison() -> None:
    """A single candidate is confirmed and chosen."""
    tuning = tune(question("cost", (512,)), SimulatedFunction(mixed))

    assert (tuning.decision.memory_mb, tuning.decision.confidence) == (512, 1.0)
    assert tuning.calls == 2


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_equal_durations_are_no_trouble(strategy: str) -> None:
    """Calls that all take the same time, even none, give a decision."""
    decision = tune(question(strategy), SimulatedFunction(lambda _: 0.0, noise=0.0)).decision

    assert decision.memory_mb in MEMORIES_MB
    assert 0 <= decision.confidence <= 1


def test_a_size_that_cannot_run_the_target_is_left_out() -> None:
    """Out of memory at 128 MB: the others are tuned, and 128 is never asked for again."""
    tuning = tune(question("cost"), SimulatedFunction(waiting, broken=frozenset({128})))

    assert tuning.decision.memory_mb == 256
    assert sum(128 in asked for asked in tuning.rounds) == 1


def test_nothing_measurable_gives_no_choice() -> None:
    """If every memory size fails, the engine says so instead of choosing."""
    decision = tune(question("cost"), SimulatedFunction(waiting, broken=frozenset(MEMORIES_MB))).decision

    assert (decision.memory_mb, decision.confidence, decision.stopped_by) == (None, 0.0, "nothing-measured")


def test_warm_and_cold_never_mix() -> None:
    """Cold samples do not move a decision about warm starts."""
    warm = {128: [Measured(400, 400)] * 4, 512: [Measured(395, 395)] * 4}
    cold = {128: [Measured(9000, 9000, cold=True)] * 4, 512: []}
    mixed_samples = {memory_mb: [*cold[memory_mb], *warm[memory_mb]] for memory_mb in warm}

    with_cold = next_step(question("cost"), Progress(samples=mixed_samples, rounds=40))
    without = next_step(question("cost"), Progress(samples=warm, rounds=40))

    assert isinstance(with_cold, Decision)
    assert isinstance(without, Decision)
    assert with_cold.estimates == without.estimates
    assert with_cold.spent.cost_usd > without.spent.cost_usd


def test_cold_starts_alone_can_be_tuned() -> None:
    """With `start` cold, only cold samples count."""
    samples = {128: [Measured(4000, 4500, cold=True)] * 3, 512: [Measured(1000, 1500, cold=True)] * 3}

    step = next_step(question("speed", (128, 512), start="cold"), Progress(samples=samples, rounds=40))

    assert isinstance(step, Decision)
    assert step.memory_mb == 512


def test_it_stays_with_the_current_value_unless_the_gain_is_real() -> None:
    """Two memory sizes that differ by less than the noise are no reason to change."""
    asked = question("speed", (1769, 3008), current_memory_mb=3008)

    decision = tune(asked, SimulatedFunction(waiting, noise=0.2)).decision

    assert decision.memory_mb == 3008
    assert decision.gain is not None
    assert not decision.gain.significant


def test_a_real_gain_is_stated_with_its_interval() -> None:
    """A waiting function at 3,008 MB: far cheaper below, and the interval says so."""
    decision = tune(question("cost", current_memory_mb=3008), SimulatedFunction(waiting)).decision

    assert decision.memory_mb == 128
    assert decision.gain is not None
    assert decision.gain.significant
    assert decision.gain.cost_change.high < -0.5


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("current_mb", [128, 3008])
def test_nothing_is_said_against_a_size_that_was_never_called(strategy: str, current_mb: int) -> None:
    """However certain the gain seems, the memory size that the function has is called before it is compared."""
    asked = question(strategy, current_memory_mb=current_mb)
    for shape in (waiting, mixed):
        tuning = tune(asked, SimulatedFunction(shape))
        called = {estimate.memory_mb for estimate in tuning.decision.estimates}

        assert current_mb in called
        assert tuning.decision.gain is not None

    stopped = tune(replace(asked, limits=Limits(max_invocations=2)), SimulatedFunction(mixed)).decision
    compared = stopped.gain is not None
    assert compared == (current_mb in {estimate.memory_mb for estimate in stopped.estimates})


def test_each_candidate_has_an_estimate_or_a_prediction() -> None:
    """What was not called is predicted, with an interval that is no narrower than nothing."""
    decision = tune(question("cost"), SimulatedFunction(waiting)).decision
    known = [each.memory_mb for each in (*decision.estimates, *decision.predictions)]

    assert sorted(known) == sorted(MEMORIES_MB)
    assert all(each.samples > 0 for each in decision.estimates)
    assert decision.predictions
    assert all(
        each.samples == 0 and each.cost_usd.low < each.cost_usd.estimate < each.cost_usd.high
        for each in decision.predictions
    )


def test_the_limit_on_duration_is_kept_by_the_cheapest_size_that_can() -> None:
    """`slo`: 512 MB is the smallest, and so the cheapest, that keeps 1.7 s."""
    objective = Slo(statistic="p95", max_duration_ms=1700)

    decision = tune(question(objective=objective), SimulatedFunction(mixed, noise=0.03)).decision

    assert decision.memory_mb == 512
    assert decision.meets_slo is not None
    assert decision.meets_slo > 0.9


def test_tolerance_takes_the_fastest_among_the_cheap() -> None:
    """A CPU-bound function costs the same up to one vCPU: 1,769 MB is the fastest of those."""
    objective = Tolerance(tolerance=0.1)

    decision = tune(question(objective=objective, confidence="high"), SimulatedFunction(cpu_bound, noise=0.02)).decision

    assert decision.memory_mb == 1769


def test_a_slow_call_among_few_does_not_decide() -> None:
    """One call in fifty takes ten times as long; whichever comes first, the cheap memory size is found."""
    slow = Measured(waiting(128) * 10, waiting(128) * 10)

    step = next_step(question("cost"), Progress(samples={128: [slow], 512: [Measured(400, 400)]}, rounds=1))
    assert isinstance(step, Invoke)
    samples = {
        128: [slow, Measured(405, 405), Measured(398, 398)],
        256: [Measured(402, 402)],
        512: [Measured(400, 400)],
    }
    decision = next_step(question("cost"), Progress(samples=samples, rounds=40))

    assert isinstance(decision, Decision)
    assert decision.memory_mb == 128


def test_the_first_call_of_a_size_does_not_rule_it_out() -> None:
    """At 512 MB the first call waits for a time-out at the other end: the fastest memory size is still looked for."""
    samples = {128: [Measured(took, took) for took in (1508, 1682, 1554)], 512: [Measured(18_387, 18_387)]}

    step = next_step(question("speed"), Progress(samples=samples, rounds=2))

    assert isinstance(step, Invoke)
    assert set(step.invocations) - {128}


def test_calls_that_contradict_each_other_confirm_nothing() -> None:
    """Of two calls one returned at once: which of them is the function's is asked before the size is chosen."""
    step = next_step(
        question("balanced"),
        Progress(
            samples={
                128: [Measured(6144, 6144), Measured(576, 576)],
                256: [Measured(took, took) for took in (3168, 3208, 3448, 3138)],
                512: [Measured(took, took) for took in (1641, 1423, 1531, 1543, 1547)],
            },
            rounds=2,
        ),
    )

    assert isinstance(step, Invoke)
    assert 128 in step.invocations


def test_many_values_are_thought_about_in_time() -> None:
    """All 159 multiples of 64 can be candidates, and rounds stay bounded."""
    memories_mb = tuple(range(128, 10241, 64))

    tuning = tune(question("cost", memories_mb), SimulatedFunction(waiting))

    assert tuning.decision.memory_mb == 128
    assert tuning.calls < 30


def test_a_sweep_is_priced_for_comparison() -> None:
    """What ten calls at each memory size would have cost is stated beside what was spent."""
    tuning = tune(question("cost"), SimulatedFunction(waiting, noise=0.02))
    expected = 10 * sum(400 * price for price in question().price_per_ms_usd.values())

    assert tuning.decision.spent.sweep_cost_usd == pytest.approx(expected, rel=0.25)
    assert tuning.decision.spent.cost_usd < expected / 10


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"memories_mb": ()}, "no memory size"),
        ({"price_per_ms_usd": {128: 1e-9}}, "no price per millisecond for memory size 256"),
    ],
)
def test_a_question_without_an_answer_is_refused(change: dict[str, object], message: str) -> None:
    """What is missing is named."""
    with pytest.raises(ValueError, match=message):
        replace(question(), **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
def test_it_does_not_stay_for_want_of_a_closer_look(seed: int) -> None:
    """While a gain over the current value is likely but not certain, it measures on instead of giving it up."""
    asked = question("balanced", current_memory_mb=512)

    decision = tune(asked, SimulatedFunction(cpu_bound, noise=0.2, seed=seed)).decision

    assert decision.confidence >= 0.5 or decision.stopped_by == "rounds"


def test_a_barred_size_is_called_to_compare_with_and_not_chosen() -> None:
    """The cheapest and current memory size is left for the next one, whose gain is no gain."""
    asked = replace(question("cost"), barred_mb=frozenset({128}), current_memory_mb=128)
    decision = tune(asked, SimulatedFunction(waiting)).decision

    assert decision.memory_mb == 256
    assert decision.gain
    assert decision.gain.cost_change.estimate > 0.5
    assert not decision.gain.significant


def test_a_barred_size_is_chosen_where_nothing_else_was_measured() -> None:
    """Some answer is better than none; it is said elsewhere that it is not safe."""
    asked = replace(question("cost"), barred_mb=frozenset({128}), limits=Limits(max_invocations=1))
    decision = tune(asked, SimulatedFunction(waiting)).decision

    assert decision.memory_mb == 128
