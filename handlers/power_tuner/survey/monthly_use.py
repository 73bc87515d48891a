"""What CloudWatch has counted of each function, as a month of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from power_tuner.tuning.real_bill import DAYS_PER_MONTH

if TYPE_CHECKING:
    from power_tuner.ports import DailyMetrics
    from power_tuner.tuning.pricing import Prices

# What rounding up to a millisecond adds to an invocation on average.
ROUNDING_MS = 0.5


@dataclass(frozen=True, slots=True)
class MonthlyUse:
    """What a function is used in a month, at the rate of the days that were counted.

    Attributes:
        duration_ms: of all invocations together; without inits, and not rounded up.
        errors: the invocations of these that failed.
    """

    invocations: float
    duration_ms: float
    errors: float

    @property
    def mean_duration_ms(self) -> float:
        """Return what an invocation takes on average."""
        return self.duration_ms / self.invocations

    @property
    def error_share(self) -> float:
        """Return which share of the invocations failed."""
        return self.errors / self.invocations

    def cost(self, prices: "Prices", memory_mb: int) -> float:
        """Return what a month costs at a memory size: requests and durations, without inits."""
        billed_ms = self.duration_ms + ROUNDING_MS * self.invocations
        return prices.per_ms(memory_mb) * billed_ms + prices.request * self.invocations


def monthly_use(metrics: "DailyMetrics", names: Sequence[str], days: int, now: datetime) -> dict[str, MonthlyUse]:
    """Return the use of each function that was invoked, by its name.

    Args:
        metrics: what CloudWatch counted.
        names: of the functions.
        days: how many days are counted: whole ones, so today is not among them.
        now: the present moment, in UTC.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since, until = midnight - timedelta(days=days), midnight

    def monthly(metric: str, of: Sequence[str]) -> dict[str, float]:
        sums = metrics.sums(metric, of, since, until)
        return {name: sum(by_day.values()) / days * DAYS_PER_MONTH for name, by_day in sums.items()}

    invocations = {name: count for name, count in monthly("Invocations", names).items() if count > 0}
    # Each metric asked for is charged, so of a function that nobody invokes nothing more is asked.
    duration_ms, errors = (monthly(metric, [*invocations]) for metric in ("Duration", "Errors"))
    return {
        name: MonthlyUse(count, duration_ms.get(name, 0.0), errors.get(name, 0.0))
        for name, count in invocations.items()
    }
