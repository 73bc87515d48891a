"""Janitor: finish the cleanup of runs that left a lease behind."""

from typing import Any

from power_tuner import metrics, wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.operations.cleaning import Cleaning
from power_tuner.operations.failing import Failing
from power_tuner.steps.janitor import Sweeping


@entry_point
def handler(_event: Event, _context: Context) -> dict[str, Any]:
    """Clean up after every run that ended without doing so; what is not done yet stays for the next time."""
    cleaning = Cleaning(wiring.functions(), wiring.leases(), wiring.now, wiring.sleep)
    settings = wiring.settings()
    failing = Failing(wiring.history(), wiring.events(), wiring.now, settings.retention_s)
    swept = Sweeping(wiring.leases(), wiring.executions(), wiring.history(), cleaning, failing, wiring.now).sweep()
    stack = settings.event_bus_name
    metrics.count(metrics.LEASES_FINISHED, len(swept["finished"]), stack)
    metrics.count(metrics.LEASES_LEFT, len(swept["left"]), stack)
    return swept
