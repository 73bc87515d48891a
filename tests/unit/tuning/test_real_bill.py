"""What production really pays."""

import random
from typing import Any

import pytest
from msgspec.structs import replace

from power_tuner.report.savings import saving_of
from power_tuner.tuning.pricing import prices_for
from power_tuner.tuning.production import Production, summed_up
from power_tuner.tuning.real_bill import DAYS_PER_MONTH, RealBill, WayOut, real_bill_of
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.result import Comparison
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.snap_start import can_snap_start
from power_tuner.tuning.target import Target
from run_items import completed_run

ARN = "arn:aws:lambda:us-east-1:123456789012:function:thumbnailer"
WEEK_S = 7 * 86_400
PRICES = prices_for("us-east-1", "x86_64")


def traffic(calls: int, cold_share: float, duration_ms: float = 80.0, memory_mb: int = 1024) -> list[Report]:
    """Return calls whose payloads differ, a share of them cold."""
    chance = random.Random(11)  # noqa: S311 - a test's noise
    found = []
    for _ in range(calls):
        took_ms = duration_ms * chance.lognormvariate(0, 0.6)
        init_ms = chance.uniform(300, 500) if chance.random() < cold_share else None
        found.append(Report(took_ms, int(took_ms + (init_ms or 0)) + 1, init_ms=init_ms, memory_mb=memory_mb))
    return found


def plan(reports: list[Report], *, complete: bool = True, runtime: str = "python3.13") -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:us-east-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=Target(ARN, "thumbnailer", "us-east-1", "x86_64", runtime, "code-1", 1024, 1024, 30),
        run_input=parse_run_input({"lambdaARN": ARN}, (512, 1024)),
        production=Production(since_s=0, until_s=WEEK_S, complete=complete, sizes=summed_up(reports)),
    )


def bill(reports: list[Report], **changes: Any) -> RealBill:
    half = Comparison(current_memory_mb=1024, cost_change=-0.5, duration_change=0.1)
    found = real_bill_of(plan(reports, **changes), half)
    assert found
    return found


def way_out(found: RealBill, name: str) -> WayOut:
    return next(each for each in found.ways_out if each.name == name)


def test_a_month_is_what_all_report_lines_say() -> None:
    """The week's bill, line by line, at a month's length; the decision halves it."""
    reports = traffic(5000, 0.06)
    week_usd = sum(PRICES.per_ms(1024) * each.billed_ms + PRICES.request for each in reports)
    found = bill(reports)

    assert found.month_usd
    assert found.month_usd == pytest.approx(week_usd / 7 * DAYS_PER_MONTH, rel=1e-9)
    assert found.month_after_usd == pytest.approx(found.month_usd / 2)


def test_savings_are_those_of_the_real_bill() -> None:
    """Within 3 % of the bill of all REPORT lines, though the run's payload was ten times cheaper."""
    reports = traffic(5000, 0.06)
    week_usd = sum(PRICES.per_ms(1024) * each.billed_ms + PRICES.request for each in reports)
    run = completed_run(cost_usd=1e-7, cost_change=-0.5)
    saving = saving_of(replace(run, production_call_usd=bill(reports).call_usd), 5000, 7)

    assert saving
    assert saving.cost_before == pytest.approx(week_usd / 7 * DAYS_PER_MONTH, rel=0.03)
    assert saving.saved == pytest.approx(saving.cost_before / 2)


def test_parts_of_a_window_tell_the_price_of_a_call_and_no_month() -> None:
    """How many there are is for CloudWatch's metrics to say."""
    found = bill(traffic(500, 0.06), complete=False)

    assert found.call_usd > 0
    assert (found.month_usd, found.calls_at_once, found.ways_out) == (None, None, ())


def test_too_few_calls_tell_nothing() -> None:
    """Nor do those at another memory size."""
    assert real_bill_of(plan(traffic(10, 0)), None) is None
    assert real_bill_of(plan(traffic(500, 0, memory_mb=512)), None) is None


def test_provisioned_concurrency_costs_money_where_a_sandbox_is_idle() -> None:
    """A GB for a month costs 10.96 USD; 5,000 short calls a week spare far less."""
    found = way_out(bill(traffic(5000, 0.06)), "provisioned concurrency")

    assert found.costs_usd == pytest.approx(30.4375 * 86_400 * 0.0000041667, rel=0.001)
    assert not found.pays_off


def test_provisioned_concurrency_pays_off_where_a_sandbox_is_busy() -> None:
    """Where one call runs at any time, its milliseconds are cheaper by more than the sandbox costs."""
    found = way_out(bill(traffic(1000, 0.0, duration_ms=WEEK_S)), "provisioned concurrency")

    assert found.pays_off


def test_snap_start_is_weighed_where_a_runtime_has_it() -> None:
    """Its cache costs 3.96 USD for a GB and month, and nothing for Java."""
    reports = traffic(5000, 0.06)
    python, java, node = (bill(reports, runtime=runtime) for runtime in ("python3.13", "java21", "nodejs22.x"))

    assert way_out(python, "SnapStart").costs_usd > 3.95
    assert (way_out(java, "SnapStart").costs_usd, way_out(java, "SnapStart").pays_off) == (0.0, True)
    assert [each.name for each in node.ways_out] == ["provisioned concurrency"]


@pytest.mark.parametrize(
    ("runtime", "can"),
    [("java11", True), ("java8.al2", False), ("python3.12", True), ("python3.9", False), ("dotnet8", True)],
)
def test_snap_start_knows_runtimes_from_a_version_on(runtime: str, can: bool) -> None:  # noqa: FBT001
    """Java 11, Python 3.12 and .NET 8."""
    assert can_snap_start(runtime) is can
