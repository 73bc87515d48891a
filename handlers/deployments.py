"""Deployments: one event of the default bus becomes a run for each enrolled function that it deployed."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.deployments import Deployments


@entry_point
def handler(app: App, event: Event, _context: Context) -> dict[str, list[str]]:
    """Start runs, or record why none is started."""
    return Deployments(app).on_event(event)
