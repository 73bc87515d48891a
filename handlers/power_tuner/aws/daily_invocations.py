"""How many invocations all runs of a day set out to make, as one item a day."""

from collections.abc import Callable

from power_tuner.aws import keys
from power_tuner.aws.item_table import ItemTable

# Kept for a few days more, for whoever asks.
_KEPT_S = 30 * 86_400
_HAS_ROOM = "attribute_not_exists(invocations) OR invocations <= :room"
_ADD = "SET invocations = if_not_exists(invocations, :none) + :asked, expiresAt = :expires"


class DynamoDailyInvocations:
    """One counter for each day, changed by single conditional writes.

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
