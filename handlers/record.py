"""Record: result, report and item of a run that completed."""

from typing import Any

from power_tuner import metrics, wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.record import Recording


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """Record the result; returns the execution's output and the completion event's detail.

    With ``replay`` it is that of a run that failed because it could not be recorded.
    """
    recording = Recording(wiring.documents(), wiring.history(), wiring.now, wiring.settings().retention_s)
    recorded = recording.record_completed(event["runId"], late=event.get("replay") is True)
    comparison = recorded["event"]["comparison"]
    if comparison is not None:
        metrics.percent(metrics.COST_CHANGE, comparison["costChange"], wiring.settings().event_bus_name)
    return recorded
