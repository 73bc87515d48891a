"""The page that a check of the fleet leaves behind, and its totals."""

import pytest
from msgspec.structs import replace

from fleets import PREFIX
from power_tuner import metrics
from power_tuner.steps.fleet import Fleet
from power_tuner.survey.nightly import NightlySurvey, WorthALook
from power_tuner.tuning.real_bill import DAYS_PER_MONTH
from run_items import APPLIED, completed_run, failed_run
from world import World

MONTH = 1_000_000 / 30 * DAYS_PER_MONTH * 1e-6


def tuned_world() -> World:
    """Return a world with a decision that is applied, one that is not, and a failed run."""
    world = World()
    for name, applied in (("a", APPLIED), ("b", None)):
        run = completed_run(f"run-{name}", target_arn=PREFIX + name, target_name=name, cost_usd=1e-6, cost_change=-0.5)
        world.history.record(run)
        if applied:
            world.history.note_applied(run.key, applied)
        world.daily_metrics.counted["Invocations", name] = {"2026-11-20": 1_000_000.0}
    world.history.record_failure(failed_run("run-c"))
    return world


def test_the_page_lies_beside_the_reports() -> None:
    """So that its links lead there, wherever the bucket's objects are copied."""
    world = tuned_world()

    key = Fleet(world.app).write_page()

    assert "fleet.html" == key
    assert '"reports/run-a.html"' in world.documents.objects[key]
    assert '"reports/run-b.html"' in world.documents.objects[key]


def test_the_dashboard_gets_the_totals_of_the_page() -> None:
    """What can be saved, what is saved, what it costs now, what tuning cost."""
    world = tuned_world()

    Fleet(world.app).write_page()

    assert {
        metrics.SAVINGS_OPEN: pytest.approx(MONTH),
        metrics.SAVINGS_APPLIED: pytest.approx(MONTH),
        metrics.FLEET_COST: pytest.approx(3 * MONTH),
        metrics.TUNING_COST: pytest.approx(0.0024),
    } == dict(world.metrics.noted)


def test_a_fleet_without_runs_has_a_page_and_no_totals() -> None:
    """Nothing is not zero."""
    world = World()

    assert "No function has been tuned yet." in world.documents.objects[Fleet(world.app).write_page()]
    assert [] == world.metrics.noted


def test_a_run_that_cannot_be_read_does_not_keep_the_page_from_the_others() -> None:
    """The page has all that can be read, and says which is left out."""
    world = tuned_world()
    world.history.damaged = "The run run-x of resizer in the stack's table cannot be read: Expected `int`"

    text = world.documents.objects[Fleet(world.app).write_page()]

    assert '"reports/run-a.html"' in text
    assert "The run run-x of resizer" in text


def test_the_page_tells_what_else_is_worth_a_look() -> None:
    """Functions of the survey, without those that were tuned already."""
    world = tuned_world()
    found = WorthALook(
        target_arn=PREFIX + "a",
        memory_mb=2048,
        cost=90.0,
        saved=(40.0, 10.0, 60.0),
        stands="open",
        run_cost=0.02,
        currency="USD",
    )
    others = (replace(found, target_arn=PREFIX + name) for name in ("<b>worth</b>", "short"))
    survey = NightlySurvey(functions=(found, *others), looked_at=7, known=3)

    text = world.documents.objects[Fleet(world.app).write_page(survey)]

    _, _, worth = text.partition("worth a look</h2>")
    assert worth.count('<th scope="row">') == 2
    assert "&lt;b&gt;worth&lt;/b&gt;" in worth
    assert "$40.00 ($10.00 to $60.00)" in worth


def test_the_page_says_that_there_was_no_survey() -> None:
    """And has all else."""
    world = tuned_world()

    text = world.documents.objects[Fleet(world.app).write_page(NightlySurvey(failed="FunctionForbidden"))]

    assert "There was no survey this time: FunctionForbidden." in text
    assert '"reports/run-a.html"' in text
