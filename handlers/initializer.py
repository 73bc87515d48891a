"""Initializer: one input becomes one validated run that holds the lease on its target."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.initializer import Execution, Initializer, StartedRun


@entry_point
def handler(app: App, event: Event, _context: Context) -> StartedRun:
    """Begin a run; a bad input is refused before anything is touched."""
    execution = Execution(run_id=event["runId"], arn=event["executionArn"], started_at=event["startedAt"])
    return Initializer(app).initialize(event["input"], execution)
