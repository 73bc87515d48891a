"""Look at the whole fleet: history, enrolment, and what production invokes."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from power_tuner.report.fleet import Fleet, fleet_of, names_of
from power_tuner.tuning.tuned_functions import tuned_functions

if TYPE_CHECKING:
    from power_tuner.app import App

DAYS = 30


def tuned_fleet(app: "App", days: int = DAYS) -> Fleet:
    """Return every function that was tuned, at the rate of invocations of the last days."""
    tuned = tuned_functions(app.history.of_status("completed"))
    now = datetime.fromtimestamp(app.now(), UTC)
    invocations = app.daily_metrics.invocations(names_of(tuned.values()), days, now)
    return fleet_of(tuned, invocations, {arn for arn, _ in app.profiles.enrolled()}, days)
