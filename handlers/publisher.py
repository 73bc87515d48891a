"""Publisher: a version for each power value, as many as the time allows."""

from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point, remaining_s
from power_tuner.steps.publisher import Publishing


@entry_point
def handler(event: Event, context: Context) -> dict[str, Any]:
    """Publish versions; ``done`` tells IsCountReached whether to call again."""
    publishing = Publishing(wiring.functions(), wiring.leases(), wiring.documents(), wiring.now, wiring.sleep)
    published = publishing.publish(event["targetArn"], event["runId"], event["round"]["batches"], remaining_s(context))
    return {**published, "calls": event["calls"] + 1}
