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

        Raises:
            CleanupIncomplete: a cleanup failed for a reason that may not pass by itself; all others were done.
        """
        swept: dict[str, list[str]] = {"finished": [], "left": []}
        failures: list[str] = []
        for lease in self.leases.held():
            if not self._orphaned(lease):
                continue
            try:
                self.cleaning.clean_up(lease.target_arn, lease.run_id, publisher_may_run=True)
                swept["finished"].append(lease.run_id)
            except CleanupIncomplete:
                swept["left"].append(lease.run_id)
            except Exception as error:  # noqa: BLE001 (one lease must not keep the others from being cleaned up)
                swept["left"].append(lease.run_id)
                failures.append(f"{lease.target_arn}: {type(error).__name__}: {error}")
        if failures:
            raise CleanupIncomplete("The janitor could not clean up after every run: " + "; ".join(failures))
        return swept

    def _orphaned(self, lease: Lease) -> bool:
        if lease.phase == "closing" or lease.expired(self.now()):
            return True
        return bool(lease.execution_arn) and not self.executions.running(lease.execution_arn)
