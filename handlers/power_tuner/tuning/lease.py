"""The lease: the lock on a target that also records what must be undone.

It is written before each act on the target (write-ahead), so that whoever cleans up, this run, its stop event or
the janitor, knows what may have happened. Rules only; ``aws.lease_store`` keeps it.
"""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from power_tuner.tuning.pace import Pace
from power_tuner.tuning.target import FunctionSnapshot

# Long enough for one Executor call (at most 900 s) and its retry; renewed by every handler of a living run.
LEASE_S = 2400
_MARKER_PREFIX = "power-tuner run "


class Original(Struct, frozen=True, rename="camel"):
    """``$LATEST`` as the run found it.

    Attributes:
        memory_mb: what ``$LATEST`` goes back to.
        fingerprint: the configuration (without memory) that the run measures.
        version_fingerprint: the same, as a version published from it has it.
    """

    memory_mb: int
    fingerprint: str
    code_sha256: str
    version_fingerprint: str = ""


class Lease(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a run holds on its target.

    Attributes:
        run_id: the run, or what applies a decision or takes it back.
        execution_arn: the run's execution; None when none stands behind it.
        original: None until the run has looked at its target; without it nothing may be changed.
        phase: ``active`` while the run may act, ``closing`` once a cleanup has fenced it off.
        set_memory_mb: the test memory that ``$LATEST`` was last given; None once it is restored.
        intent_memory_mb: the test memory that is being given and published right now, None between acts.
        intent_until_s: epoch second after which the Publisher that noted the intent is certainly dead.
        versions: version number by memory size, of the versions this run published.
        shared_versions: version number by memory size, of versions that were there before; never deleted.
        pace: what the run knows about the time that updates of its target take.
        settles_s: epoch second at which the last update of the target should have settled.
        until_s: epoch second at which the lease expires unless it is renewed.
    """

    run_id: str
    execution_arn: str | None = None
    target_arn: str
    original: Original | None = None
    until_s: int
    phase: Literal["active", "closing"] = "active"
    set_memory_mb: int | None = None
    intent_memory_mb: int | None = None
    intent_until_s: int = 0
    versions: Mapping[int, str] = {}
    shared_versions: Mapping[int, str] = {}
    pace: Pace = Pace()
    settles_s: float = 0.0

    @property
    def marker(self) -> str:
        """Return the description that every version of this run carries."""
        return version_marker(self.run_id)

    @property
    def found(self) -> Original:
        """Return the target as the run found it.

        Raises:
            ValueError: the run has not looked at it yet.
        """
        if self.original is None:
            raise ValueError(f"run {self.run_id} has not noted yet what {self.target_arn} was")
        return self.original

    def version_of(self, memory_mb: int) -> str | None:
        """Return the version to measure at a memory size, None before it is published."""
        return self.versions.get(memory_mb) or self.shared_versions.get(memory_mb)

    def expired(self, now_s: float) -> bool:
        """Return whether the run has stopped renewing its lease."""
        return now_s > self.until_s

    def test_memories_mb(self) -> frozenset[int]:
        """Return every memory that ``$LATEST`` may have because of this run."""
        noted = {self.set_memory_mb, self.intent_memory_mb} - {self.original.memory_mb if self.original else None}
        return frozenset(memory_mb for memory_mb in noted if memory_mb is not None)


def version_marker(run_id: str) -> str:
    """Return the description by which a version is known to be of a run."""
    return _MARKER_PREFIX + run_id


def memory_to_restore_mb(lease: Lease, current: FunctionSnapshot) -> int | None:
    """Decide what memory ``$LATEST`` must get back, None when it must be left alone.

    The memory is restored whenever it is one of this run's test memories, whatever else somebody deployed
    meanwhile: a deployment of code leaves our memory in place. A memory that is none of ours was set by
    somebody else and stays.
    """
    if current.memory_mb in lease.test_memories_mb():
        return lease.found.memory_mb
    return None


def foreign_change(lease: Lease, current: FunctionSnapshot) -> str | None:
    """Return what somebody else changed on the target since the run began, None if nothing."""
    if current.code_sha256 != lease.found.code_sha256:
        return "its code was deployed"
    if current.fingerprint != lease.found.fingerprint:
        return "its configuration was changed"
    if current.memory_mb not in lease.test_memories_mb() | {lease.found.memory_mb}:
        return f"its memory was set to {current.memory_mb} MB"
    return None
