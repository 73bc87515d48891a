"""Apply a decision to the target if its policy allows it, and roll it back."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from power_tuner import metrics
from power_tuner.automation.applying import alias_refusal, depends_on_owner, refusal
from power_tuner.automation.by_hand import ByHand, begun_alike
from power_tuner.automation.completion import Decided
from power_tuner.automation.policy import CANARY, LATEST, PROPOSE, SSM, TO_ALIAS, Policy
from power_tuner.errors import InvalidInput, NotApplied, TargetBusy
from power_tuner.events import SettingApplied
from power_tuner.operations.ending_canaries import go_back
from power_tuner.operations.setting_memory import set_memory
from power_tuner.operations.settling import settled, when_settled
from power_tuner.operations.starting_canaries import begin_canary, on_trial, refuse_canary
from power_tuner.operations.taking_back import take_back
from power_tuner.operations.writing_parameters import write_parameter
from power_tuner.ports import (
    FunctionNotFound,
    RevisionMismatch,
    UpdateInProgress,
)
from power_tuner.tuning.applied import (
    Applied,
    AppliedToAlias,
    MemoryRestored,
    OnTrial,
    RolledBack,
    Undecided,
)
from power_tuner.tuning.lease import Lease
from power_tuner.tuning.run_item import CompletedRun, FailedRun, RunItem, RunKey, SkippedRun
from power_tuner.tuning.target import Alias, FunctionSnapshot

if TYPE_CHECKING:
    from power_tuner.app import App

# The lease for applying one decision: one update and one publication, each at most two minutes, and a reserve.
APPLY_S = 600


@dataclass(frozen=True, slots=True)
class Optimizer:
    """The function Optimizer, which consumes completion events."""

    app: "App"

    def apply(self, run_id: str, call_id: str) -> Applied | Undecided:
        """Apply the decision of a run that completed as its policy says; once, however often its event is delivered.

        Decision and policy are read from what the stack recorded, whatever the event says. The change is recorded on
        the run's item before it is made. After a crash, the next delivery of the event completes it, and a rollback
        finds the previous value.

        Args:
            run_id: the run that the event names.
            call_id: the same when Lambda repeats a call, another one for another copy of the event. Copies that are
                delivered at once wait for one another.

        Raises:
            InvalidInput: this stack began no such run.
            TargetBusy: a run holds the lease on the target; the event is delivered again.
        """
        begun = self.app.history.begun(run_id)
        if begun is None or begun.target_arn is None or begun.origin is None:
            raise InvalidInput(field="detail.runId", value=run_id, allowed="a run that this stack began")
        run = RunKey(begun.target_arn, begun.started_at, run_id)
        with self._lease(run.target_arn, f"apply-{run.run_id}-{call_id}", "the decision is applied later"):
            item = _of_run(self.app.history.item(run))
            if not isinstance(item, CompletedRun) or item.memory_mb is None:
                return Undecided(reason=_undecided(item))
            applied = item.applied
            if applied is None:
                applied = self._apply_once(Decided(item, item.memory_mb, begun.origin.policy))
                if isinstance(applied, OnTrial):
                    return applied
                self.app.history.note_applied(run, applied)
        if not item.applied_event_emitted:
            self.app.events.emit(SettingApplied(run_id=run.run_id, target_arn=run.target_arn, applied=applied))
            self.app.history.note_applied_event_emitted(run)
            self.app.metrics.count(metrics.DECISIONS_APPLIED if applied.applied else metrics.DECISIONS_REFUSED, 1)
        return applied

    def apply_by_hand(self, asked: ByHand, call_id: str) -> Applied:
        """Apply the decision of a run where somebody wants it, under the same conditions as by itself.

        Args:
            asked: which run, and where.
            call_id: the same when Lambda repeats a call.

        Raises:
            InvalidInput: the mode of the stack does not allow it.
            NotApplied: there is no decision, it was applied already, or it must not be applied.
            TargetBusy: a run holds the lease on the target.
        """
        self.app.settings.stack_policy.require_allowed(asked.policy, "apply")
        begun = self.app.history.begun(asked.run_id)
        if begun is None or begun.target_arn is None:
            raise NotApplied(f"this stack began no run {asked.run_id}; power-tuner history lists the runs")
        run = RunKey(begun.target_arn, begun.started_at, asked.run_id)
        if asked.dry_run:
            return self._try_once(self._decided_by_hand(run, asked.policy))
        with self._lease(run.target_arn, f"apply-{run.run_id}-{call_id}", "try again when that is done"):
            decided = self._decided_by_hand(run, asked.policy)
            self.app.history.forget_refusal(run)
            applied = self._apply_once(decided)
            if isinstance(applied, OnTrial):
                return applied
            noted = applied if applied.applied else decided.run.applied
            if noted:
                self.app.history.note_applied(run, noted)
            if not applied.applied:
                raise NotApplied(applied.reason)
        self.app.events.emit(SettingApplied(run_id=run.run_id, target_arn=run.target_arn, applied=applied))
        self.app.history.note_applied_event_emitted(run)
        self.app.metrics.count(metrics.DECISIONS_APPLIED, 1)
        return applied

    def _decided_by_hand(self, run: RunKey, policy: Policy) -> Decided:
        item = _of_run(self.app.history.item(run))
        if not isinstance(item, CompletedRun) or item.memory_mb is None:
            raise NotApplied(f"run {run.run_id} has no decision: {_undecided(item)}")
        if item.rolled_back:
            raise NotApplied(f"what run {run.run_id} applied was taken back; tune the function again")
        if item.applied and item.applied.applied:
            raise NotApplied(f"run {run.run_id} was applied already (mode {item.applied.mode}); roll it back first")
        return Decided(replace(item, applying=begun_alike(item.applying, policy)), item.memory_mb, policy)

    def _try_once(self, decided: Decided) -> Applied:
        """Return what would be applied; nothing is changed or noted.

        Raises:
            NotApplied: it must not be applied.
        """
        try:
            current = settled(self.app, decided.run.target_arn)
        except FunctionNotFound as error:
            raise NotApplied(f"the function changed since it was measured: {error}") from error
        _require_leave(refusal(decided, current, None))
        if decided.policy.apply in TO_ALIAS:
            found = self._movable(str(decided.policy.alias), current)
            if decided.policy.apply == CANARY:
                refuse_canary(self.app, decided, found, current)
        return _doing(decided, current)

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
        trial = self.app.canaries.get(run.target_arn)
        if trial and trial.run_id == run_id and go_back(self.app, trial, "it was rolled back") != "promoted":
            restored: RolledBack = MemoryRestored(memory_mb=trial.doing.from_memory_mb, alias=trial.doing.alias)
            self.app.history.note_rolled_back(run, restored)
            return run, restored
        with self._lease(run.target_arn, f"rollback-{run_id}", "try again when that is done"):
            restored = take_back(self.app, run.target_arn, applied)
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

    def _apply_once(self, decided: Decided) -> Applied:
        run, doing = decided.run, _doing(decided)
        try:
            current = settled(self.app, run.target_arn)
            trial = self.app.canaries.get(run.target_arn)
            if trial is not None:
                return on_trial(self.app, trial, run.run_id)
            tags = self.app.functions.tags(run.target_arn) if depends_on_owner(decided.policy) else None
            _require_leave(refusal(decided, current, tags))
            begun = run.applying or _doing(decided, current)
            return self._act(decided, current, begun)
        except NotApplied as error:
            reason = str(error)
        except (FunctionNotFound, RevisionMismatch, UpdateInProgress) as error:
            reason = f"the function changed since it was measured: {error}"
        self._take_back(run.key)
        return replace(doing, applied=False, reason=reason)

    def _act(self, decided: Decided, current: FunctionSnapshot, begun: Applied) -> Applied:
        policy, memory_mb = decided.policy, decided.memory_mb
        if policy.apply == SSM:
            return write_parameter(self.app, decided, str(policy.parameter), begun)
        if policy.apply == PROPOSE:
            raise NotApplied(f"proposed only: MemorySize {memory_mb}")
        if policy.apply not in {LATEST, *TO_ALIAS}:
            raise NotApplied("its policy is never to apply")
        alias = str(policy.alias)
        found = self._movable(alias, current) if policy.apply in TO_ALIAS else None
        if policy.apply == CANARY:
            refuse_canary(self.app, decided, found, current)
        if current.memory_mb != memory_mb:
            self.app.history.note_applying(decided.run.key, begun)
            set_memory(self.app, decided.run.target_arn, current, memory_mb)
        return self._move(decided, alias, found, begun) if policy.apply in TO_ALIAS else begun

    def _movable(self, name: str, current: FunctionSnapshot) -> Alias | None:
        """Return an alias that may be moved to a version of ``$LATEST``, None if it is to be made.

        Raises:
            NotApplied: its callers would get more than another memory size.
        """
        alias = self.app.functions.alias(current.arn, name)
        behind = self.app.functions.get(current.arn, alias.version) if alias else None
        _require_leave(alias_refusal(name, alias, behind, current))
        return alias

    def _move(self, decided: Decided, name: str, found: Alias | None, begun: Applied) -> Applied:
        run, memory_mb = decided.run, decided.memory_mb
        arn, description = run.target_arn, f"{memory_mb} MB, chosen by power-tuner run {run.run_id}"
        version = when_settled(lambda: self.app.functions.publish(arn, run.code_sha256, description), self.app.sleep)
        if version.memory_mb != memory_mb:
            raise RevisionMismatch(f"its memory was set to {version.memory_mb} MB")
        previous = found.version if found else None
        if isinstance(begun, AppliedToAlias) and previous == begun.version:
            # An earlier delivery of this event has moved it.
            previous = begun.previous_version
        doing = begun.to_alias(name, version.version, previous)
        self.app.history.note_applying(run.key, doing)
        if decided.policy.apply == CANARY and previous not in {None, version.version}:
            return begin_canary(self.app, decided, doing)
        try:
            self.app.functions.move_alias(arn, name, version.version, found)
        except (RevisionMismatch, UpdateInProgress):
            now = self.app.functions.alias(arn, name)
            if now is None or now.version != version.version:
                raise
        return doing

    def _take_back(self, run: RunKey) -> None:
        """Undo what was begun of a decision that is refused after all; what somebody changed meanwhile is left."""
        item = _of_run(self.app.history.item(run))
        if item and item.applying:
            with suppress(NotApplied):
                take_back(self.app, run.target_arn, item.applying)


def _doing(decided: Decided, current: FunctionSnapshot | None = None) -> Applied:
    """Return what is done with a decision, from what the function has now or else had when it was measured."""
    had_mb = decided.run.latest_memory_mb or decided.run.current_memory_mb
    return Applied(
        applied=True,
        mode=decided.policy.apply,
        from_memory_mb=current.memory_mb if current else had_mb,
        to_memory_mb=decided.memory_mb,
    )


def _of_run(item: RunItem | None) -> CompletedRun | FailedRun | None:
    return None if isinstance(item, SkippedRun) else item


def _undecided(item: CompletedRun | FailedRun | None) -> str:
    if isinstance(item, CompletedRun):
        return "it was a dry run, which decides nothing"
    return f"its run is recorded as {item.status if item else 'nothing'}, not as completed"


def _require_leave(reason: str | None) -> None:
    if reason:
        raise NotApplied(reason)
