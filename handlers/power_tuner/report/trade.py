"""What another memory size than the chosen one would give and take, in words."""

from collections.abc import Sequence

from power_tuner.report.safety import not_offered
from power_tuner.report.wording import cost_and_speed
from power_tuner.tuning.result import EstimatedBranch, MeasuredBranch, Result
from power_tuner.tuning.strategies import Slo

# For less, nobody gives anything up.
_WORTH_SAYING = 0.05


def trade_sentence(result: Result) -> str:
    """Return the best trades for speed and for money, among what was measured and is safe; empty if there are none.

    The best is the one with the smallest product of cost and duration: it takes least for what it gives.
    """
    measured = [branch for branch in result.branches if isinstance(branch, MeasuredBranch)]
    unsafe = {each.memory_mb for each in not_offered(result)}
    chosen = next((each for each in measured if result.decision and each.memory_mb == result.decision.memory_mb), None)
    if chosen is None or result.decision is None or not chosen.average_cost_usd:
        return ""
    safe = [each for each in measured if each.memory_mb not in unsafe]
    faster = [each for each in safe if _is_faster(each, chosen)]
    # What is cheaper than the cheapest within a limit is beyond the limit.
    cheaper = [each for each in safe if _is_cheaper(each, chosen)] if result.decision.strategy != Slo.name else []
    found = {each.memory_mb: each for each in (*_best(faster), *_best(cheaper))}
    trades = [
        cost_and_speed(
            each.memory_mb,
            each.average_cost_usd / chosen.average_cost_usd - 1,
            each.average_duration_ms / chosen.average_duration_ms - 1,
        )
        for each in found.values()
    ]
    return f"Instead of {chosen.memory_mb} MB: {'; '.join(trades)}." if trades else ""


def _best(branches: Sequence[MeasuredBranch]) -> Sequence[MeasuredBranch]:
    return sorted(branches, key=lambda each: each.average_cost_usd * each.average_duration_ms)[:1]


def _is_faster(branch: MeasuredBranch, chosen: MeasuredBranch) -> bool:
    if isinstance(branch, EstimatedBranch) and isinstance(chosen, EstimatedBranch):
        return branch.duration_interval_ms[1] < chosen.duration_interval_ms[0]
    return branch.average_duration_ms < (1 - _WORTH_SAYING) * chosen.average_duration_ms


def _is_cheaper(branch: MeasuredBranch, chosen: MeasuredBranch) -> bool:
    if isinstance(branch, EstimatedBranch) and isinstance(chosen, EstimatedBranch):
        return branch.cost_interval_usd[1] < chosen.cost_interval_usd[0]
    return branch.average_cost_usd < (1 - _WORTH_SAYING) * chosen.average_cost_usd
