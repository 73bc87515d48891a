"""Analyzer: statistics and decision."""

from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """Judge what was measured and keep the draft of the result."""
    wiring.analyzing().analyze(event["targetArn"], event["runId"], event["publisherCalls"])
    return {}
