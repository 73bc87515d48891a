"""Say what a decision saves in a month, from what the function is really invoked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DAYS_PER_MONTH = 30.4375


@dataclass(frozen=True, slots=True)
class Saving:
    """What one decision saves, or would save if it were applied.

    Attributes:
        invocations: in a month, at the rate of the days that were counted.
        cost_before: of these invocations, with the memory that the function had when it was measured.
        cost_after: with the memory that was decided.
    """

    invocations: float
    cost_before: float
    cost_after: float

    @property
    def saved(self) -> float:
        """Return what is saved in a month; negative when the decision costs more."""
        return self.cost_before - self.cost_after


def saving_of(item: Mapping[str, Any], invocations: float, days: float) -> Saving | None:
    """Return what the decision of a completed run saves, None when what it replaces was not measured.

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
    """Tell whether a run's decision is in force: applied, and not taken back."""
    return bool((item.get("applied") or {}).get("applied")) and not item.get("rolledBack")
