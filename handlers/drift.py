"""Drift: is one enrolled target still what it was when it was tuned?"""

from typing import Any

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.drift import Drift


@entry_point
def handler(app: App, event: Event, _context: Context) -> dict[str, Any]:
    """Check the target; tell and start a run when it drifted."""
    return Drift(app).check(event["targetArn"])
