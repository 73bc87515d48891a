"""Fleet: the enrolled targets, a page at a time; then the page about all functions."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.fleet import Fleet


@entry_point
def handler(app: App, event: Event, _context: Context) -> dict[str, object]:
    """Return the next page of targets, IsFleetChecked calls again unless ``done``; FleetPage asks for the page."""
    if event.get("write") == "page":
        return {"page": Fleet(app).write_page()}
    page = Fleet(app).page(int(event.get("next", 0)))
    return {
        "targets": [{"targetArn": arn} for arn in page.target_arns],
        "maxConcurrentChecks": app.settings.max_concurrent_checks,
        "next": page.following,
        "done": page.last,
    }
