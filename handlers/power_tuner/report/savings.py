"""What a decision saves in a month, at the function's real rate of invocations."""

from dataclasses import dataclass

from power_tuner.tuning.run_item import CompletedRun

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


def saving_of(run: CompletedRun, invocations: float, days: float) -> Saving | None:
    """Return what the decision of a completed run saves, None if the memory size that it replaces was not measured.

    Args:
        run: the run.
        invocations: how often the function was invoked in these days.
        days: how many days were counted.
    """
    if run.cost_usd is None or run.cost_change is None or run.cost_change <= -1:
        return None
    monthly = invocations / days * DAYS_PER_MONTH
    after = monthly * run.cost_usd
    return Saving(monthly, after / (1 + run.cost_change), after)
