"""Janitor: finish the cleanup of runs that left a lease behind."""

from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.cleaning import Cleaning
from power_tuner.steps.sweeping import Sweeping


@entry_point
def handler(_event: Event, _context: Context) -> dict[str, Any]:
    """Clean up after every run that ended without doing so; what is not done yet stays for the next time."""
    cleaning = Cleaning(wiring.functions(), wiring.leases(), wiring.now, wiring.sleep)
    return Sweeping(wiring.leases(), wiring.executions(), cleaning, wiring.now).sweep()
