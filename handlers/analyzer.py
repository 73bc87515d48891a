"""Analyzer: statistics and decision."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.analyzer import Analyzer
from power_tuner.tuning.round import Round


@entry_point
def handler(app: App, event: Event, _context: Context) -> Round:
    """Analyze the samples; IsDecided measures another round unless ``done``."""
    return Analyzer(app).analyze(
        event["targetArn"], event["runId"], event["round"]["number"], publisher_calls=event["publisherCalls"]
    )
