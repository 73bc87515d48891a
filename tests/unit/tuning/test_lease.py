"""Leases: what must be undone, and what must not."""

from typing import Any

import pytest
from msgspec.structs import replace

from power_tuner.tuning.lease import Lease, Original, foreign_change, memory_to_restore_mb, version_marker
from power_tuner.tuning.target import FunctionSnapshot

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


def snapshot(**configuration: Any) -> FunctionSnapshot:
    return FunctionSnapshot.from_configuration(
        {
            "FunctionArn": ARN,
            "Version": "$LATEST",
            "MemorySize": 1024,
            "Timeout": 30,
            "CodeSha256": "code-1",
            "RevisionId": "revision-1",
            **configuration,
        }
    )


LEASE = Lease(
    run_id="run-1",
    execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
    target_arn=ARN,
    original=Original(1024, snapshot().fingerprint, "code-1"),
    until_s=1000,
)


def test_nothing_foreign_changed() -> None:
    """The function as the run found it has no foreign change."""

    assert foreign_change(LEASE, snapshot()) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"CodeSha256": "code-2"}, "its code was deployed"),
        ({"Timeout": 60}, "its configuration was changed"),
        ({"MemorySize": 2048}, "its memory was set to 2048 MB"),
    ],
)
def test_a_foreign_change_is_named(changes: dict[str, Any], expected: str) -> None:
    """Code, configuration and memory of somebody else are told apart."""

    assert expected == foreign_change(LEASE, snapshot(**changes))


@pytest.mark.parametrize("notes", [{"set_memory_mb": 512}, {"intent_memory_mb": 512}])
def test_our_own_memory_is_no_foreign_change(notes: dict[str, Any]) -> None:
    """A memory that the lease notes, set or intended, is this run's own."""

    assert foreign_change(replace(LEASE, **notes), snapshot(MemorySize=512)) is None


@pytest.mark.parametrize(
    ("notes", "memory_mb", "expected"),
    [
        ({}, 1024, None),
        ({}, 512, None),
        ({"set_memory_mb": 512}, 512, 1024),
        ({"intent_memory_mb": 512}, 512, 1024),
        ({"set_memory_mb": 256, "intent_memory_mb": 512}, 256, 1024),
        ({"set_memory_mb": 512}, 1024, None),
        ({"set_memory_mb": 512}, 2048, None),
        ({"intent_memory_mb": 1024}, 1024, None),
    ],
)
def test_only_our_own_memory_is_taken_back(notes: dict[str, Any], memory_mb: int, expected: int | None) -> None:
    """A test memory goes back to the original; a memory of somebody else stays."""

    assert expected == memory_to_restore_mb(replace(LEASE, **notes), snapshot(MemorySize=memory_mb))


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ({}, set()),
        ({"set_memory_mb": 512}, {512}),
        ({"set_memory_mb": 256, "intent_memory_mb": 512}, {256, 512}),
        ({"set_memory_mb": 1024, "intent_memory_mb": 1024}, set()),
    ],
)
def test_what_the_run_may_have_set_is_noted(notes: dict[str, Any], expected: set[int]) -> None:
    """The memory that the function had is never a test memory."""

    assert expected == replace(LEASE, **notes).test_memories_mb()


def test_our_memory_is_taken_back_from_new_code_too() -> None:
    """A deployment of code leaves our test memory in place, so it is restored there as well."""
    deployed = snapshot(MemorySize=512, CodeSha256="code-2", Timeout=3)

    assert 1024 == memory_to_restore_mb(replace(LEASE, set_memory_mb=512), deployed)


def test_a_version_to_measure_is_ours_or_shared() -> None:
    """Versions that were there before are measured as well as our own."""
    lease = replace(LEASE, versions={128: "7"}, shared_versions={1024: "6"})

    assert ["7", "6", None] == [lease.version_of(memory_mb) for memory_mb in (128, 1024, 512)]


@pytest.mark.parametrize(("now_s", "expected"), [(999, False), (1000, False), (1000.5, True)])
def test_a_lease_expires(now_s: float, expected: bool) -> None:  # noqa: FBT001
    """A lease holds until its last second is over."""

    assert expected is LEASE.expired(now_s)


def test_a_run_marks_its_versions() -> None:
    """The description of a version tells whose it is."""

    assert "power-tuner run run-1" == LEASE.marker == version_marker("run-1")


def test_a_lease_is_taken_before_the_target_is_looked_at() -> None:
    """Until then nothing of the target is known, and nothing of it can have been changed."""
    taken = Lease(run_id="run-1", target_arn=ARN, until_s=1000)

    assert frozenset() == taken.test_memories_mb()
    assert memory_to_restore_mb(taken, snapshot()) is None


def test_what_was_not_looked_at_is_not_known() -> None:
    """Nobody takes nothing for what the function was."""
    taken = Lease(run_id="run-1", target_arn=ARN, until_s=1000)

    with pytest.raises(ValueError, match=f"^run run-1 has not noted yet what {ARN} was$"):
        foreign_change(taken, snapshot())


def test_a_new_lease_has_nothing_to_undo_and_no_publisher_to_wait_for() -> None:
    """No memory, no version, and no moment until which one may be at work."""
    lease = Lease(run_id="run-1", target_arn=ARN, until_s=1000)

    assert ("active", frozenset(), 0) == (lease.phase, lease.test_memories_mb(), lease.intent_until_s)
    assert ({}, {}) == (lease.versions, lease.shared_versions)
