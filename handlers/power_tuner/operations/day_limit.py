"""The stack's limit on the invocations of a day (UTC), all runs and drift checks together.

A run reserves what it sets out to invoke before it touches anything. Each call of the Executor notes what it is about
to invoke before it does: first of what its run reserved, then, for what has to be repeated, of the day. What the run
did not use is given back when it has ended.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from power_tuner.errors import DayLimitReached
from power_tuner.tuning.iso_time import iso_time

if TYPE_CHECKING:
    from power_tuner.app import App


def reserve_invocations(app: "App", run_id: str, invocations: int) -> bool:
    """Reserve invocations of the day for a run, and return True; return False if the day has no room for all."""
    most = app.settings.max_invocations_per_day
    return most == 0 or app.daily_invocations.reserve(run_id, _today(app), invocations, most)


def require_reserved(app: "App", run_id: str, invocations: int) -> None:
    """Reserve invocations of the day for a run.

    Raises:
        DayLimitReached: the day has no room for all of them.
    """
    if not reserve_invocations(app, run_id, invocations):
        raise _reached(app, f"This run needs {invocations} invocations")


def require_invocations(app: "App", invocations: int) -> None:
    """Count invocations that a check is about to make.

    Raises:
        DayLimitReached: the day has no room for all of them.
    """
    most = app.settings.max_invocations_per_day
    if most and not app.daily_invocations.take(_today(app), invocations, most):
        raise _reached(app, f"This check needs {invocations} invocations")


def close_account(app: "App", run_id: str) -> None:
    """Give back what a run that has ended did not use of the day."""
    if app.settings.max_invocations_per_day:
        app.daily_invocations.close(run_id, _today(app))


@dataclass(slots=True)
class Allowance:
    """What one call of the Executor may still invoke; it is counted before it is invoked, and the rest given back.

    Attributes:
        run_id: whose share of the day it is.
        expected: how many the call expects to invoke.
    """

    app: "App"
    run_id: str
    expected: int
    _left: int = field(default=0, init=False)
    _day: str = field(default="", init=False)

    def __enter__(self) -> Self:
        self._ask(self.expected)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._left:
            self.app.daily_invocations.unspend(self.run_id, self._day, self._left)

    def require(self, invocations: int) -> None:
        """Take what is missing for so many, of the run's share, or else of the day.

        Raises:
            DayLimitReached: the day has no room for it.
        """
        if not self._ask(invocations):
            raise _reached(self.app, f"This run needs {invocations - self._left} more invocations")

    def use(self, invocations: int) -> None:
        """Note that so many were invoked."""
        self._left = max(0, self._left - invocations)

    def _ask(self, invocations: int) -> bool:
        most, today = self.app.settings.max_invocations_per_day, _today(self.app)
        if most == 0:
            return True
        if self._day != today:
            self._left, self._day = 0, today
        missing = invocations - self._left
        if missing > 0:
            if not self.app.daily_invocations.spend(self.run_id, today, missing, most):
                return False
            self._left += missing
        return True


def _reached(app: "App", what: str) -> DayLimitReached:
    return DayLimitReached(
        f"{what}, and the stack's parameter maxInvocationsPerDay ({app.settings.max_invocations_per_day}) leaves fewer "
        f"for {_today(app)} (UTC). Ask for less, wait a day, or let whoever deploys the stack raise it."
    )


def _today(app: "App") -> str:
    return iso_time(app.now()).partition("T")[0]
