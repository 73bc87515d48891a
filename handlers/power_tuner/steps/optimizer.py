"""Apply a decision to the target if its policy allows it, and roll it back."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from power_tuner import metrics
from power_tuner.automation.applying import refusal
from power_tuner.automation.completion import Decided
from power_tuner.automation.policy import ALIAS, LATEST, PROPOSE, SSM
from power_tuner.errors import NotApplied, TargetBusy
from power_tuner.events import SettingApplied
from power_tuner.operations.setting_memory import set_memory
from power_tuner.operations.settling import settled, when_settled
from power_tuner.ports import (
    FunctionNotFound,
    ParameterRefused,
    RevisionMismatch,
    UpdateInProgress,
)
from power_tuner.tuning.applied import (
    Applied,
    AppliedToAlias,
    AppliedToParameter,
    MemoryRestored,
    ParameterRestored,
    RolledBack,
)
from power_tuner.tuning.lease import Lease
from power_tuner.tuning.run_item import CompletedRun, FailedRun, RunItem, RunKey, SkippedRun
from power_tuner.tuning.target import FunctionSnapshot

if TYPE_CHECKING:
    from power_tuner.app import App

# The lease for applying one decision: one update and one publication, each at most two minutes, and a reserve.
APPLY_S = 600


@dataclass(frozen=True, slots=True)
class Optimizer:
    """The function Optimizer, which consumes completion events."""

    app: "App"

    def apply(self, decided: Decided, call_id: str) -> Applied:
        """Apply the decision of a completion event as its policy says; once, however often the event is delivered.

        The change is recorded on the run's item before it is made. After a crash, the next delivery of the event
        completes it, and a rollback finds the previous value.

        Args:
            decided: the decision.
            call_id: the same when Lambda repeats a call, another one for another copy of the event. Copies that are
                delivered at once wait for one another.

        Raises:
            TargetBusy: a run holds the lease on the target; the event is delivered again.
        """
        run = decided.run
        with self._lease(run.target_arn, f"apply-{run.run_id}-{call_id}", "the decision is applied later"):
            item = _of_run(self.app.history.item(run))
            applied = item.applied if item else None
            if applied is None:
                applied = self._apply_once(decided, item)
                self.app.history.note_applied(run, applied)
        if item is None or not item.applied_event_emitted:
            self.app.events.emit(SettingApplied(run_id=run.run_id, target_arn=run.target_arn, applied=applied))
            self.app.history.note_applied_event_emitted(run)
            self.app.metrics.count(metrics.DECISIONS_APPLIED if applied.applied else metrics.DECISIONS_REFUSED, 1)
        return applied

    def roll_back(self, run_id: str) -> tuple[RunKey, RolledBack]:
        """Restore what was there before a run's decision was applied, also when that was not finished.

        Raises:
            NotApplied: nothing was applied, or what was applied is not there any more.
            TargetBusy: a run holds the lease on the target.
        """
        begun = self.app.history.begun(run_id)
        run = RunKey(begun.target_arn, begun.started_at, run_id) if begun and begun.target_arn else None
        item = _of_run(self.app.history.item(run)) if run else None
        applied = item and (item.applied or item.applying)
        if run is None or item is None or not applied or not applied.applied:
            raise NotApplied(f"run {run_id} applied nothing; power-tuner history lists what the runs did")
        if item.rolled_back:
            raise NotApplied(f"what run {run_id} applied was taken back already")
        with self._lease(run.target_arn, f"rollback-{run_id}", "try again when that is done"):
            restored = self._restore(run.target_arn, applied)
            self.app.history.note_rolled_back(run, restored)
        return run, restored

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

    def _apply_once(self, decided: Decided, item: CompletedRun | FailedRun | None) -> Applied:
        target = decided.target
        doing = Applied(
            applied=True,
            mode=decided.policy.apply,
            from_memory_mb=target.latest_memory_mb,
            to_memory_mb=decided.decision.memory_mb,
        )
        try:
            _require_completed(item)
            current = settled(self.app, target.arn)
            _require_leave(refusal(decided, current, self.app.functions.tags(target.arn)))
            begun = (item and item.applying) or replace(doing, from_memory_mb=current.memory_mb)
            return self._act(decided, current, begun)
        except NotApplied as error:
            reason = str(error)
        except (FunctionNotFound, RevisionMismatch, UpdateInProgress) as error:
            reason = f"the function changed since it was measured: {error}"
        self._take_back(decided.run)
        return replace(doing, applied=False, reason=reason)

    def _act(self, decided: Decided, current: FunctionSnapshot, begun: Applied) -> Applied:
        policy, memory_mb = decided.policy, decided.decision.memory_mb
        if policy.apply == SSM:
            return self._write_parameter(decided, str(policy.parameter), begun)
        if policy.apply == PROPOSE:
            raise NotApplied(f"proposed only: MemorySize {memory_mb}")
        if policy.apply not in {LATEST, ALIAS}:
            raise NotApplied("its policy is never to apply")
        if current.memory_mb != memory_mb:
            self.app.history.note_applying(decided.run, begun)
            set_memory(self.app, decided.target.arn, current, memory_mb)
        return self._move(decided, str(policy.alias), begun) if policy.apply == ALIAS else begun

    def _move(self, decided: Decided, alias: str, begun: Applied) -> Applied:
        target, memory_mb = decided.target, decided.decision.memory_mb
        arn, description = target.arn, f"{memory_mb} MB, chosen by power-tuner run {decided.run_id}"
        version = when_settled(lambda: self.app.functions.publish(arn, target.code_sha256, description), self.app.sleep)
        if version.memory_mb != memory_mb:
            raise RevisionMismatch(f"its memory was set to {version.memory_mb} MB")
        previous = self.app.functions.alias_version(arn, alias)
        if isinstance(begun, AppliedToAlias) and previous == begun.version:
            # An earlier delivery of this event has moved it.
            previous = begun.previous_version
        doing = begun.to_alias(alias, version.version, previous)
        self.app.history.note_applying(decided.run, doing)
        try:
            self.app.functions.move_alias(arn, alias, version.version)
        except RevisionMismatch:
            if self.app.functions.alias_version(arn, alias) != version.version:
                raise
        return doing

    def _write_parameter(self, decided: Decided, name: str, begun: Applied) -> Applied:
        value = str(decided.decision.memory_mb)
        try:
            previous = self.app.parameters.get(name)
            if isinstance(begun, AppliedToParameter) and previous == value:
                previous = begun.previous_value
            doing = begun.to_parameter(name, previous)
            self.app.history.note_applying(decided.run, doing)
            self.app.parameters.put(name, value)
        except ParameterRefused as error:
            raise NotApplied(str(error)) from error
        return doing

    def _take_back(self, run: RunKey) -> None:
        """Undo what was begun of a decision that is refused after all; what somebody changed meanwhile is left."""
        item = _of_run(self.app.history.item(run))
        if item and item.applying:
            with suppress(NotApplied):
                self._restore(run.target_arn, item.applying)

    def _restore(self, target_arn: str, applied: Applied) -> RolledBack:
        if isinstance(applied, AppliedToParameter):
            return self._restore_parameter(applied)
        memory_mb = applied.from_memory_mb
        try:
            current = settled(self.app, target_arn)
        except FunctionNotFound as error:
            raise NotApplied(str(error)) from error
        # What a first attempt has restored already is fine.
        if current.memory_mb not in {applied.to_memory_mb, memory_mb}:
            raise NotApplied(
                f"{target_arn} has {current.memory_mb} MB now, not the {applied.to_memory_mb} MB that were applied: "
                "somebody changed it since, and it is left as it is"
            )
        alias = applied.alias if isinstance(applied, AppliedToAlias) else None
        if isinstance(applied, AppliedToAlias):
            self._restore_alias(target_arn, applied)
        if current.memory_mb != memory_mb:
            set_memory(self.app, target_arn, current, memory_mb)
        return MemoryRestored(memory_mb=memory_mb, alias=alias)

    def _restore_alias(self, target_arn: str, applied: AppliedToAlias) -> None:
        alias, version, previous = applied.alias, applied.version, applied.previous_version
        points_to = self.app.functions.alias_version(target_arn, alias)
        if points_to not in {version, previous}:
            raise NotApplied(f"{target_arn}:{alias} points to version {points_to} now, not to {version}: it is left")
        if previous is None:
            self.app.functions.delete_alias(target_arn, alias)
        elif points_to != previous:
            self.app.functions.move_alias(target_arn, alias, previous)

    def _restore_parameter(self, applied: AppliedToParameter) -> ParameterRestored:
        name, previous = applied.parameter, applied.previous_value
        value = self.app.parameters.get(name)
        # What a first attempt has restored already is fine.
        if value not in {str(applied.to_memory_mb), previous}:
            raise NotApplied(f"the parameter {name} is {value} now, not {applied.to_memory_mb}: it is left")
        if previous is None:
            self.app.parameters.delete(name)
        elif value != previous:
            self.app.parameters.put(name, previous)
        return ParameterRestored(parameter=name, value=previous)


def _of_run(item: RunItem | None) -> CompletedRun | FailedRun | None:
    return None if isinstance(item, SkippedRun) else item


def _require_completed(item: CompletedRun | FailedRun | None) -> None:
    if not isinstance(item, CompletedRun):
        raise NotApplied(f"its run is recorded as {item.status if item else 'nothing'}, not as completed")
    if item.rolled_back:
        raise NotApplied("it was taken back before it was finished")


def _require_leave(reason: str | None) -> None:
    if reason:
        raise NotApplied(reason)
