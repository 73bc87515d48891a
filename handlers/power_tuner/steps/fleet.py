"""Return the enrolled targets, a page at a time; write the page about all functions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner import metrics
from power_tuner.operations.tuned_fleet import tuned_fleet
from power_tuner.report.fleet_page import render_fleet
from power_tuner.survey.nightly import NightlySurvey
from power_tuner.tuning.iso_time import iso_time

if TYPE_CHECKING:
    from power_tuner.app import App

# A state holds 256 KB; an ARN and its outcome take some 400 bytes.
PAGE = 250


@dataclass(frozen=True, slots=True)
class FleetPage:
    """A page of the enrolled targets.

    Attributes:
        target_arns: unqualified, in order.
        following: the number of the target that the next page begins with.
        last: whether there are no more.
    """

    target_arns: tuple[str, ...]
    following: int
    last: bool


@dataclass(frozen=True, slots=True)
class Fleet:
    """The step Fleet."""

    app: "App"

    def page(self, first: int) -> FleetPage:
        """Return a page of the enrolled targets, from a number on."""
        arns = sorted(target_arn for target_arn, _ in self.app.profiles.enrolled())
        page = tuple(arns[first : first + PAGE])
        following = first + len(page)
        return FleetPage(page, following, following >= len(arns))

    def write_page(self, survey: NightlySurvey | None = None) -> str:
        """Write the page, count its totals, and return its key; the reports lie beside it.

        Args:
            survey: of the functions that are not enrolled.
        """
        app = self.app
        fleet = tuned_fleet(app)
        totals = fleet.main_totals
        if totals is not None:
            for name, amount in (
                (metrics.SAVINGS_OPEN, totals.open),
                (metrics.SAVINGS_APPLIED, totals.applied),
                (metrics.FLEET_COST, totals.cost_now),
                (metrics.TUNING_COST, totals.tuning_cost),
            ):
                app.metrics.amount(name, amount)
        page = render_fleet(fleet, iso_time(app.now()), lambda run: run.report_key, survey)
        return app.documents.save_fleet_page(page)
