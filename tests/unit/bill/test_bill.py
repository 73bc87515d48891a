"""The bill in docs/cost.md."""

import json
from pathlib import Path

import pytest

from bill.lines import Standing, lines, of_fleet, of_one, snap_start_usd, usd_of
from bill.scenes import MEMORIES_MB, NUM
from bill.table import inserted, standing_of, table
from power_tuner.tuning.transitions import Work, count_transitions

ROOT = Path(__file__).parents[3]
RECORDED = json.loads((ROOT / "infrastructure" / "bill" / "recorded.json").read_text("utf-8"))
STANDING = Standing(alarms=6, dashboards=1, metrics=13)


def test_the_document_follows_from_what_was_recorded() -> None:
    """`make bill` wrote it; the template's alarms and the prices are those of now."""
    document = (ROOT / "docs" / "cost.md").read_text("utf-8")

    assert inserted(document, table(RECORDED, standing_of(ROOT / "template.yaml"))) == document


def test_what_was_recorded_is_the_run_of_today() -> None:
    """A run whose state machine takes more transitions, or invokes more, must be recorded anew."""
    sizes = len(MEMORIES_MB)
    work = Work(
        rounds=1, publisher_calls=1, branches=sizes, executor_calls=sizes, finished_batches=sizes, first_tries=1
    )

    assert count_transitions(work) == RECORDED["classic"]["transitions"]
    assert sizes * NUM == RECORDED["classic"]["target_requests"]


def test_every_counter_is_on_the_bill() -> None:
    """Nothing that was counted is forgotten: it is a line, or a line follows from it."""
    derived = {"target_mb_ms", "own_mb_ms", "s3_bytes", "table_bytes", "log_bytes"}

    assert set() == {name for usage in RECORDED.values() for name in usage} - lines().keys() - derived


def test_a_run_costs_what_it_used() -> None:
    """Amounts times list prices; what it stores, as long as that is kept."""
    usd = usd_of(of_one({"transitions": 40, "own_mb_ms": 512 * 2000, "s3_bytes": 1024**3, "log_bytes": 1024**3}))

    assert pytest.approx(0.001) == usd["transitions"]
    assert pytest.approx(0.0000133334) == usd["own_gb_s"]
    assert pytest.approx(12 * 0.023) == usd["s3_gb_months"]
    assert pytest.approx(0.5) == usd["log_gb"]
    assert pytest.approx(0.03 * 7 / 30) == usd["log_gb_months"]


def test_a_fleet_costs_runs_checks_and_what_stands() -> None:
    """A thousand runs, thirty nights of a thousand checks, the janitor every five minutes, alarms and dashboard."""
    one = {"own_requests": 1}
    amounts = of_fleet({"smart": one, "check": one, "night": one, "janitor": one}, STANDING)

    assert 1000 + 30 * 1000 + 30 + 8640 == amounts["own_requests"]
    assert (6, 1, 13) == tuple(amounts[f"{what}_months"] for what in ("alarm", "dashboard", "metric"))
    assert 30 + 8640 == amounts["schedules"]
    assert pytest.approx(0.6 + 3 + 3.9) == sum(
        usd_of(amounts)[f"{what}_months"] for what in ("alarm", "dashboard", "metric")
    )


def test_snapshots_cost_more_than_the_run() -> None:
    """Three hours of each version, and a restore."""

    assert pytest.approx(6.3125 * (10800 * 0.0000015046 + 0.0001397998)) == snap_start_usd(MEMORIES_MB)


def test_the_standing_costs_are_of_the_template() -> None:
    """As they are counted in it."""

    assert STANDING == standing_of(ROOT / "template.yaml")
