"""Publish a version of the target for each memory size."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import replace

from power_tuner.errors import LeaseLost, PublishFailed, TargetChanged
from power_tuner.operations.cleaning import clean_up
from power_tuner.operations.restoring import begin_restoring
from power_tuner.operations.setting_memory import MAX_REVISIONS
from power_tuner.operations.settling import GIVE_UP_S, settled_after_run
from power_tuner.ports import (
    FunctionNotFound,
    MemoryRefused,
    RevisionMismatch,
    UpdateInProgress,
)
from power_tuner.tuning.lease import Lease, foreign_change
from power_tuner.tuning.outcome import BranchOutcome
from power_tuner.tuning.pace import Pace
from power_tuner.tuning.round import Batches, Round
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.target import FunctionSnapshot

if TYPE_CHECKING:
    from power_tuner.app import App

# One more memory size is begun only with this much time left: two minutes to settle, one to restore.
TIME_FOR_ONE_S = 180.0
# How long after its deadline a Publisher is certainly dead, even when a clock is two minutes wrong.
GRACE_S = 150


class PublishedBatch(Struct, frozen=True, array_like=True):
    """A batch of a branch, which begins at ``position``: behind what was tried before the others."""

    begin: int
    count: int
    position: int


class PublishedBranch(Struct, frozen=True, kw_only=True):
    """A memory size that can be measured."""

    memory_mb: int = field(name="powerValue")
    version: str
    batches: tuple[PublishedBatch, ...]


class FirstTry(Struct, frozen=True, kw_only=True):
    """The one invocation of a run that comes before all others: a function that fails is found by it."""

    memory_mb: int = field(name="powerValue")
    version: str
    batch: Mapping[str, int | bool]


class Published(Struct, frozen=True, kw_only=True):
    """What one call of the Publisher came to."""

    done: bool
    branches: tuple[PublishedBranch, ...] = ()
    first_try: FirstTry | UnsetType = field(name="firstTry", default=UNSET)


@dataclass(frozen=True, slots=True)
class Publisher:
    """The step Publisher."""

    app: "App"

    def publish(
        self,
        target_arn: str,
        run_id: str,
        measured: Round,
        remaining_s: Callable[[], float],
    ) -> Published:
        """Publish as many memory sizes as time allows, and begin to restore ``$LATEST`` after the last one.

        Lambda has the memory size when it accepts the update, so that the versions are measured while that settles; the
        Analyzer waits for it and reads ``$LATEST`` once more.

        Args:
            target_arn: unqualified.
            run_id: the run.
            measured: the round that is measured next.
            remaining_s: returns how much time this call has left.

        Returns:
            The branches to measure; none unless ``done``, because it must be called again.

        Raises:
            LeaseLost: the run was stopped; what this call did is undone.
            TargetChanged: somebody deployed meanwhile.
            PublishFailed: Lambda refused.
        """
        lease = self.app.leases.renew(target_arn, run_id)
        plan = self.app.documents.plan(run_id)
        refused = self.app.documents.outcomes(run_id)
        batches = measured.batches
        if batches is None:
            batches = dict.fromkeys(plan.run_input.memories_mb, plan.batches())
        todo = [memory_mb for memory_mb in batches if lease.version_of(memory_mb) is None and memory_mb not in refused]
        # The memory size that the function has already comes first, because it needs no update.
        todo.sort(key=lambda memory_mb: (memory_mb != lease.found.memory_mb, memory_mb))
        for count, memory_mb in enumerate(todo):
            if count and remaining_s() < TIME_FOR_ONE_S:
                return Published(done=False)
            lease = self._publish_one(lease, memory_mb, remaining_s)
        if lease.set_memory_mb is not None:
            begin_restoring(self.app, lease)
            settles_s = self.app.now() + (lease.pace.done_s or 0.0)
            lease = self.app.leases.save(replace(lease, set_memory_mb=None, settles_s=settles_s))
        versions = {memory_mb: version for memory_mb in batches if (version := lease.version_of(memory_mb))}
        return _published(plan, {memory_mb: batches[memory_mb] for memory_mb in versions}, versions, measured.number)

    def _publish_one(self, lease: Lease, memory_mb: int, remaining_s: Callable[[], float]) -> Lease:
        until_s = int(self.app.now() + remaining_s()) + GRACE_S
        lease = self.app.leases.save(replace(lease, intent_memory_mb=memory_mb, intent_until_s=until_s))
        try:
            return self.app.leases.save(self._act(lease, memory_mb))
        except LeaseLost:
            self._clean_up(lease)
            raise
        except Exception:
            # A cleanup still looks for what this act left, but need not wait for this Publisher any more.
            try:
                self.app.leases.save(replace(lease, intent_until_s=0))
            except LeaseLost:
                self._clean_up(lease)
            raise

    def _clean_up(self, lease: Lease) -> None:
        """Clean up after a run whose lease was closed: the cleanup left this Publisher's act to it."""
        clean_up(self.app, lease.target_arn, lease.run_id, publisher_may_run=False)

    def _act(self, lease: Lease, memory_mb: int) -> Lease:
        try:
            lease, version = self._set_and_publish(lease, memory_mb)
        except MemoryRefused as error:
            self._note_refusal(lease.run_id, memory_mb, str(error))
            return replace(lease, intent_memory_mb=None)
        ours = version.description == lease.marker
        return replace(
            lease,
            versions={**lease.versions, memory_mb: version.version} if ours else lease.versions,
            shared_versions=lease.shared_versions if ours else {**lease.shared_versions, memory_mb: version.version},
            set_memory_mb=None if memory_mb == lease.found.memory_mb else memory_mb,
            intent_memory_mb=None,
        )

    def _note_refusal(self, run_id: str, memory_mb: int, reason: str) -> None:
        self.app.documents.save_outcome(run_id, memory_mb, BranchOutcome(outcome="unmeasurable", reason=reason))

    def _set_and_publish(self, lease: Lease, memory_mb: int) -> tuple[Lease, FunctionSnapshot]:
        """Return the version, and the lease with what is known about the pace of updates."""
        arn = lease.target_arn
        is_as_found = memory_mb == lease.found.memory_mb and not lease.test_memories_mb()
        is_updated = not is_as_found and self._set_memory(lease, memory_mb)
        try:
            if is_updated:
                pace, version = self._publish_in_time(lease)
                lease = replace(lease, pace=pace)
            else:
                version = self._publish_settled(lease)
        except FunctionNotFound:
            raise TargetChanged(_changed(arn, "it was deleted")) from None
        except RevisionMismatch:
            raise TargetChanged(_changed(arn, "its code was deployed")) from None
        except UpdateInProgress as error:
            raise PublishFailed(f"{arn} could not be published at {memory_mb} MB: {error}") from error
        # A lease that an earlier version of this app wrote has no fingerprint of a version.
        expected = lease.found.version_fingerprint or version.version_fingerprint
        if version.memory_mb != memory_mb or version.version_fingerprint != expected:
            raise TargetChanged(_changed(arn, "its configuration was changed"))
        return lease, version

    def _publish_settled(self, lease: Lease) -> FunctionSnapshot:
        """Publish a function that should not be in an update; if it is, wait by reading."""
        try:
            return self._publish(lease)
        except UpdateInProgress:
            self._unchanged(lease)
        return self._publish(lease)

    def _publish_in_time(self, lease: Lease) -> tuple[Pace, FunctionSnapshot]:
        """Publish as soon as the update that has just begun has settled.

        Whether it has is found out by reading; a version is published at once when the update should have settled by
        what the run has learned.
        """
        began_s = self.app.now()
        pace, waited_s = lease.pace, 0.0
        refusal = UpdateInProgress(f"its update has not settled within {GIVE_UP_S:g} s.")
        while waited_s < GIVE_UP_S:
            look_s = pace.next_look_s(waited_s)
            self.app.sleep(max(0.0, began_s + look_s - self.app.now()))
            waited_s = max(look_s, self.app.now() - began_s)
            is_read = look_s != pace.done_s
            if is_read and self._look(lease).update_in_progress:
                pace = pace.busy(waited_s)
                continue
            try:
                version = self._publish(lease)
            except UpdateInProgress as error:
                pace, refusal = pace.busy(waited_s), error
            else:
                return pace.done(waited_s, looks=int(is_read)), version
        raise refusal

    def _publish(self, lease: Lease) -> FunctionSnapshot:
        return self.app.functions.publish(lease.target_arn, lease.found.code_sha256, lease.marker)

    def _set_memory(self, lease: Lease, memory_mb: int) -> bool:
        """Start to set the memory size, and return whether that was necessary.

        A tag or a permission renews the revision of a function that nobody deployed. So a revision that has moved on is
        read again, and ends the run only if something that is measured has changed, or if it moves on every time.
        """
        for _ in range(MAX_REVISIONS):
            current = self._unchanged(lease)
            if current.memory_mb == memory_mb:
                return False
            try:
                self.app.functions.set_memory(lease.target_arn, memory_mb, current.revision_id)
            except (FunctionNotFound, RevisionMismatch, UpdateInProgress):
                # Somebody else was faster, or the SDK repeated our own request after its response was lost.
                continue
            return True
        raise TargetChanged(_changed(lease.target_arn, f"its revision changed {MAX_REVISIONS} times in a row"))

    def _unchanged(self, lease: Lease) -> FunctionSnapshot:
        """Return the function once no update is in progress."""
        try:
            return _as_found(lease, settled_after_run(self.app, lease))
        except FunctionNotFound:
            raise TargetChanged(_changed(lease.target_arn, "it was deleted")) from None

    def _look(self, lease: Lease) -> FunctionSnapshot:
        """Return the function as it is now."""
        return _as_found(lease, self.app.functions.get(lease.target_arn))


def _published(plan: RunPlan, batches: Batches, versions: Mapping[int, str], round_number: int) -> Published:
    tried_mb = plan.tried_first_mb(batches) if round_number == 1 else None
    branches = tuple(
        PublishedBranch(
            memory_mb=memory_mb,
            version=versions[memory_mb],
            batches=tuple(
                PublishedBatch(batch.begin, batch.count, batch.begin + (memory_mb == tried_mb and batch.begin == 0))
                for batch in of_memory
            ),
        )
        for memory_mb, of_memory in batches.items()
    )
    if tried_mb is None:
        return Published(done=True, branches=branches)
    batch = {"begin": 0, "count": batches[tried_mb][0].count, "firstTry": True}
    return Published(
        done=True,
        branches=branches,
        first_try=FirstTry(memory_mb=tried_mb, version=versions[tried_mb], batch=batch),
    )


def _as_found(lease: Lease, current: FunctionSnapshot) -> FunctionSnapshot:
    change = foreign_change(lease, current)
    if change:
        raise TargetChanged(_changed(lease.target_arn, change))
    return current


def _changed(arn: str, what: str) -> str:
    return f"{arn} changed during the run: {what}. The measurements are no longer valid; start a new run."
