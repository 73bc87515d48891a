"""Publish a version of the target for each memory size."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from power_tuner.errors import LeaseLost, PublishFailed, TargetChanged
from power_tuner.operations.cleaning import clean_up
from power_tuner.operations.restoring import restore_memory
from power_tuner.operations.setting_memory import MAX_REVISIONS
from power_tuner.operations.settling import FIRST_WAIT_S, settled, when_settled
from power_tuner.ports import (
    FunctionNotFound,
    MemoryRefused,
    RevisionMismatch,
    UpdateInProgress,
)
from power_tuner.tuning.lease import Lease, foreign_change
from power_tuner.tuning.outcome import BranchOutcome
from power_tuner.tuning.round import Batch, Batches
from power_tuner.tuning.target import FunctionSnapshot

if TYPE_CHECKING:
    from power_tuner.app import App

# One more memory size is begun only with this much time left: two minutes to settle, one to restore.
TIME_FOR_ONE_S = 180.0
# How long after its deadline a Publisher is certainly dead, even when a clock is two minutes wrong.
GRACE_S = 150


class PublishedBranch(Struct, frozen=True, kw_only=True):
    """A memory size that can be measured."""

    memory_mb: int = field(name="powerValue")
    version: str
    batches: tuple[Batch, ...]


class Published(Struct, frozen=True, kw_only=True):
    """What one call of the Publisher came to."""

    done: bool
    branches: tuple[PublishedBranch, ...] = ()


@dataclass(frozen=True, slots=True)
class Publisher:
    """The step Publisher."""

    app: "App"

    def publish(
        self,
        target_arn: str,
        run_id: str,
        round_batches: Batches | None,
        remaining_s: Callable[[], float],
    ) -> Published:
        """Publish as many memory sizes as time allows, and restore ``$LATEST`` after the last one.

        Args:
            target_arn: unqualified.
            run_id: the run.
            round_batches: the batches of this round, by memory size; None for all of the plan.
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
        batches = round_batches
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
            restore_memory(self.app, lease)
            lease = self.app.leases.save(replace(lease, set_memory_mb=None))
        versions = {memory_mb: lease.version_of(memory_mb) for memory_mb in batches}
        return Published(
            done=True,
            branches=tuple(
                PublishedBranch(memory_mb=memory_mb, version=version, batches=batches[memory_mb])
                for memory_mb, version in versions.items()
                if version
            ),
        )

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
            version = self._set_and_publish(lease, memory_mb)
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

    def _set_and_publish(self, lease: Lease, memory_mb: int) -> FunctionSnapshot:
        arn = lease.target_arn
        current = self._set_memory(lease, memory_mb)
        try:
            version = when_settled(
                lambda: self.app.functions.publish(arn, lease.found.code_sha256, lease.marker), self.app.sleep
            )
        except FunctionNotFound:
            raise TargetChanged(_changed(arn, "it was deleted")) from None
        except RevisionMismatch:
            raise TargetChanged(_changed(arn, "its code was deployed")) from None
        except UpdateInProgress as error:
            raise PublishFailed(f"{arn} could not be published at {memory_mb} MB: {error}") from error
        if version.memory_mb != memory_mb or version.version_fingerprint != current.version_fingerprint:
            raise TargetChanged(_changed(arn, "its configuration was changed"))
        return version

    def _set_memory(self, lease: Lease, memory_mb: int) -> FunctionSnapshot:
        """Start to set the memory size, and return the function as it was before.

        A tag or a permission renews the revision of a function that nobody deployed. So a revision that has moved on is
        read again, and ends the run only if something that is measured has changed, or if it moves on every time.
        """
        for _ in range(MAX_REVISIONS):
            current = self._unchanged(lease)
            if current.memory_mb == memory_mb:
                return current
            try:
                self.app.functions.set_memory(lease.target_arn, memory_mb, current.revision_id)
            except (FunctionNotFound, RevisionMismatch, UpdateInProgress):
                # Somebody else was faster, or the SDK repeated our own request after its response was lost.
                continue
            self.app.sleep(FIRST_WAIT_S)
            return current
        raise TargetChanged(_changed(lease.target_arn, f"its revision changed {MAX_REVISIONS} times in a row"))

    def _unchanged(self, lease: Lease) -> FunctionSnapshot:
        try:
            current = settled(self.app, lease.target_arn)
        except FunctionNotFound:
            raise TargetChanged(_changed(lease.target_arn, "it was deleted")) from None
        change = foreign_change(lease, current)
        if change:
            raise TargetChanged(_changed(lease.target_arn, change))
        return current


def _changed(arn: str, what: str) -> str:
    return f"{arn} changed during the run: {what}. The measurements are no longer valid; start a new run."
