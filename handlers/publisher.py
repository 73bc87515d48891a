"""Publisher: a version for each power value, as many as the time allows."""

from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point, remaining_s


@entry_point
def handler(event: Event, context: Context) -> dict[str, Any]:
    """Publish versions; ``done`` tells IsCountReached whether to call again."""
    published = wiring.publishing().publish(event["targetArn"], event["runId"], remaining_s(context))
    return {**published, "calls": event["calls"] + 1}
