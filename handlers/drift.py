"""Drift: compare one enrolled target with its baseline."""

from power_tuner.app import App
from power_tuner.automation.drift import DriftCheck
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.drift import Drift


@entry_point
def handler(app: App, event: Event, _context: Context) -> DriftCheck:
    """Check the target; if it drifted, emit an event and start a run."""
    return Drift(app).check(event["targetArn"])
