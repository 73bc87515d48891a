"""The calls of an earlier run and of production, as evidence for the next run of the same function."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from power_tuner.engine.priors import LIKELY_SAME
from power_tuner.engine.question import Past
from power_tuner.engine.recall import believe_with
from power_tuner.tuning.cold_starts import MIN_OBSERVED_CALLS
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample

# By memory size, the oldest first.
Durations: TypeAlias = Mapping[int, tuple[float, ...]]

# More calls of one memory size add little to what is known of it, and every step of a run reads them in the plan.
MOST_CALLS = 30


def durations_of(plan: RunPlan, samples: Mapping[int, Sequence[Sample]]) -> Durations:
    """Return how long the calls of a run took that count: of the kind of start that it measures."""
    cold = plan.run_input.only_cold_starts
    found = {
        memory_mb: tuple(one.total_duration_ms for one in of_memory if one.measured and one.cold == cold)
        for memory_mb, of_memory in samples.items()
    }
    return _latest({memory_mb: tuple(one for one in each if one > 0) for memory_mb, each in found.items()})


def carried_over(past: Durations, own: Durations) -> Durations:
    """Return what a run says to the next one: its own calls, and those that it knew of if they still held.

    A run that only confirmed what was known made few calls. The earlier ones are scaled to its own.
    """
    if not past or not own:
        return own
    memories_mb = tuple(sorted({*past, *own}))
    belief = believe_with(past_of(past), memories_mb, [own.get(memory_mb, ()) for memory_mb in memories_mb], seed=0)
    shared = [memory_mb for memory_mb in own if memory_mb in past]
    if belief.recalled < LIKELY_SAME or not shared:
        return own
    scale = math.exp(sum(_middle(own[one]) - _middle(past[one]) for one in shared) / len(shared))
    return _latest(
        {
            memory_mb: (*(scale * one for one in past.get(memory_mb, ())), *own.get(memory_mb, ()))
            for memory_mb in memories_mb
        }
    )


def past_of(durations: Durations, production: tuple[int, tuple[float, ...]] | None = None) -> Past:
    """Return earlier calls as the engine takes them: those of runs, and production's at one memory size."""
    return Past(tuple(sorted(durations.items())), production)


def production_calls(plan: RunPlan) -> tuple[int, tuple[float, ...]] | None:
    """Return how long production's calls took at the memory size that callers get; None if that says nothing here.

    It does not where cold starts are measured, or after too few calls.
    """
    memory_mb = plan.target.memory_mb
    size = plan.production.at(memory_mb) if plan.production else None
    if plan.run_input.only_cold_starts or size is None or size.calls < MIN_OBSERVED_CALLS:
        return None
    durations_ms = tuple(one for one in size.warm_durations_ms(MOST_CALLS) if one > 0)
    return (memory_mb, durations_ms) if durations_ms else None


def _middle(durations_ms: Sequence[float]) -> float:
    """Return the logarithm of the lower median."""
    return math.log(sorted(durations_ms)[(len(durations_ms) - 1) // 2])


def _latest(durations: Durations) -> Durations:
    return {memory_mb: each[-MOST_CALLS:] for memory_mb, each in durations.items() if each}
