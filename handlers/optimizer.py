"""Optimizer: apply the decision of a completion event that asks for it."""

from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """Apply the decision in the event's detail."""
    return wiring.optimizing().apply(event["detail"])
