"""The stack's limit on the invocations of a day, all runs and drift checks together."""

from typing import TYPE_CHECKING

from power_tuner.errors import DayLimitReached
from power_tuner.tuning.iso_time import iso_time

if TYPE_CHECKING:
    from power_tuner.app import App


def take_invocations(app: "App", invocations: int) -> bool:
    """Count invocations that are about to be made, and return True; return False if the day (UTC) has no room for all.

    What is counted is not given back: a run that ends early, or a step that is repeated, leaves less for the day.
    """
    most = app.settings.max_invocations_per_day
    return most == 0 or app.daily_invocations.take(_today(app), invocations, most)


def require_invocations(app: "App", invocations: int, what: str) -> None:
    """Count invocations that are about to be made.

    Raises:
        DayLimitReached: the day has no room for all of them.
    """
    if not take_invocations(app, invocations):
        raise DayLimitReached(
            f"{what} needs {invocations} invocations, and the stack's parameter maxInvocationsPerDay "
            f"({app.settings.max_invocations_per_day}) leaves fewer for {_today(app)} (UTC). Ask for less, wait a "
            "day, or let whoever deploys the stack raise it."
        )


def _today(app: "App") -> str:
    return iso_time(app.now()).partition("T")[0]
