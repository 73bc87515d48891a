"""Look at the whole fleet: history, enrolment, and what production invokes."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from power_tuner.errors import DamagedItem
from power_tuner.report.fleet import Fleet, fleet_of, names_of
from power_tuner.tuning.tuned_functions import tuned_functions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from power_tuner.app import App
    from power_tuner.tuning.run_item import RunItem

DAYS = 30


def tuned_fleet(app: "App", days: int = DAYS) -> Fleet:
    """Return every function that was tuned, at the rate of invocations of the last days."""
    runs, damaged = readable(app.history.each_of_status("completed"))
    tuned = tuned_functions(runs)
    now = datetime.fromtimestamp(app.now(), UTC)
    invocations = app.daily_metrics.invocations(names_of(tuned.values()), days, now)
    fleet = fleet_of(tuned, invocations, {arn for arn, _ in app.profiles.enrolled()}, days)
    return replace(fleet, damaged=damaged)


def readable(runs: "Iterable[RunItem]") -> "tuple[list[RunItem], tuple[str, ...]]":
    """Return the runs whose items can be read, and what is said of the others."""
    found: list[RunItem] = []
    try:
        for run in runs:
            found.append(run)  # noqa: PERF402 - what was yielded before the error is wanted
    except DamagedItem as error:
        return found, tuple(str(error).splitlines())
    return found, ()
