"""Apply a decision to the target, if the run asked for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from power_tuner.domain.lease import Lease
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
from power_tuner.steps.settling import settled, when_settled

# The lease for applying one decision: one update and one publication, each two minutes at most, and some room.
APPLY_S = 600


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
        """Set ``$LATEST``, and the alias if one is named, to the power value of a completion event.

        Args:
            completed: the detail of the event.

        Returns:
            What was done: ``applied`` true or false, ``fromMemoryMb``, ``toMemoryMb``, ``reason``, and with an
            alias ``alias``, ``version`` and ``previousVersion``.

        Raises:
            TargetBusy: a run holds the lease on the target; the event is delivered again.
        """
        target_arn = completed["target"]["arn"]
        lease = Lease(
            run_id=f"apply-{completed['runId']}",
            execution_arn="",
            target_arn=target_arn,
            original_memory_mb=0,
            original_fingerprint="",
            original_code_sha256="",
            until_s=int(self.now()) + APPLY_S,
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
                current = settled(self.functions, target_arn, self.sleep)
            if completed.get("autoOptimizeAlias"):
                applied |= self._apply_to_alias(completed, current)
        except NotApplied as error:
            return {**applied, "applied": False, "reason": str(error)}
        except (FunctionNotFound, RevisionMismatch, UpdateInProgress) as error:
            return {
                **applied,
                "applied": False,
                "reason": f"the function changed since it was measured: {error}",
            }
        return applied

    def _apply_to_alias(self, completed: Mapping[str, Any], current: FunctionSnapshot) -> dict[str, Any]:
        target_arn, alias = completed["target"]["arn"], completed["autoOptimizeAlias"]
        description = f"{current.memory_mb} MB, chosen by power-tuner run {completed['runId']}"
        version = when_settled(lambda: self.functions.publish(target_arn, current.code_sha256, description), self.sleep)
        previous = self.functions.move_alias(target_arn, alias, version.version)
        return {"alias": alias, "version": version.version, "previousVersion": previous}

    def _measured(self, measured: Mapping[str, Any], power_mb: int, target_arn: str) -> FunctionSnapshot:
        current = settled(self.functions, target_arn, self.sleep)
        if current.code_sha256 != measured["codeSha256"]:
            raise NotApplied("the function's code was deployed since it was measured")
        if current.memory_mb not in {measured["memoryMb"], power_mb}:
            raise NotApplied(f"the function's memory was set to {current.memory_mb} MB since it was measured")
        return current
