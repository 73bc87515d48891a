"""Analyzer: statistics and decision."""

from typing import Any

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.analyzer import Analyzer


@entry_point
def handler(app: App, event: Event, _context: Context) -> dict[str, Any]:
    """Analyze the samples; IsDecided measures another round unless ``done``."""
    return Analyzer(app).analyze(
        event["targetArn"], event["runId"], event["round"]["number"], publisher_calls=event["publisherCalls"]
    )
