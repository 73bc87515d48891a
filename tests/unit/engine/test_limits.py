"""Where a run ends before the engine is sure, and what rounds cost."""

from dataclasses import replace

import pytest

from power_tuner.engine.decide import next_step
from power_tuner.engine.question import Decision, Invoke, Limits, Measured, Overhead, Progress
from unit.engine.simulated_function import SimulatedFunction, cpu_bound, mixed, question, tune, waiting


@pytest.mark.parametrize("most", range(1, 12))
def test_cold_starts_count_against_the_invocations(most: int) -> None:
    """A memory size's first call is cold and lost: with it too, no more is invoked than allowed."""
    asked = question("speed", limits=Limits(max_invocations=most), overhead=Overhead(lost_calls=1))

    tuning = tune(asked, SimulatedFunction(mixed))

    assert tuning.invocations <= most
    assert tuning.decision.stopped_by == ("nothing-measured" if most == 1 else "invocations")


def test_few_invocations_are_shared_before_one_size_gets_two() -> None:
    """With four invocations, cold starts among them, two memory sizes are measured."""
    asked = question("cost", limits=Limits(max_invocations=4), overhead=Overhead(lost_calls=1))

    step = next_step(asked, Progress())

    assert step == Invoke({128: 1, 512: 1})


@pytest.mark.parametrize(
    ("limits", "stopped_by"),
    [(Limits(max_cost_usd=1e-4), "cost"), (Limits(max_invocations=3), "invocations")],
)
def test_the_limit_that_ended_it_is_named(limits: Limits, stopped_by: str) -> None:
    """What is left of a limit cannot pay another call: then it was the limit, and not certainty, that ended the run."""
    samples = {128: [Measured(14000, 14000)] * 2, 512: [Measured(3500, 3500)]}

    free = next_step(question("speed"), Progress(samples=samples, rounds=1))
    step = next_step(question("speed", limits=limits), Progress(samples=samples, rounds=1))

    assert isinstance(free, Invoke)
    assert isinstance(step, Decision)
    assert step.stopped_by == stopped_by


@pytest.mark.parametrize("rounds", range(1, 7))
@pytest.mark.parametrize("seed", range(3))
def test_the_current_value_is_measured_before_the_rounds_end(rounds: int, seed: int) -> None:
    """No gain that may be chance is chosen for want of a round in which to measure the current value."""
    asked = question("speed", current_memory_mb=3008, limits=Limits(max_rounds=rounds + 1))

    decision = tune(asked, SimulatedFunction(waiting, noise=0.5, seed=seed)).decision

    assert decision.gain is not None
    assert decision.gain.significant or decision.memory_mb == 3008


@pytest.mark.parametrize("most", range(5, 24, 3))
@pytest.mark.parametrize("seed", range(3))
def test_the_current_value_is_measured_before_the_invocations_end(most: int, seed: int) -> None:
    """The last invocations go to the current value if nothing certain speaks for leaving it."""
    asked = question("speed", current_memory_mb=3008, limits=Limits(max_invocations=most))

    decision = tune(asked, SimulatedFunction(waiting, noise=0.5, seed=seed)).decision

    assert decision.gain is not None
    assert decision.gain.significant or decision.memory_mb == 3008


def test_a_round_that_would_end_too_late_is_the_last() -> None:
    """The current value is measured in the last round that `max_duration_s` leaves time for."""
    asked = question("speed", current_memory_mb=3008, limits=Limits(max_duration_s=100))
    samples = {128: [Measured(400, 400)] * 2, 512: [Measured(380, 380)]}

    in_time = next_step(asked, Progress(samples=samples, rounds=1, elapsed_s=30))
    late = next_step(asked, Progress(samples=samples, rounds=1, elapsed_s=60))

    assert isinstance(in_time, Invoke)
    assert isinstance(late, Invoke)
    assert 3008 in late.invocations


@pytest.mark.parametrize("strategy", ["cost", "speed", "balanced"])
def test_where_rounds_cost_more_than_calls_they_are_fewer_and_larger(strategy: str) -> None:
    """A function of a few milliseconds takes fewer rounds, each with more calls, and at most a hundred calls."""
    dear = Overhead(round_usd=1e-4, memory_usd=1e-4, call_usd=1e-5)

    def tunings(overhead: Overhead) -> tuple[float, float]:
        quick = [SimulatedFunction(lambda memory: cpu_bound(memory) / 200, noise=0.2, seed=seed) for seed in range(3)]
        all_rounds = [tune(question(strategy, overhead=overhead), one) for one in quick]
        rounds = sum(len(one.rounds) for one in all_rounds)
        return rounds, sum(one.calls for one in all_rounds) / rounds

    free_rounds, free_calls = tunings(Overhead())
    dear_rounds, dear_calls = tunings(dear)

    assert dear_rounds < free_rounds
    assert dear_calls > free_calls
    assert dear_rounds * dear_calls / 3 <= 100


def test_what_rounds_cost_does_not_count_where_calls_are_dear() -> None:
    """A function of a minute is tuned in much the same rounds, whether a round costs a little or nothing."""
    slow = SimulatedFunction(lambda memory: 60 * mixed(memory), noise=0.05)
    dear = Overhead(round_usd=1e-6, memory_usd=1e-6)

    rounds = [len(tune(question("speed", overhead=one), replace(slow)).rounds) for one in (Overhead(), dear)]

    assert abs(rounds[0] - rounds[1]) <= 1
