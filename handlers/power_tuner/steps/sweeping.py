"""Finish the cleanup of runs that ended without it."""

from collections.abc import Callable
from dataclasses import dataclass

from power_tuner.domain.lease import Lease
from power_tuner.errors import CleanupIncomplete
from power_tuner.ports import Executions, Leases
from power_tuner.steps.cleaning import Cleaning


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What the Janitor needs."""

    leases: Leases
    executions: Executions
    cleaning: Cleaning
    now: Callable[[], float]

    def sweep(self) -> dict[str, list[str]]:
        """Clean up after every lease whose run has ended or no longer renews it.

        Returns:
            The ids of the runs that were ``finished``, and of those ``left`` for the next time.
        """
        swept: dict[str, list[str]] = {"finished": [], "left": []}
        for lease in self.leases.held():
            if not self._orphaned(lease):
                continue
            try:
                self.cleaning.clean_up(lease.target_arn, lease.run_id, publisher_may_run=True)
                swept["finished"].append(lease.run_id)
            except CleanupIncomplete:
                swept["left"].append(lease.run_id)
        return swept

    def _orphaned(self, lease: Lease) -> bool:
        if lease.phase == "closing" or lease.expired(self.now()):
            return True
        return bool(lease.execution_arn) and not self.executions.running(lease.execution_arn)
