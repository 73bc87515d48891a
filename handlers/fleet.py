"""Fleet: the enrolled targets, a page at a time; the functions that ran longest; the page about all functions."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.errors import InvalidInput
from power_tuner.operations.surveying import busiest_functions
from power_tuner.steps.fleet import Fleet
from power_tuner.survey.nightly import read_nightly_survey

# Of an execution's ARN: arn:aws:states:region:account:execution:machine:name.
_COLONS = 7


@entry_point
def handler(app: App, event: Event, _context: Context) -> dict[str, object]:
    """Return the next page of targets, IsFleetChecked calls again unless ``done``.

    FleetBusiest asks for the functions that a survey is about, FleetPage for the page.
    """
    if event.get("write") == "page":
        return {"page": Fleet(app).write_page(read_nightly_survey(event.get("survey")))}
    if event.get("find") == "busiest":
        execution = event.get("execution")
        if not isinstance(execution, str) or not execution.startswith("arn:") or execution.count(":") < _COLONS:
            raise InvalidInput(field="execution", value=execution, allowed="the ARN of an execution")
        return {"candidates": busiest_functions(app, execution)}
    first = event.get("next", 0)
    if not isinstance(first, int) or first < 0:
        raise InvalidInput(field="next", value=first, allowed="the number of a target")
    page = Fleet(app).page(first)
    return {
        "targets": [{"targetArn": arn} for arn in page.target_arns],
        "maxConcurrentChecks": app.settings.max_concurrent_checks,
        "next": page.following,
        "done": page.last,
    }
