"""Publisher: publish a version for each memory size, as many as the time allows."""

from msgspec import convert, to_builtins

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point, remaining_s
from power_tuner.steps.publisher import Publisher
from power_tuner.tuning.round import Round


@entry_point
def handler(app: App, event: Event, context: Context) -> dict[str, object]:
    """Publish versions; IsCountReached calls again unless ``done``."""
    measured = convert(event["round"], Round, str_keys=True)
    published = Publisher(app).publish(event["targetArn"], event["runId"], measured, remaining_s(context))
    return {**to_builtins(published), "calls": event["calls"] + 1}
