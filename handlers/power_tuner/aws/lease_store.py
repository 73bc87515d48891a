"""Leases as DynamoDB items; every change is one conditional write."""

from collections.abc import Callable, Iterator

from msgspec import ValidationError, convert, to_builtins
from msgspec.structs import replace

from power_tuner.aws import keys
from power_tuner.aws.item_table import Item, ItemTable, each_readable
from power_tuner.errors import DamagedItem, LeaseLost
from power_tuner.tuning.lease import LEASE_S, Lease

# An error quotes what it found, which may be as long as an item.
_MAX_REASON_CHARS = 200
_MINE_AND_ACTIVE = "runId = :run AND #phase = :active"


class DynamoLeases:
    """One lease item per target.

    Args:
        table: the app's table.
        now: returns the epoch second.
    """

    def __init__(self, table: ItemTable, now: Callable[[], float]) -> None:
        self._table = table
        self._now = now

    def take(self, lease: Lease) -> Lease | None:
        """Take the lease; return None if this run holds it now, else the lease of the holder."""
        free = f"attribute_not_exists(PK) OR ({_MINE_AND_ACTIVE})"
        if self._table.put(to_item(lease), free, run=lease.run_id, active="active"):
            return None
        holder = self.get(lease.target_arn)
        # The lease was released between the two calls: the caller may try again.
        return holder if holder is not None else self.take(lease)

    def get(self, target_arn: str) -> Lease | None:
        """Return the lease on a target, by a consistent read."""
        item = self._table.get(keys.lease(target_arn))
        return from_item(item) if item else None

    def renew(self, target_arn: str, run_id: str) -> Lease:
        """Extend an active lease and return it; LeaseLost if this run no longer holds it."""
        mine = {"run": run_id, "active": "active", "until": self._until_s()}
        item = self._table.update(keys.lease(target_arn), "SET untilS = :until", _MINE_AND_ACTIVE, **mine)
        if item is None:
            raise _lost(target_arn, run_id)
        return from_item(item)

    def save(self, lease: Lease) -> Lease:
        """Write an active lease, extend it and return it; LeaseLost if this run no longer holds it."""
        extended = replace(lease, until_s=self._until_s())
        if not self._table.put(to_item(extended), _MINE_AND_ACTIVE, run=lease.run_id, active="active"):
            raise _lost(lease.target_arn, lease.run_id)
        return extended

    def fence(self, target_arn: str, run_id: str) -> Lease | None:
        """Set this run's lease to closing, so that its functions stop, and return it; None if the run holds none."""
        closing = {"run": run_id, "closing": "closing"}
        item = self._table.update(keys.lease(target_arn), "SET #phase = :closing", "runId = :run", **closing)
        return from_item(item) if item else None

    def release(self, target_arn: str, run_id: str) -> None:
        """Delete this run's lease, if it exists."""
        self._table.delete(keys.lease(target_arn), "runId = :run", run=run_id)

    def held(self) -> Iterator[Lease]:
        """Yield all leases that can be read; then raise DamagedItem, which names the others."""
        return each_readable(self._table.indexed(keys.BY_DAY, keys.LEASES), from_item)

    def _until_s(self) -> int:
        return int(self._now()) + LEASE_S


def to_item(lease: Lease) -> Item:
    """Return a lease as an item."""
    return {**keys.lease(lease.target_arn), keys.BY_DAY.attribute: keys.LEASES, **to_builtins(lease, str_keys=True)}


def from_item(item: Item) -> Lease:
    """Read a lease from its item; DamagedItem if that cannot be read, or is of another target than its key says."""
    target_arn = keys.target_of(item)
    try:
        if item.get("originalMemoryMb"):
            # An earlier version of this app wrote leases like this; none lives longer than LEASE_S without renewal.
            original = item["originalMemoryMb"], item["originalFingerprint"], item["originalCodeSha256"]
            item = {**item, "original": dict(zip(("memoryMb", "fingerprint", "codeSha256"), original, strict=True))}
        lease = convert(item, Lease, str_keys=True)
    except (KeyError, ValidationError) as error:
        raise _damaged(target_arn, str(error)) from None
    if lease.target_arn != target_arn:
        raise _damaged(target_arn, "it says that it is of another function")
    return lease


def _damaged(target_arn: str, reason: str) -> DamagedItem:
    return DamagedItem(
        f"The lease on {target_arn} in the stack's table cannot be read: {reason[:_MAX_REASON_CHARS]}. See that the "
        "function's memory size and versions are what they should be, then delete the item."
    )


def _lost(target_arn: str, run_id: str) -> LeaseLost:
    return LeaseLost(f"Run {run_id} no longer holds the lease on {target_arn}: it was stopped, or it expired.")
