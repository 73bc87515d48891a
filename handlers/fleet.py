"""Fleet: the enrolled targets, a page at a time; the functions that ran longest; the page about all functions."""

from msgspec import convert

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.operations.surveying import busiest_functions
from power_tuner.steps.fleet import Fleet
from power_tuner.survey.nightly import NightlySurvey


@entry_point
def handler(app: App, event: Event, _context: Context) -> dict[str, object]:
    """Return the next page of targets, IsFleetChecked calls again unless ``done``.

    FleetBusiest asks for the functions that a survey is about, FleetPage for the page.
    """
    if event.get("write") == "page":
        survey = convert(event.get("survey"), NightlySurvey | None)
        return {"page": Fleet(app).write_page(survey)}
    if event.get("find") == "busiest":
        return {"candidates": busiest_functions(app, event["execution"])}
    page = Fleet(app).page(int(event.get("next", 0)))
    return {
        "targets": [{"targetArn": arn} for arn in page.target_arns],
        "maxConcurrentChecks": app.settings.max_concurrent_checks,
        "next": page.following,
        "done": page.last,
    }
