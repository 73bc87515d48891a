"""What a run cost: measured by REPORT lines, or estimated from list prices and from how the run went."""

from collections.abc import Mapping, Sequence

from msgspec import UNSET

from power_tuner.tuning.arn import region_of
from power_tuner.tuning.own_functions import CALLS_ONCE, own_functions_usd
from power_tuner.tuning.pricing import MS_PER_S
from power_tuner.tuning.result import Spent
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.snap_start import caching_usd, restoring_usd
from power_tuner.tuning.transitions import Work, count_transitions


def spent_of(plan: RunPlan, samples: Mapping[int, Sequence[Sample]], work: Work, elapsed_s: float) -> Spent:
    """Return what a run cost.

    Args:
        plan: the run's plan.
        samples: all invocations of the target, by memory size.
        work: how often its loops went round.
        elapsed_s: since it began.
    """
    prices, target = plan.prices, plan.target
    every = [sample for of_memory in samples.values() for sample in of_memory]
    transitions = count_transitions(work)
    restored_usd = sum(
        restoring_usd(target, prices, memory_mb, sum(sample.cold for sample in of_memory))
        for memory_mb, of_memory in samples.items()
    )
    return Spent(
        invocations=len(every),
        lambda_cost_usd=sum(
            prices.invocations(memory_mb, _billed_ms(of_memory), len(of_memory))
            for memory_mb, of_memory in samples.items()
        ),
        billed_ms=_billed_ms(every),
        invocations_without_report=sum(sample.billed_ms is None for sample in every),
        state_transitions=transitions,
        execution_cost_usd=transitions * prices.transition,
        currency=prices.currency,
        snap_start_cost_usd=caching_usd(target, prices, samples, elapsed_s) + restored_usd or UNSET,
        own_functions_cost_usd=own_functions_usd(
            region_of(plan.execution_arn), seconds=_own_s(samples, elapsed_s), calls=_own_calls(work)
        ),
    )


def _billed_ms(samples: Sequence[Sample]) -> int:
    return sum(sample.billed_ms or 0 for sample in samples)


def _own_s(samples: Mapping[int, Sequence[Sample]], elapsed_s: float) -> float:
    """Return how long the tuner's own functions ran, about.

    One of them runs at any time; while the target is invoked, an Executor for each memory size waits.
    """
    waited_s = [sum(sample.total_duration_ms for sample in of_memory) / MS_PER_S for of_memory in samples.values()]
    return elapsed_s + sum(waited_s) - max(waited_s, default=0.0)


def _own_calls(work: Work) -> int:
    return CALLS_ONCE + work.publisher_calls + work.first_tries + work.executor_calls + work.rounds
