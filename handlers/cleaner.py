"""Cleaner: delete what was published, release the lease."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.cleaner import Cleaner


@entry_point
def handler(app: App, event: Event, _context: Context) -> dict[str, bool]:
    """Undo everything that the run did to its target."""
    return {"released": Cleaner(app).clean_up(event["targetArn"], event["runId"])}
