"""Janitor: finish the cleanup of runs that left a lease behind."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.janitor import Janitor


@entry_point
def handler(app: App, _event: Event, _context: Context) -> dict[str, list[str]]:
    """Clean up after every run that ended without doing so; what cannot be cleaned up yet is left for the next call."""
    return Janitor(app).clean_up()
