"""Restore the memory size of ``$LATEST``, if it has a test memory size."""

from typing import TYPE_CHECKING

from power_tuner.errors import CleanupIncomplete
from power_tuner.operations.settling import FIRST_WAIT_S, waits
from power_tuner.ports import FunctionNotFound, RevisionMismatch, UpdateInProgress
from power_tuner.tuning.lease import Lease, memory_to_restore_mb

if TYPE_CHECKING:
    from power_tuner.app import App


# An update that Lambda accepted and then lost is sent again so many times.
_MAX_UPDATES = 5


def restore_memory(app: "App", lease: Lease) -> None:
    """Restore the memory size and verify it.

    Raises:
        CleanupIncomplete: it is still a test memory size after several attempts.
    """
    for _ in range(_MAX_UPDATES):
        if not begin_restoring(app, lease):
            return
        app.sleep(lease.pace.done_s or FIRST_WAIT_S)
    raise _still_a_test_memory(lease)


def begin_restoring(app: "App", lease: Lease) -> bool:
    """Start the update that restores the memory size, and return whether one is necessary.

    It changes only the revision that was read, so a deployment in between is never overwritten.

    Raises:
        CleanupIncomplete: Lambda accepted no update within two minutes.
    """
    for wait_s in waits():
        try:
            current = app.functions.get(lease.target_arn)
            if not current.update_in_progress:
                memory_mb = memory_to_restore_mb(lease, current)
                if memory_mb is None:
                    return False
                app.functions.set_memory(lease.target_arn, memory_mb, current.revision_id)
                return True
        except FunctionNotFound:
            return False
        except (RevisionMismatch, UpdateInProgress):
            pass
        app.sleep(wait_s)
    raise _still_a_test_memory(lease)


def _still_a_test_memory(lease: Lease) -> CleanupIncomplete:
    return CleanupIncomplete(
        f"{lease.target_arn} still has a test memory size ({lease.set_memory_mb} MB instead of "
        f"{lease.found.memory_mb} MB). The janitor tries again."
    )
