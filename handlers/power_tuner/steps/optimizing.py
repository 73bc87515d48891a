"""Apply a decision to the target, if the run asked for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from power_tuner.domain.lease import LEASE_S, Lease
from power_tuner.domain.target import FunctionSnapshot
from power_tuner.errors import NotApplied, TargetBusy
from power_tuner.events import POWER_SETTING_APPLIED, applied_detail
from power_tuner.ports import (
    Events,
    FunctionNotFound,
    Functions,
    History,
    Leases,
    RevisionMismatch,
    UpdateInProgress,
)
from power_tuner.steps.settling import settled


@dataclass(frozen=True, slots=True)
class Optimizing:
    """What the Optimizer needs."""

    functions: Functions
    leases: Leases
    history: History
    events: Events
    now: Callable[[], float]
    sleep: Callable[[float], None]

    def apply(self, completed: Mapping[str, Any]) -> dict[str, Any]:
        """Set ``$LATEST`` to the power value that a completion event names.

        Args:
            completed: the detail of the event.

        Returns:
            What was done: ``applied`` true or false, ``fromMemoryMb``, ``toMemoryMb``, ``reason``.

        Raises:
            TargetBusy: a run holds the lease on the target; the event is delivered again.
        """
        target_arn = completed["target"]["arn"]
        lease = Lease(
            run_id=f"apply-{completed['runId']}",
            execution_arn=completed["executionArn"],
            target_arn=target_arn,
            original_memory_mb=0,
            original_fingerprint="",
            original_code_sha256="",
            until_s=int(self.now()) + LEASE_S,
        )
        holder = self.leases.take(lease)
        if holder is not None:
            raise TargetBusy(f"{target_arn} is being tuned by run {holder.run_id}; the decision is applied later.")
        try:
            applied = self._apply_once(completed, target_arn)
        finally:
            self.leases.release(target_arn, lease.run_id)
        if self.history.note_applied(completed, applied):
            self.events.emit(POWER_SETTING_APPLIED, applied_detail(completed, applied))
        return applied

    def _apply_once(self, completed: Mapping[str, Any], target_arn: str) -> dict[str, Any]:
        power_mb = completed["decision"]["power"]
        measured = completed["target"]
        applied = {
            "applied": True,
            "fromMemoryMb": measured["memoryMb"],
            "toMemoryMb": power_mb,
            "reason": "",
        }
        try:
            current = self._measured(measured, power_mb, target_arn)
            if current.memory_mb != power_mb:
                self.functions.set_memory(target_arn, power_mb, current.revision_id)
                settled(self.functions, target_arn, self.sleep)
        except NotApplied as error:
            return {**applied, "applied": False, "reason": str(error)}
        except (FunctionNotFound, RevisionMismatch, UpdateInProgress) as error:
            return {
                **applied,
                "applied": False,
                "reason": f"the function changed since it was measured: {error}",
            }
        return applied

    def _measured(self, measured: Mapping[str, Any], power_mb: int, target_arn: str) -> FunctionSnapshot:
        current = settled(self.functions, target_arn, self.sleep)
        if current.code_sha256 != measured["codeSha256"]:
            raise NotApplied("the function's code was deployed since it was measured")
        if current.memory_mb not in {measured["memoryMb"], power_mb}:
            raise NotApplied(f"the function's memory was set to {current.memory_mb} MB since it was measured")
        return current
