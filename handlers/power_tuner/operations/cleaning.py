"""Undo everything that a run did to its target."""

from typing import TYPE_CHECKING

from power_tuner.errors import CleanupIncomplete
from power_tuner.operations.day_limit import close_account
from power_tuner.operations.restoring import restore_memory
from power_tuner.operations.settling import when_settled
from power_tuner.ports import UpdateInProgress, VersionInUse
from power_tuner.tuning.lease import Lease

if TYPE_CHECKING:
    from power_tuner.app import App


def clean_up(app: "App", target_arn: str, run_id: str, *, publisher_may_run: bool) -> bool:
    """Close the run's lease, restore the target, delete the run's versions, release the lease.

    Args:
        app: the app.
        target_arn: unqualified.
        run_id: whose lease.
        publisher_may_run: a Publisher of this run may still be running, because its end was not seen. Then an
            act that it noted but did not confirm keeps the lease closed, until the Publisher undoes the act or
            its time is over.

    Returns:
        Whether the run held a lease.

    Raises:
        CleanupIncomplete: something is left; the lease stays, so that the janitor tries again.
    """
    lease = app.leases.fence(target_arn, run_id)
    close_account(app, run_id)
    if lease is None:
        return False
    if lease.test_memories_mb():
        restore_memory(app, lease)
    _delete_versions(app, lease)
    if lease.intent_memory_mb is not None and publisher_may_run and app.now() < lease.intent_until_s:
        raise CleanupIncomplete(
            f"A Publisher of run {run_id} may still be at work on {target_arn}; "
            f"the lease stays closed until it has ended."
        )
    app.leases.release(target_arn, run_id)
    return True


def delete_version(app: "App", target_arn: str, version: str) -> None:
    """Delete one of the run's versions, unless an alias of somebody else points to it now."""
    try:
        when_settled(lambda: app.functions.delete_version(target_arn, version), app.sleep)
    except VersionInUse:
        return
    except UpdateInProgress as error:
        raise CleanupIncomplete(f"{target_arn}:{version} cannot be deleted yet: {error}") from error


def _delete_versions(app: "App", lease: Lease) -> None:
    versions = set(lease.versions.values())
    if lease.intent_memory_mb is not None:
        versions |= set(app.functions.versions_described(lease.target_arn, lease.marker))
    for version in sorted(versions, key=int):
        delete_version(app, lease.target_arn, version)
