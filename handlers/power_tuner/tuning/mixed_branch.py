"""A memory size of a sweep as callers see it: warm and cold calls together, in the share that was given."""

from collections.abc import Sequence
from statistics import fmean

from msgspec.structs import replace

from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.result import MeasuredBranch
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.snap_start import restoring_usd
from power_tuner.tuning.statistics import mean_over_payloads, spread

# How many values stand for all calls where quantiles of warm and cold ones together are wanted.
_VALUES = 1000


def mixed_branch(
    branch: MeasuredBranch, share: float, samples: Sequence[Sample], plan: RunPlan, prices: Prices
) -> MeasuredBranch:
    """Return a branch whose averages and quantiles are those of warm and cold calls, if it has some of both.

    Args:
        branch: as it was measured.
        share: of the cold calls.
        samples: those that count.
        plan: the run's plan.
        prices: the plan's.
    """
    warm = [sample for sample in samples if not sample.cold]
    cold = [sample for sample in samples if sample.cold]
    if not warm or not cold:
        return branch

    def mean(of_warm: Sequence[float], of_cold: Sequence[float]) -> float:
        discarded = plan.run_input.discard_top_bottom
        return (1 - share) * mean_over_payloads(warm, of_warm, discarded) + share * fmean(of_cold)

    warm_ms, cold_ms = ([each.total_duration_ms for each in kind] for kind in (warm, cold))
    billed_ms = mean([each.billed_ms or 0 for each in warm], [each.billed_ms or 0 for each in cold])
    restores = share * sum(each.restore_ms is not None for each in cold) / len(cold)
    of_cold = round(share * _VALUES)
    return replace(
        branch,
        average_duration_ms=mean(warm_ms, cold_ms),
        average_cost_usd=prices.average(branch.memory_mb, billed_ms)
        + restores * restoring_usd(plan.target, prices, branch.memory_mb, 1),
        duration_ms=spread(_stretched(warm_ms, _VALUES - of_cold) + _stretched(cold_ms, of_cold)),
    )


def _stretched(values: Sequence[float], count: int) -> list[float]:
    """Return so many values that are spread as these are."""
    ordered = sorted(values)
    return [ordered[index * len(ordered) // count] for index in range(count)]
