"""Apply a decision to the target, if its policy allows it; and take it back."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from power_tuner.domain.applying import refusal
from power_tuner.domain.lease import Lease
from power_tuner.domain.policy import ALIAS, LATEST, PROPOSE, SSM, Policy
from power_tuner.domain.target import FunctionSnapshot
from power_tuner.errors import NotApplied, TargetBusy
from power_tuner.events import POWER_SETTING_APPLIED, applied_detail
from power_tuner.ports import (
    Events,
    FunctionNotFound,
    Functions,
    History,
    Leases,
    Parameters,
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
    parameters: Parameters
    events: Events
    now: Callable[[], float]
    sleep: Callable[[float], None]

    def apply(self, completed: Mapping[str, Any]) -> dict[str, Any]:
        """Do with the decision of a completion event what its policy says; once, however often the event comes.

        Args:
            completed: the detail of the event.

        Returns:
            What was done: ``applied`` true or false, ``mode``, ``fromMemoryMb``, ``toMemoryMb``, ``reason``, and
            with an alias ``alias``, ``version`` and ``previousVersion``, with a parameter ``parameter`` and
            ``previousValue``.

        Raises:
            TargetBusy: a run holds the lease on the target; the event is delivered again.
        """
        target_arn = completed["target"]["arn"]
        with self._lease(target_arn, f"apply-{completed['runId']}", "the decision is applied later"):
            known = self.history.item(target_arn, completed["startedAt"], completed["runId"]) or {}
            if "applied" in known:
                return dict(known["applied"])
            applied = self._apply_once(completed, target_arn)
        if self.history.note_applied(completed, applied):
            self.events.emit(POWER_SETTING_APPLIED, applied_detail(completed, applied))
        return applied

    def roll_back(self, run_id: str) -> dict[str, Any]:
        """Restore what was there before a run's decision was applied.

        Raises:
            NotApplied: nothing was applied, or what was applied is not there any more.
            TargetBusy: a run holds the lease on the target.
        """
        begun = self.history.begun(run_id)
        item = self.history.item(begun.target_arn, begun.started_at, run_id) if begun and begun.target_arn else None
        applied = (item or {}).get("applied", {})
        if item is None or not applied.get("applied"):
            raise NotApplied(f"run {run_id} applied nothing; power-tuner history lists what the runs did")
        if item.get("rolledBack"):
            raise NotApplied(f"what run {run_id} applied was taken back already")
        target_arn = item["targetArn"]
        with self._lease(target_arn, f"rollback-{run_id}", "try again when that is done"):
            restored = self._restore(target_arn, applied)
        self.history.note_rolled_back(item, restored)
        return {"runId": run_id, "targetArn": target_arn, **restored}

    @contextmanager
    def _lease(self, target_arn: str, name: str, otherwise: str) -> Iterator[None]:
        lease = Lease(
            run_id=name,
            execution_arn="",
            target_arn=target_arn,
            original_memory_mb=0,
            original_fingerprint="",
            original_code_sha256="",
            until_s=int(self.now()) + APPLY_S,
        )
        holder = self.leases.take(lease)
        if holder is not None:
            raise TargetBusy(f"{target_arn} is being tuned by run {holder.run_id}; {otherwise}.")
        try:
            yield
        finally:
            self.leases.release(target_arn, lease.run_id)

    def _apply_once(self, completed: Mapping[str, Any], target_arn: str) -> dict[str, Any]:
        policy = Policy.from_dict(completed["policy"])
        applied = {
            "applied": True,
            "mode": policy.apply,
            "fromMemoryMb": completed["target"]["memoryMb"],
            "toMemoryMb": completed["decision"]["power"],
            "reason": "",
        }
        try:
            current = settled(self.functions, target_arn, self.sleep)
            reason = refusal(completed, policy, current, self.functions.tags(target_arn))
            if reason:
                return {**applied, "applied": False, "reason": reason}
            return applied | self._act(completed, policy, current)
        except NotApplied as error:
            return {**applied, "applied": False, "reason": str(error)}
        except (FunctionNotFound, RevisionMismatch, UpdateInProgress) as error:
            reason = f"the function changed since it was measured: {error}"
            return {**applied, "applied": False, "reason": reason}

    def _act(self, completed: Mapping[str, Any], policy: Policy, current: FunctionSnapshot) -> dict[str, Any]:
        target_arn, power_mb = completed["target"]["arn"], completed["decision"]["power"]
        if policy.apply == SSM:
            previous = self.parameters.put(str(policy.parameter), str(power_mb))
            return {"parameter": policy.parameter, "previousValue": previous}
        if policy.apply == PROPOSE:
            return {"applied": False, "reason": f"proposed only: MemorySize {power_mb}"}
        if policy.apply not in {LATEST, ALIAS}:
            raise NotApplied("its policy is never to apply")
        if current.memory_mb != power_mb:
            self.functions.set_memory(target_arn, power_mb, current.revision_id)
            current = settled(self.functions, target_arn, self.sleep)
        return self._move(completed, str(policy.alias), current) if policy.apply == ALIAS else {}

    def _move(self, completed: Mapping[str, Any], alias: str, current: FunctionSnapshot) -> dict[str, Any]:
        target_arn = completed["target"]["arn"]
        description = f"{current.memory_mb} MB, chosen by power-tuner run {completed['runId']}"
        version = when_settled(lambda: self.functions.publish(target_arn, current.code_sha256, description), self.sleep)
        previous = self.functions.move_alias(target_arn, alias, version.version)
        return {"alias": alias, "version": version.version, "previousVersion": previous}

    def _restore(self, target_arn: str, applied: Mapping[str, Any]) -> dict[str, Any]:
        mode, memory_mb = applied["mode"], int(applied["fromMemoryMb"])
        if mode == SSM:
            return self._restore_parameter(applied)
        try:
            current = settled(self.functions, target_arn, self.sleep)
        except FunctionNotFound as error:
            raise NotApplied(str(error)) from error
        # What a first attempt has restored already is fine.
        if current.memory_mb not in {int(applied["toMemoryMb"]), memory_mb}:
            raise NotApplied(
                f"{target_arn} has {current.memory_mb} MB now, not the {applied['toMemoryMb']} MB that were applied: "
                "somebody changed it since, and it is left as it is"
            )
        if mode == ALIAS:
            self._restore_alias(target_arn, applied)
        if current.memory_mb != memory_mb:
            self.functions.set_memory(target_arn, memory_mb, current.revision_id)
            settled(self.functions, target_arn, self.sleep)
        return {"memoryMb": memory_mb, **({"alias": applied["alias"]} if mode == ALIAS else {})}

    def _restore_alias(self, target_arn: str, applied: Mapping[str, Any]) -> None:
        alias, version, previous = applied["alias"], applied["version"], applied.get("previousVersion")
        points_to = self.functions.alias_version(target_arn, alias)
        if points_to not in {version, previous}:
            raise NotApplied(f"{target_arn}:{alias} points to version {points_to} now, not to {version}: it is left")
        if previous is None:
            self.functions.delete_alias(target_arn, alias)
        else:
            self.functions.move_alias(target_arn, alias, previous)

    def _restore_parameter(self, applied: Mapping[str, Any]) -> dict[str, Any]:
        name, previous = applied["parameter"], applied.get("previousValue")
        value = self.parameters.get(name)
        if value != str(applied["toMemoryMb"]):
            raise NotApplied(f"the parameter {name} is {value} now, not {applied['toMemoryMb']}: it is left")
        if previous is None:
            self.parameters.delete(name)
        else:
            self.parameters.put(name, previous)
        return {"parameter": name, "value": previous}
