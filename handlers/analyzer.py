"""Analyzer: statistics and decision."""

from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.analyzer import Analyzing


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """Judge what was measured; ``done`` tells IsDecided whether to measure another round."""
    analyzing = Analyzing(
        functions=wiring.functions(),
        leases=wiring.leases(),
        documents=wiring.documents(),
        now=wiring.now,
        sleep=wiring.sleep,
        visualization_url=wiring.settings().visualization_url,
    )
    return analyzing.analyze(
        event["targetArn"], event["runId"], event["round"]["number"], publisher_calls=event["publisherCalls"]
    )
