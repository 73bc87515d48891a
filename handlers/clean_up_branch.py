"""CleanUpBranch: record why a branch failed, and delete its version; the other branches continue."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.clean_up_branch import CleanUpBranch


@entry_point
def handler(app: App, event: Event, _context: Context) -> dict[str, object]:
    """Return the outcome of the branch."""
    error = event["error"]
    outcome = CleanUpBranch(app).clean_up(
        event["runId"],
        event["targetArn"],
        event["powerValue"],
        event["version"],
        error=error["Error"],
        cause=error.get("Cause", ""),
    )
    return {"powerValue": event["powerValue"], "outcome": outcome}
