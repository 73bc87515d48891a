"""Record: result, report and item of a run that completed."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.record import Record, Recorded


@entry_point
def handler(app: App, event: Event, _context: Context) -> Recorded:
    """Return the execution's output and the completion event's detail.

    With ``replay``, the run has failed because its result could not be recorded before.
    """
    return Record(app).record(event["runId"], late=event.get("replay") is True)
