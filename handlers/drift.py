"""Drift: compare one enrolled target with its baseline."""

from typing import Any

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.drift import Drift


@entry_point
def handler(app: App, event: Event, _context: Context) -> dict[str, Any]:
    """Check the target; if it drifted, emit an event and start a run."""
    return Drift(app).check(event["targetArn"])
