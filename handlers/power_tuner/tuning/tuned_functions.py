"""What the items of all runs say together about each function."""

from collections.abc import Iterable
from dataclasses import dataclass

from power_tuner.tuning.run_item import CompletedRun, RunItem

_DRIFT = "drift"


@dataclass(frozen=True, slots=True)
class TunedFunction:
    """A function that was tuned.

    Attributes:
        latest: its latest run that completed.
        runs: how many of its runs completed.
        spent: what these cost, in the currency of the latest.
        drifted_at: when the latest run began that a drift started; None if none did.
    """

    latest: CompletedRun
    runs: int
    spent: float
    drifted_at: str | None

    @property
    def memory_now_mb(self) -> int:
        """Return the memory size that the function has, as far as its runs know."""
        run = self.latest
        return run.memory_mb if run.in_force and run.memory_mb is not None else run.current_memory_mb


def tuned_functions(items: Iterable[RunItem]) -> dict[str, TunedFunction]:
    """Return every function that has a completed run, by its ARN.

    Args:
        items: of runs, newest first.
    """
    by_arn: dict[str, list[CompletedRun]] = {}
    for item in items:
        if isinstance(item, CompletedRun):
            by_arn.setdefault(item.target_arn, []).append(item)
    return {arn: _tuned(runs) for arn, runs in by_arn.items()}


def _tuned(runs: list[CompletedRun]) -> TunedFunction:
    latest = runs[0]
    return TunedFunction(
        latest,
        len(runs),
        sum(run.spent_usd for run in runs if run.currency == latest.currency),
        next((run.started_at for run in runs if run.trigger == _DRIFT), None),
    )
