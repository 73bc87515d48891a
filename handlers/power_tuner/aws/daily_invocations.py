"""How many invocations a day has, as one item a day, and an account of each run: what it reserved of them, and used."""

from collections.abc import Callable

from power_tuner.aws import keys
from power_tuner.aws.item_table import ItemTable

# Kept for a few days more, for whoever asks.
_KEPT_S = 30 * 86_400
_HAS_ROOM = "attribute_not_exists(invocations) OR invocations <= :room"
_OPEN = "attribute_exists(PK) AND attribute_not_exists(closed)"
_RESERVE = (
    "SET used = if_not_exists(used, :none), reserved = if_not_exists(reserved, :none) + :asked, expiresAt = :expires"
)
_ADD = "SET invocations = if_not_exists(invocations, :none) + :asked, expiresAt = :expires"


class DynamoDailyInvocations:
    """A counter for each day and an account for each run, changed by single conditional writes.

    Whatever ends between two of these writes, the day has counted too much rather than too little.

    Args:
        table: the app's table.
        now: returns the epoch second.
    """

    def __init__(self, table: ItemTable, now: Callable[[], float]) -> None:
        self._table = table
        self._now = now

    def take(self, day: str, invocations: int, most: int) -> bool:
        """Count invocations that are about to be made, and return True; return False if the day has no room for all."""
        if invocations > most:
            return False
        values = {"none": 0, "asked": invocations, "room": most - invocations, "expires": int(self._now()) + _KEPT_S}
        return self._table.update(keys.daily_invocations(day), _ADD, _HAS_ROOM, **values) is not None

    def reserve(self, run_id: str, day: str, invocations: int, most: int) -> bool:
        """Take invocations for a run, and return True; return False if the day has no room for all."""
        if not self.take(day, invocations, most):
            return False
        values = {"none": 0, "asked": invocations, "expires": int(self._now()) + _KEPT_S}
        self._table.update(keys.run_invocations(run_id, day), _RESERVE, None, **values)
        return True

    def spend(self, run_id: str, day: str, invocations: int, most: int) -> bool:
        """Use what a run reserved of a day, take what is missing, and return True; False if the day has no room."""
        account = keys.run_invocations(run_id, day)
        found = self._table.update(account, "SET used = used + :asked", _OPEN, asked=invocations)
        if found is None:
            return self.take(day, invocations, most)
        missing = min(invocations, found["used"] - found["reserved"])
        if missing <= 0:
            return True
        if not self.take(day, missing, most):
            self.unspend(run_id, day, invocations)
            return False
        self._table.update(account, "SET reserved = reserved + :missing", _OPEN, missing=missing)
        return True

    def unspend(self, run_id: str, day: str, invocations: int) -> None:
        """Take back what a run was about to invoke, and did not."""
        self._table.update(keys.run_invocations(run_id, day), "SET used = used - :unused", _OPEN, unused=invocations)

    def close(self, run_id: str, day: str) -> None:
        """Give back what a run that has ended reserved of a day and did not use."""
        account = self._table.update(keys.run_invocations(run_id, day), "SET closed = :yes", _OPEN, yes=True)
        unused = account["reserved"] - account["used"] if account else 0
        if unused > 0:
            counter, fewer = keys.daily_invocations(day), "SET invocations = invocations - :unused"
            self._table.update(counter, fewer, "invocations >= :unused", unused=unused)
