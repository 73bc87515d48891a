"""Finish the cleanup of runs that ended without it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner import metrics
from power_tuner.errors import CleanupIncomplete, DamagedItem, LeaseLost, TargetBusy
from power_tuner.operations.cleaning import clean_up
from power_tuner.operations.ending_canaries import go_back
from power_tuner.operations.failing import record_failure
from power_tuner.ports import Begun
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.lease import Lease

if TYPE_CHECKING:
    from power_tuner.app import App

# So long after a canary was noted, its execution was started.
_STARTED_S = 60
ENDED_FROM_OUTSIDE = "The execution was ended from outside."


@dataclass(frozen=True, slots=True)
class Janitor:
    """The scheduled function Janitor."""

    app: "App"

    def clean_up(self) -> dict[str, list[str]]:
        """Clean up after every lease that its run no longer renews, and record a failure that nothing else recorded.

        Returns:
            The ids of the runs that were ``finished``, and of those ``left`` for the next call.

        Raises:
            CleanupIncomplete: a cleanup failed with an unexpected error; all others were done.
        """
        swept: dict[str, list[str]] = {"finished": [], "left": []}
        failures: list[str] = []
        try:
            self._end_canaries(swept, failures)
        except DamagedItem as error:
            failures.append(str(error))
        try:
            for lease in self.app.leases.held():
                try:
                    ended = self.app.executions.ended(lease.execution_arn) if lease.execution_arn else None
                    if ended is None and lease.phase != "closing" and not lease.expired(self.app.now()):
                        continue
                    self._finish(lease, ended)
                    swept["finished"].append(lease.run_id)
                except CleanupIncomplete:
                    swept["left"].append(lease.run_id)
                except Exception as error:  # noqa: BLE001 (one lease must not keep the others from being cleaned up)
                    failures.append(f"{lease.target_arn}: {type(error).__name__}: {error}")
        except DamagedItem as error:
            failures.append(str(error))
        self.app.metrics.count(metrics.LEASES_FINISHED, len(swept["finished"]))
        self.app.metrics.count(metrics.LEASES_LEFT, len(swept["left"]))
        if failures:
            raise CleanupIncomplete("The janitor could not clean up after every run: " + "; ".join(failures))
        return swept

    def _end_canaries(self, swept: dict[str, list[str]], failures: list[str]) -> None:
        """Take every canary back whose execution has ended without doing so."""
        for trial in self.app.canaries.held():
            if self.app.now() < trial.noted_s + _STARTED_S:
                continue
            try:
                ended = self.app.executions.ended(trial.execution_arn)
                if ended is None:
                    continue
                go_back(self.app, trial, f"its execution ended before it ({ended})")
                swept["finished"].append(trial.run_id)
            except (CleanupIncomplete, TargetBusy, LeaseLost):
                swept["left"].append(trial.run_id)
            except Exception as error:  # noqa: BLE001 (one canary must not keep the others from being ended)
                failures.append(f"{trial.target_arn}: {type(error).__name__}: {error}")

    def _finish(self, lease: Lease, ended: str | None) -> None:
        try:
            if lease.execution_arn and ended not in {None, "SUCCEEDED"}:
                begun = self.app.history.begun(lease.run_id) or Begun(lease.target_arn, iso_time(self.app.now()))
                record_failure(
                    self.app,
                    run_id=lease.run_id,
                    execution_arn=lease.execution_arn,
                    begun=begun,
                    error=f"Execution.{ended}",
                    cause=ENDED_FROM_OUTSIDE,
                )
        finally:
            # Even if the failure cannot be recorded, nothing of the run may stay on the target.
            clean_up(self.app, lease.target_arn, lease.run_id, publisher_may_run=True)
