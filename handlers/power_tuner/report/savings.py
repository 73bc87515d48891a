"""What a decision saves in a month, at the function's real rate of invocations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.real_bill import DAYS_PER_MONTH
from power_tuner.tuning.run_item import CompletedRun

# Two weeks before and after hold two of each weekday.
WINDOW_DAYS = 14


@dataclass(frozen=True, slots=True)
class Saving:
    """What one decision saves, or would save if it were applied.

    Attributes:
        invocations: in a month, at the rate of the days that were counted.
        cost_before: of these invocations, at the memory size that the function had when it was measured.
        cost_after: at the memory size of the decision.
    """

    invocations: float
    cost_before: float
    cost_after: float

    @property
    def saved(self) -> float:
        """Return what is saved in a month; negative if the decision costs more."""
        return self.cost_before - self.cost_after


def saving_of(run: CompletedRun, invocations: float, days: float) -> Saving | None:
    """Return what the decision of a completed run saves, None if the memory size that it replaces was not measured.

    An invocation costs what production's REPORT lines say, of all payloads and cold starts; without them what the run
    measured.

    Args:
        run: the run.
        invocations: how often the function was invoked in these days.
        days: how many days were counted.
    """
    if run.cost_usd is None or run.cost_change is None or run.cost_change <= -1:
        return None
    monthly = invocations / days * DAYS_PER_MONTH
    now_usd = run.production_call_usd
    if now_usd is None:
        now_usd = run.cost_usd / (1 + run.cost_change)
    return Saving(monthly, monthly * now_usd, monthly * now_usd * (1 + run.cost_change))


@dataclass(frozen=True, slots=True)
class Usage:
    """What CloudWatch counted of a function in some days.

    Attributes:
        duration_ms: of all invocations together.
    """

    days: int
    invocations: float
    duration_ms: float


@dataclass(frozen=True, slots=True)
class Realised:
    """What the days after a decision was applied cost less than the days before.

    Attributes:
        saved_per_month: at the rate of invocations since; negative if it costs more.
        duration_change: of the mean duration, as a share.
    """

    saved_per_month: float
    duration_change: float


def windows_around(day: str, today: str, sums: Mapping[str, tuple[float, float]]) -> tuple[Usage, Usage]:
    """Return what was counted before and after a day; that day and today are whole neither before nor after.

    Args:
        day: when the decision was applied (YYYY-MM-DD, UTC).
        today: the same of now.
        sums: invocations and their duration in ms by day; days without invocations may be missing.
    """
    applied_on, now = date.fromisoformat(day), date.fromisoformat(today)
    after_days = min(WINDOW_DAYS, max(0, (now - applied_on).days - 1))
    first, last = (applied_on - timedelta(days=WINDOW_DAYS)).isoformat(), applied_on.isoformat()
    end = (applied_on + timedelta(days=after_days)).isoformat()
    before = [each for at, each in sums.items() if first <= at < last]
    after = [each for at, each in sums.items() if last < at <= end]
    return _usage(WINDOW_DAYS, before), _usage(after_days, after)


def _usage(days: int, sums: Sequence[tuple[float, float]]) -> Usage:
    return Usage(days, sum(each for each, _ in sums), sum(each for _, each in sums))


def realised_of(from_memory_mb: int, to_memory_mb: int, before: Usage, after: Usage, prices: Prices) -> Realised | None:
    """Return what applying a decision has saved, by the bill's own drivers: invocations x duration x memory.

    None if the function was not invoked before or after.
    """
    if not (before.invocations and before.duration_ms and after.invocations and after.days):
        return None
    was_ms, is_ms = (each.duration_ms / each.invocations for each in (before, after))
    less = prices.per_ms(from_memory_mb) * was_ms - prices.per_ms(to_memory_mb) * is_ms
    return Realised(after.invocations / after.days * DAYS_PER_MONTH * less, is_ms / was_ms - 1)
