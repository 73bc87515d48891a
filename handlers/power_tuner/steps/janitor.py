"""Finish the cleanup of runs that ended without it."""

from collections.abc import Callable
from dataclasses import dataclass

from power_tuner.errors import CleanupIncomplete
from power_tuner.operations.cleaning import Cleaning
from power_tuner.operations.failing import Failing
from power_tuner.ports import Begun, Executions, History, Leases
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.lease import Lease

ENDED_FROM_OUTSIDE = "The execution was ended from outside."


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What the Janitor needs."""

    leases: Leases
    executions: Executions
    history: History
    cleaning: Cleaning
    failing: Failing
    now: Callable[[], float]

    def sweep(self) -> dict[str, list[str]]:
        """Clean up after every lease whose run has ended or no longer renews it; tell of a run that ended untold.

        Returns:
            The ids of the runs that were ``finished``, and of those ``left`` for the next time.

        Raises:
            CleanupIncomplete: a cleanup failed for a reason that may not pass by itself; all others were done.
        """
        swept: dict[str, list[str]] = {"finished": [], "left": []}
        failures: list[str] = []
        for lease in self.leases.held():
            ended = self.executions.ended(lease.execution_arn) if lease.execution_arn else None
            if ended is None and lease.phase != "closing" and not lease.expired(self.now()):
                continue
            try:
                self._finish(lease, ended)
                swept["finished"].append(lease.run_id)
            except CleanupIncomplete:
                swept["left"].append(lease.run_id)
            except Exception as error:  # noqa: BLE001 (one lease must not keep the others from being cleaned up)
                failures.append(f"{lease.target_arn}: {type(error).__name__}: {error}")
        if failures:
            raise CleanupIncomplete("The janitor could not clean up after every run: " + "; ".join(failures))
        return swept

    def _finish(self, lease: Lease, ended: str | None) -> None:
        try:
            if ended not in {None, "SUCCEEDED"}:
                begun = self.history.begun(lease.run_id) or Begun(lease.target_arn, iso_time(self.now()))
                self.failing.record_failed(
                    run_id=lease.run_id,
                    execution_arn=lease.execution_arn,
                    begun=begun,
                    error=f"Execution.{ended}",
                    cause=ENDED_FROM_OUTSIDE,
                )
        finally:
            # Even when its failure cannot be recorded, nothing of the run may stay on the target.
            self.cleaning.clean_up(lease.target_arn, lease.run_id, publisher_may_run=True)
