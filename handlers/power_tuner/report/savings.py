"""What a decision saves in a month, at the function's real rate of invocations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DAYS_PER_MONTH = 30.4375


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


def saving_of(item: Mapping[str, Any], invocations: float, days: float) -> Saving | None:
    """Return what the decision of a completed run saves, None if the memory size that it replaces was not measured.

    Args:
        item: the run's item.
        invocations: how often the function was invoked in these days.
        days: how many days were counted.
    """
    cost, change = item.get("costUsd"), item.get("costChange")
    if cost is None or change is None or float(change) <= -1:
        return None
    monthly = invocations / days * DAYS_PER_MONTH
    after = monthly * float(cost)
    return Saving(monthly, after / (1 + float(change)), after)


def applied(item: Mapping[str, Any]) -> bool:
    """Return whether a run's decision is in force: applied, and not rolled back."""
    return bool((item.get("applied") or {}).get("applied")) and not item.get("rolledBack")
