"""Apply a decision to the target if its policy allows it, and roll it back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import convert

from power_tuner import metrics
from power_tuner.automation.applying import refusal
from power_tuner.automation.policy import ALIAS, LATEST, PROPOSE, SSM, Policy
from power_tuner.errors import NotApplied, TargetBusy
from power_tuner.events import POWER_SETTING_APPLIED, applied_detail
from power_tuner.operations.settling import settled, when_settled
from power_tuner.ports import (
    FunctionNotFound,
    ParameterRefused,
    RevisionMismatch,
    UpdateInProgress,
)
from power_tuner.tuning.lease import Lease
from power_tuner.tuning.target import FunctionSnapshot

if TYPE_CHECKING:
    from power_tuner.app import App

# The lease for applying one decision: one update and one publication, each at most two minutes, and a reserve.
APPLY_S = 600


@dataclass(frozen=True, slots=True)
class Optimizer:
    """The function Optimizer, which consumes completion events."""

    app: "App"

    def apply(self, completed: Mapping[str, Any], call_id: str) -> dict[str, Any]:
        """Apply the decision of a completion event as its policy says; once, however often the event is delivered.

        The change is recorded on the run's item before it is made. After a crash, the next delivery of the event
        completes it, and a rollback finds the previous value.

        Args:
            completed: the detail of the event.
            call_id: the same when Lambda repeats a call, another one for another copy of the event. Copies that are
                delivered at once wait for one another.

        Returns:
            What was done: ``applied`` true or false, ``mode``, ``fromMemoryMb``, ``toMemoryMb``, ``reason``, and
            with an alias ``alias``, ``version`` and ``previousVersion``, with a parameter ``parameter`` and
            ``previousValue``.

        Raises:
            TargetBusy: a run holds the lease on the target; the event is delivered again.
        """
        target_arn, run_id = completed["target"]["arn"], completed["runId"]
        with self._lease(target_arn, f"apply-{run_id}-{call_id}", "the decision is applied later"):
            item = self.app.history.item(target_arn, completed["startedAt"], run_id) or {}
            applied: dict[str, Any] | None = item.get("applied")
            if applied is None:
                applied = self._apply_once(completed, item)
                self.app.history.note_applied(completed, applied)
        if "appliedTold" not in item:
            self.app.events.emit(POWER_SETTING_APPLIED, applied_detail(completed, applied))
            self.app.history.note_applied_told(completed)
            self.app.metrics.count(metrics.DECISIONS_APPLIED if applied["applied"] else metrics.DECISIONS_REFUSED, 1)
        return applied

    def roll_back(self, run_id: str) -> dict[str, Any]:
        """Restore what was there before a run's decision was applied, even if applying it was not completed.

        Raises:
            NotApplied: nothing was applied, or it was changed since.
            TargetBusy: a run holds the lease on the target.
        """
        begun = self.app.history.begun(run_id)
        item = self.app.history.item(begun.target_arn, begun.started_at, run_id) if begun and begun.target_arn else None
        applied = (item or {}).get("applied") or (item or {}).get("applying") or {}
        if item is None or not applied.get("applied"):
            raise NotApplied(f"run {run_id} applied nothing; power-tuner history lists what the runs did")
        if item.get("rolledBack"):
            raise NotApplied(f"what run {run_id} applied was taken back already")
        target_arn = item["targetArn"]
        with self._lease(target_arn, f"rollback-{run_id}", "try again when that is done"):
            restored = self._restore(target_arn, applied)
            self.app.history.note_rolled_back(item, restored)
        return {"runId": run_id, "targetArn": target_arn, **restored}

    @contextmanager
    def _lease(self, target_arn: str, name: str, otherwise: str) -> Iterator[None]:
        lease = Lease(
            run_id=name,
            target_arn=target_arn,
            until_s=int(self.app.now()) + APPLY_S,
        )
        holder = self.app.leases.take(lease)
        if holder is not None:
            raise TargetBusy(f"{target_arn} is being tuned by run {holder.run_id}; {otherwise}.")
        try:
            yield
        finally:
            self.app.leases.release(target_arn, lease.run_id)

    def _apply_once(self, completed: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
        policy = convert(completed["policy"], Policy)
        target_arn = completed["target"]["arn"]
        doing = {
            "applied": True,
            "mode": policy.apply,
            "fromMemoryMb": completed["target"]["latestMemoryMb"],
            "toMemoryMb": completed["decision"]["power"],
            "reason": "",
        }
        try:
            _require_completed(item)
            current = settled(self.app, target_arn)
            _require_leave(refusal(completed, policy, current, self.app.functions.tags(target_arn)))
            begun = item.get("applying") or {**doing, "fromMemoryMb": current.memory_mb}
            return self._act(completed, policy, current, begun)
        except NotApplied as error:
            reason = str(error)
        except (FunctionNotFound, RevisionMismatch, UpdateInProgress) as error:
            reason = f"the function changed since it was measured: {error}"
        self._take_back(completed)
        return {**doing, "applied": False, "reason": reason}

    def _act(
        self, completed: Mapping[str, Any], policy: Policy, current: FunctionSnapshot, begun: Mapping[str, Any]
    ) -> dict[str, Any]:
        memory_mb = completed["decision"]["power"]
        if policy.apply == SSM:
            return self._write_parameter(completed, str(policy.parameter), begun)
        if policy.apply == PROPOSE:
            raise NotApplied(f"proposed only: MemorySize {memory_mb}")
        if policy.apply not in {LATEST, ALIAS}:
            raise NotApplied("its policy is never to apply")
        if current.memory_mb != memory_mb:
            self.app.history.note_applying(completed, begun)
            self._set_memory(completed, current)
        return self._move(completed, str(policy.alias), begun) if policy.apply == ALIAS else dict(begun)

    def _set_memory(self, completed: Mapping[str, Any], current: FunctionSnapshot) -> None:
        target_arn, memory_mb = completed["target"]["arn"], completed["decision"]["power"]
        try:
            self.app.functions.set_memory(target_arn, memory_mb, current.revision_id)
        except (RevisionMismatch, UpdateInProgress):
            # Either somebody else was faster, or the SDK repeated our own request after its response was lost.
            found = settled(self.app, target_arn)
            if (found.memory_mb, found.fingerprint) != (memory_mb, current.fingerprint):
                raise
        found = settled(self.app, target_arn)
        if found.memory_mb != memory_mb:
            raise RevisionMismatch(f"its memory was set to {found.memory_mb} MB")

    def _move(self, completed: Mapping[str, Any], alias: str, begun: Mapping[str, Any]) -> dict[str, Any]:
        target, memory_mb = completed["target"], completed["decision"]["power"]
        arn, description = target["arn"], f"{memory_mb} MB, chosen by power-tuner run {completed['runId']}"
        version = when_settled(
            lambda: self.app.functions.publish(arn, target["codeSha256"], description), self.app.sleep
        )
        if version.memory_mb != memory_mb:
            raise RevisionMismatch(f"its memory was set to {version.memory_mb} MB")
        previous = self.app.functions.alias_version(arn, alias)
        if previous is not None and previous == begun.get("version"):
            # An earlier delivery of this event has moved it.
            previous = begun["previousVersion"]
        doing = {**begun, "alias": alias, "version": version.version, "previousVersion": previous}
        self.app.history.note_applying(completed, doing)
        try:
            self.app.functions.move_alias(arn, alias, version.version)
        except RevisionMismatch:
            if self.app.functions.alias_version(arn, alias) != version.version:
                raise
        return doing

    def _write_parameter(self, completed: Mapping[str, Any], name: str, begun: Mapping[str, Any]) -> dict[str, Any]:
        value = str(completed["decision"]["power"])
        try:
            previous = self.app.parameters.get(name)
            if previous == value and "previousValue" in begun:
                previous = begun["previousValue"]
            doing = {**begun, "parameter": name, "previousValue": previous}
            self.app.history.note_applying(completed, doing)
            self.app.parameters.put(name, value)
        except ParameterRefused as error:
            raise NotApplied(str(error)) from error
        return doing

    def _take_back(self, completed: Mapping[str, Any]) -> None:
        """Undo what was begun of a decision that is refused after all, except what somebody changed meanwhile."""
        target_arn = completed["target"]["arn"]
        item = self.app.history.item(target_arn, completed["startedAt"], completed["runId"])
        begun = (item or {}).get("applying")
        if begun:
            with suppress(NotApplied):
                self._restore(target_arn, begun)

    def _restore(self, target_arn: str, applied: Mapping[str, Any]) -> dict[str, Any]:
        if applied["mode"] == SSM:
            return self._restore_parameter(applied)
        memory_mb = int(applied["fromMemoryMb"])
        try:
            current = settled(self.app, target_arn)
        except FunctionNotFound as error:
            raise NotApplied(str(error)) from error
        # A first attempt may have restored it already.
        if current.memory_mb not in {int(applied["toMemoryMb"]), memory_mb}:
            raise NotApplied(
                f"{target_arn} has {current.memory_mb} MB now, not the {applied['toMemoryMb']} MB that were applied: "
                "somebody changed it since, and it is left as it is"
            )
        if "alias" in applied:
            self._restore_alias(target_arn, applied)
        if current.memory_mb != memory_mb:
            self.app.functions.set_memory(target_arn, memory_mb, current.revision_id)
            settled(self.app, target_arn)
        return {"memoryMb": memory_mb, **({"alias": applied["alias"]} if "alias" in applied else {})}

    def _restore_alias(self, target_arn: str, applied: Mapping[str, Any]) -> None:
        alias, version, previous = applied["alias"], applied["version"], applied["previousVersion"]
        points_to = self.app.functions.alias_version(target_arn, alias)
        if points_to not in {version, previous}:
            raise NotApplied(f"{target_arn}:{alias} points to version {points_to} now, not to {version}: it is left")
        if previous is None:
            self.app.functions.delete_alias(target_arn, alias)
        elif points_to != previous:
            self.app.functions.move_alias(target_arn, alias, previous)

    def _restore_parameter(self, applied: Mapping[str, Any]) -> dict[str, Any]:
        name, previous = applied["parameter"], applied["previousValue"]
        value = self.app.parameters.get(name)
        # A first attempt may have restored it already.
        if value not in {str(applied["toMemoryMb"]), previous}:
            raise NotApplied(f"the parameter {name} is {value} now, not {applied['toMemoryMb']}: it is left")
        if previous is None:
            self.app.parameters.delete(name)
        elif value != previous:
            self.app.parameters.put(name, previous)
        return {"parameter": name, "value": previous}


def _require_completed(item: Mapping[str, Any]) -> None:
    if item.get("status") != "completed":
        raise NotApplied(f"its run is recorded as {item.get('status', 'nothing')}, not as completed")
    if "rolledBack" in item:
        raise NotApplied("it was taken back before it was finished")


def _require_leave(reason: str | None) -> None:
    if reason:
        raise NotApplied(reason)
