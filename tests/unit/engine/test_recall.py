"""What the engine makes of calls from before the run."""

import random
from dataclasses import replace

import pytest

from power_tuner.engine.decide import next_step
from power_tuner.engine.question import Invoke, Past, Progress
from power_tuner.engine.recall import believe_with

from .simulated_function import MEMORIES_MB, SimulatedFunction, cpu_bound, mixed, question, tune, waiting


def _past(function: SimulatedFunction, count: int = 10) -> Past:
    return Past(
        tuple(
            (memory_mb, tuple(function.invoke(memory_mb).duration_ms for _ in range(count)))
            for memory_mb in MEMORIES_MB
        )
    )


def _recalled(past: Past, now: SimulatedFunction) -> float:
    samples = [[now.invoke(memory_mb).duration_ms] if memory_mb in {256, 1769} else [] for memory_mb in MEMORIES_MB]
    return believe_with(past, MEMORIES_MB, samples, 1).recalled


def test_the_first_calls_are_where_the_past_says_it_is_best() -> None:
    """A function whose best memory size is known begins there and at the one next to it."""
    step = next_step(question("cost", past=_past(SimulatedFunction(waiting))), Progress())

    assert step == Invoke({128: 1, 256: 1})


def test_the_first_calls_are_of_the_current_memory_size_too() -> None:
    """What callers get now is called at once, because the gain over it is asked for."""
    asked = question("cost", past=_past(SimulatedFunction(waiting)), current_memory_mb=1024)

    assert next_step(asked, Progress()) == Invoke({128: 1, 1024: 1})


def test_one_call_in_all_is_allowed() -> None:
    """A limit of one invocation calls the memory size that the past says is best."""
    asked = question("cost", past=_past(SimulatedFunction(waiting)))
    asked = replace(asked, limits=replace(asked.limits, max_invocations=1))

    assert next_step(asked, Progress()) == Invoke({128: 1})


def test_a_refuted_past_is_followed_by_the_first_calls_of_a_run_without_one() -> None:
    """What was called already is not called again for that, and calls that agree with the past begin nothing."""
    past = _past(SimulatedFunction(cpu_bound))
    asked = question("balanced", past=past)
    first = next_step(asked, Progress())
    assert isinstance(first, Invoke)
    assert 128 not in first.invocations

    def second(now: SimulatedFunction) -> object:
        samples = {memory_mb: [now.invoke(memory_mb)] for memory_mb in first.invocations}
        return next_step(asked, Progress(samples=samples, rounds=1))

    assert second(SimulatedFunction(lambda _: 40.0)) == Invoke(
        {memory_mb: count for memory_mb, count in ((128, 2), (512, 1)) if memory_mb not in first.invocations}
    )
    assert second(SimulatedFunction(cpu_bound, seed=2)) != second(SimulatedFunction(lambda _: 40.0))


@pytest.mark.parametrize("curve", [cpu_bound, waiting])
def test_an_unchanged_function_takes_few_confirming_calls(curve: object) -> None:
    """A run with a past needs at most half as many calls as one without, and chooses the same."""
    alone = tune(question("balanced"), SimulatedFunction(curve, seed=3))  # type: ignore[arg-type]
    again = tune(
        question("balanced", past=_past(SimulatedFunction(curve, seed=4))),  # type: ignore[arg-type]
        SimulatedFunction(curve, seed=3),  # type: ignore[arg-type]
    )

    assert again.decision.memory_mb == alone.decision.memory_mb
    assert again.calls <= max(alone.calls / 2, 3)


def test_an_unchanged_function_is_recognized() -> None:
    """Two calls that take what they took before are enough to hold the past for likely."""
    assert _recalled(_past(SimulatedFunction(mixed)), SimulatedFunction(mixed, seed=2)) > 0.9


def test_a_slower_function_keeps_its_curve() -> None:
    """A function that became 40 % slower everywhere is as before, up to its scale."""
    slower = SimulatedFunction(lambda memory_mb: 1.4 * mixed(memory_mb), seed=2)

    assert _recalled(_past(SimulatedFunction(mixed)), slower) > 0.5


def test_another_functions_past_is_dropped() -> None:
    """Calls that take a hundred times as long say that everything is new."""
    other = SimulatedFunction(lambda memory_mb: 100 * cpu_bound(memory_mb), seed=2)

    assert _recalled(_past(SimulatedFunction(waiting)), other) == 0


def test_a_function_that_was_all_new_is_tuned_as_without_a_past() -> None:
    """A past that is of no use leaves the choice as good as none would."""
    found = tune(question("cost", past=_past(SimulatedFunction(cpu_bound))), SimulatedFunction(waiting, seed=3))

    assert found.decision.memory_mb == 128


def test_a_curve_that_turned_is_found_out() -> None:
    """A function that computed and now waits is cheapest elsewhere, and that is found."""
    turned = SimulatedFunction(lambda memory_mb: 1.2 * waiting(memory_mb), seed=3)
    found = tune(question("balanced", past=_past(SimulatedFunction(mixed))), turned)

    assert found.decision.memory_mb == 128


def test_a_slow_call_alone_does_not_refute_the_past() -> None:
    """A single call that takes five times as long may be one of the tail."""
    past = _past(SimulatedFunction(mixed))
    samples = [[5 * mixed(memory_mb)] if memory_mb == 1769 else [] for memory_mb in MEMORIES_MB]
    samples[1] = [mixed(256)]

    assert believe_with(past, MEMORIES_MB, samples, 1).recalled > 0.3


def test_production_that_takes_as_long_as_before_makes_the_past_likelier() -> None:
    """Callers that get what the earlier run measured say that little has changed, before any call."""
    chance = random.Random(1)  # noqa: S311 - a test's noise, no secret
    runs = _past(SimulatedFunction(mixed)).durations_ms

    def recalled(factor: float) -> float:
        production = (1024, tuple(factor * mixed(1024) * chance.lognormvariate(0, 0.1) for _ in range(50)))
        return believe_with(Past(runs, production), MEMORIES_MB, [[]] * len(MEMORIES_MB), 1).recalled

    assert recalled(1.0) > 0.85
    assert recalled(20.0) < 0.2


def test_production_alone_is_a_past() -> None:
    """Without an earlier run, what callers get says how long calls take and how they scatter."""
    production = Past(production=(1024, tuple(mixed(1024) * factor for factor in (0.9, 1.0, 1.1))))

    found = tune(question("balanced", past=production, current_memory_mb=1024), SimulatedFunction(mixed, seed=3))

    assert found.decision.memory_mb in {256, 512, 1024}


@pytest.mark.parametrize("runs", [(), ((128, ()),), ((128, (1.0, 0.0)),), ((128, (float("nan"),)),)])
def test_a_past_without_durations_is_refused(runs: tuple[tuple[int, tuple[float, ...]], ...]) -> None:
    """A past needs calls, and each of them took time."""
    with pytest.raises(ValueError, match=r"a past without calls|each above 0 ms"):
        Past(runs)
