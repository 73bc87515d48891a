"""Restore the memory size of ``$LATEST``, if it has a test memory size."""

from typing import TYPE_CHECKING

from power_tuner.errors import CleanupIncomplete
from power_tuner.operations.settling import FIRST_WAIT_S, waits
from power_tuner.ports import FunctionNotFound, RevisionMismatch, UpdateInProgress
from power_tuner.tuning.lease import Lease, memory_to_restore_mb

if TYPE_CHECKING:
    from power_tuner.app import App


def restore_memory(app: "App", lease: Lease) -> None:
    """Restore the memory size and verify it.

    Each attempt changes only the revision that it read, so a deployment in between is never overwritten.

    Raises:
        CleanupIncomplete: it is still a test memory size after two minutes of attempts.
    """
    for wait_s in waits():
        try:
            current = app.functions.get(lease.target_arn)
            if not current.update_in_progress:
                memory_mb = memory_to_restore_mb(lease, current)
                if memory_mb is None:
                    return
                app.functions.set_memory(lease.target_arn, memory_mb, current.revision_id)
                app.sleep(lease.pace.done_s or FIRST_WAIT_S)
                continue
        except FunctionNotFound:
            return
        except (RevisionMismatch, UpdateInProgress):
            pass
        app.sleep(wait_s)
    raise CleanupIncomplete(
        f"{lease.target_arn} still has a test memory size ({lease.set_memory_mb} MB instead of "
        f"{lease.found.memory_mb} MB). The janitor tries again."
    )
