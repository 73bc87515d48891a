"""Publisher: publish a version for each memory size, as many as the time allows."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, Json, entry_point, remaining_s
from power_tuner.steps.publisher import Publisher


@entry_point
def handler(app: App, event: Event, context: Context) -> Json:
    """Publish versions; IsCountReached calls again unless ``done``."""
    batches = event["round"]["batches"]
    published = Publisher(app).publish(event["targetArn"], event["runId"], batches, remaining_s(context))
    return {**published, "calls": event["calls"] + 1}
