"""Record: result, report and item of a run that completed."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, Json, entry_point
from power_tuner.steps.record import Record


@entry_point
def handler(app: App, event: Event, _context: Context) -> Json:
    """Return the execution's output and the completion event's detail.

    With ``replay``, the run has failed because its result could not be recorded before.
    """
    return Record(app).record(event["runId"], late=event.get("replay") is True)
