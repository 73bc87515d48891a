"""Analyzer: statistics and decision."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, Json, entry_point
from power_tuner.steps.analyzer import Analyzer


@entry_point
def handler(app: App, event: Event, _context: Context) -> Json:
    """Analyze the samples; IsDecided measures another round unless ``done``."""
    return Analyzer(app).analyze(
        event["targetArn"], event["runId"], event["round"]["number"], publisher_calls=event["publisherCalls"]
    )
