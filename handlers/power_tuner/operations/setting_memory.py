"""Set a function's memory size, unless somebody else changes the function meanwhile."""

from typing import TYPE_CHECKING

from power_tuner.operations.settling import settled
from power_tuner.ports import RevisionMismatch, UpdateInProgress

if TYPE_CHECKING:
    from power_tuner.app import App
    from power_tuner.tuning.target import FunctionSnapshot

# A deployment in several steps, tags after it included, changes the revision a few times.
MAX_REVISIONS = 5


def set_memory(app: "App", arn: str, read: "FunctionSnapshot", memory_mb: int) -> None:
    """Set the memory size of a function that is still as it was read, and wait until that has settled.

    A tag or a permission renews the revision of a function that nobody deployed. So a revision that moved on is read
    again, and refused only if something else has changed, or if it moves on every time.

    Args:
        app: the app.
        arn: the function, unqualified.
        read: the function as it was read.
        memory_mb: the memory size to set.

    Raises:
        RevisionMismatch: somebody else changed the function.
        UpdateInProgress: an update does not settle.
    """
    current = read
    for attempt in range(1, MAX_REVISIONS + 1):
        try:
            app.functions.set_memory(arn, memory_mb, current.revision_id)
            break
        except (RevisionMismatch, UpdateInProgress):
            # Somebody else was faster, or the SDK repeated our own request after its response was lost.
            current = settled(app, arn)
            if current.memory_mb == memory_mb and _same(current, read):
                break
            if attempt == MAX_REVISIONS or current.memory_mb != read.memory_mb or not _same(current, read):
                raise
    found = settled(app, arn)
    if found.memory_mb != memory_mb:
        raise RevisionMismatch(f"its memory was set to {found.memory_mb} MB")


def give_back(app: "App", arn: str, set_mb: int, before_mb: int) -> None:
    """Restore a memory size, unless somebody else has set another one; code that is deployed at that moment stays.

    Args:
        app: the app.
        arn: the function, unqualified.
        set_mb: the memory size that the app has set.
        before_mb: the memory size that the function had.

    Raises:
        FunctionNotFound: the function was deleted.
        RevisionMismatch: somebody changes the function all the time.
        UpdateInProgress: an update does not settle.
    """
    for attempt in range(1, MAX_REVISIONS + 1):
        current = settled(app, arn)
        if current.memory_mb != set_mb or set_mb == before_mb:
            return
        try:
            set_memory(app, arn, current, before_mb)
        except RevisionMismatch:
            if attempt == MAX_REVISIONS:
                raise
        else:
            return


def _same(one: "FunctionSnapshot", other: "FunctionSnapshot") -> bool:
    return (one.code_sha256, one.fingerprint) == (other.code_sha256, other.fingerprint)
