"""The lease: the lock on a target that also records what must be undone.

It is written before each act on the target (write-ahead), so that whoever cleans up, this run, its stop event or
the janitor, knows what may have happened. Rules only; ``aws.lease_store`` keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from power_tuner.tuning.target import FunctionSnapshot

# Long enough for one Executor call (900 s) and its retry; renewed by every handler of a living run.
LEASE_S = 2400
_MARKER_PREFIX = "power-tuner run "


@dataclass(frozen=True, slots=True)
class Lease:
    """What a run holds on its target.

    Attributes:
        phase: ``active`` while the run may act, ``closing`` once a cleanup has fenced it off.
        original_memory_mb: what ``$LATEST`` goes back to.
        original_fingerprint: the configuration (without memory) that the run measures.
        set_memory_mb: the test memory that ``$LATEST`` was last given; None once it is restored.
        intent_memory_mb: the test memory that is being given and published right now, None between acts.
        intent_until_s: epoch second after which the Publisher that noted the intent is certainly dead.
        versions: version number by power value, of the versions this run published.
        shared_versions: version number by power value, of versions that were there before; never deleted.
        until_s: epoch second at which the lease expires unless it is renewed.
    """

    run_id: str
    execution_arn: str
    target_arn: str
    original_memory_mb: int
    original_fingerprint: str
    original_code_sha256: str
    until_s: int
    phase: str = "active"
    set_memory_mb: int | None = None
    intent_memory_mb: int | None = None
    intent_until_s: int = 0
    versions: Mapping[int, str] = field(default_factory=dict)
    shared_versions: Mapping[int, str] = field(default_factory=dict)

    @property
    def marker(self) -> str:
        """Return the description that every version of this run carries."""
        return version_marker(self.run_id)

    def version_of(self, memory_mb: int) -> str | None:
        """Return the version to measure at a power value, None before it is published."""
        return self.versions.get(memory_mb) or self.shared_versions.get(memory_mb)

    def expired(self, now_s: float) -> bool:
        """Tell whether the run has stopped renewing its lease."""
        return now_s > self.until_s

    def test_memories_mb(self) -> frozenset[int]:
        """Return every memory that ``$LATEST`` may have because of this run."""
        noted = (self.set_memory_mb, self.intent_memory_mb)
        return frozenset(memory for memory in noted if memory is not None and memory != self.original_memory_mb)

    def to_dict(self) -> dict[str, Any]:
        """Return the lease as JSON."""
        return {
            "runId": self.run_id,
            "executionArn": self.execution_arn,
            "targetArn": self.target_arn,
            "originalMemoryMb": self.original_memory_mb,
            "originalFingerprint": self.original_fingerprint,
            "originalCodeSha256": self.original_code_sha256,
            "untilS": self.until_s,
            "phase": self.phase,
            "setMemoryMb": self.set_memory_mb,
            "intentMemoryMb": self.intent_memory_mb,
            "intentUntilS": self.intent_until_s,
            "versions": {str(memory_mb): version for memory_mb, version in self.versions.items()},
            "sharedVersions": {str(memory_mb): version for memory_mb, version in self.shared_versions.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Lease":
        """Read a lease from its JSON."""
        return cls(
            run_id=data["runId"],
            execution_arn=data["executionArn"],
            target_arn=data["targetArn"],
            original_memory_mb=int(data["originalMemoryMb"]),
            original_fingerprint=data["originalFingerprint"],
            original_code_sha256=data["originalCodeSha256"],
            until_s=int(data["untilS"]),
            phase=data["phase"],
            set_memory_mb=_optional_int(data.get("setMemoryMb")),
            intent_memory_mb=_optional_int(data.get("intentMemoryMb")),
            intent_until_s=int(data.get("intentUntilS", 0)),
            versions={int(memory_mb): version for memory_mb, version in data.get("versions", {}).items()},
            shared_versions={int(memory_mb): version for memory_mb, version in data.get("sharedVersions", {}).items()},
        )


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
        return lease.original_memory_mb
    return None


def foreign_change(lease: Lease, current: FunctionSnapshot) -> str | None:
    """Say what somebody else changed on the target since the run began, None when nothing."""
    if current.code_sha256 != lease.original_code_sha256:
        return "its code was deployed"
    if current.fingerprint != lease.original_fingerprint:
        return "its configuration was changed"
    if current.memory_mb not in lease.test_memories_mb() | {lease.original_memory_mb}:
        return f"its memory was set to {current.memory_mb} MB"
    return None


def _optional_int(value: object) -> int | None:
    return None if value is None else int(str(value))
