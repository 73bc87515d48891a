"""Canary: look at a new version that gets a share of an alias's calls, or take it back.

Called by the state machine, and by the status-change event of an execution that was stopped or timed out.
"""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.canary import Canary, Look


@entry_point
def handler(app: App, event: Event, _context: Context) -> Look | None:
    """Look at the canary of a run; with an error, or the end of an execution, take it back."""
    if "status" in event:
        Canary(app).stopped(event["executionArn"], event["status"])
        return None
    if "error" in event:
        Canary(app).give_up(event["runId"], event["error"]["Error"])
        return None
    return Canary(app).look(event["runId"])
