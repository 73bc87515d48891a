"""CleanUpOnError: record that the run failed, and undo what it did to its target.

Called by the state machine's Catch, and by the status-change event of an execution that was stopped or timed out.
"""

from power_tuner.app import App
from power_tuner.entry import Context, Event, Json, entry_point
from power_tuner.steps.clean_up_on_error import CleanUpOnError
from power_tuner.tuning.iso_time import iso_time


@entry_point
def handler(app: App, event: Event, _context: Context) -> Json:
    """Return the error that the execution fails with."""
    error = event["error"]
    return CleanUpOnError(app).clean_up(
        event["runId"],
        event["executionArn"],
        _started_at(event),
        error=error["Error"],
        cause=error.get("Cause", ""),
    )


def _started_at(event: Event) -> str:
    """Return when the execution started: the state machine writes it as text, its event in milliseconds."""
    if "startedAt" in event:
        return str(event["startedAt"])
    return iso_time(event["startedAtMs"] / 1000)
