"""Savings: what a decision is worth in a month."""

import pytest

from power_tuner.report.savings import (
    WINDOW_DAYS,
    Usage,
    realised_of,
    saving_of,
    windows_around,
)
from power_tuner.tuning.pricing import prices_for
from power_tuner.tuning.real_bill import DAYS_PER_MONTH
from run_items import completed_run


def test_a_saving_is_the_difference_of_the_invocations_cost() -> None:
    """A million invocations in a month, each 20 % cheaper than 10 per million."""
    saving = saving_of(completed_run(cost_usd=8e-6, cost_change=-0.2), 1_000_000, DAYS_PER_MONTH)

    assert saving
    assert (10.0, 8.0, 2.0) == pytest.approx((saving.cost_before, saving.cost_after, saving.saved))


def test_days_are_scaled_to_a_month() -> None:
    """A day's invocations are a month's thirtieth."""
    saving = saving_of(completed_run(cost_usd=1e-6, cost_change=0.25), 1000, 1)

    assert saving
    assert 1000 * DAYS_PER_MONTH == saving.invocations
    assert saving.saved < 0


def test_a_decision_may_cost_next_to_nothing() -> None:
    """Twice the invocations in two days are the same in a month, and 75 % less is a quarter."""
    saving = saving_of(completed_run(cost_usd=2e-6, cost_change=-0.75), 2000, 2)

    assert saving
    assert (30437.5, 0.2435, 0.060875) == pytest.approx((saving.invocations, saving.cost_before, saving.cost_after))


@pytest.mark.parametrize(
    ("cost_usd", "cost_change"), [(None, None), (1e-6, None), (None, -0.2), (1e-6, -1.0), (1e-6, -1.5)]
)
def test_what_was_not_compared_saves_nothing_known(cost_usd: float | None, cost_change: float | None) -> None:
    """Without a measurement of the memory before, nobody knows."""
    assert saving_of(completed_run(cost_usd=cost_usd, cost_change=cost_change), 1000, 30) is None


def test_realised_is_the_difference_of_what_was_billed() -> None:
    """A million calls of 100 ms at 1024 MB, then of 150 ms at 512 MB: the GB-seconds fall by a quarter."""
    prices = prices_for("eu-west-1", "arm64")
    before, after = Usage(10, 1e6, 1e8), Usage(5, 1e6, 1.5e8)

    realised = realised_of(1024, 512, before, after, prices)

    assert realised
    assert pytest.approx(1e6 / 5 * DAYS_PER_MONTH * 0.025 * prices.gb_second) == realised.saved_per_month
    assert pytest.approx(0.5) == realised.duration_change


@pytest.mark.parametrize(
    ("before", "after"),
    [(Usage(14, 0, 0), Usage(3, 5, 5)), (Usage(14, 5, 5), Usage(3, 0, 0)), (Usage(14, 5, 5), Usage(0, 0, 0))],
)
def test_nothing_is_realised_without_invocations_before_and_after(before: Usage, after: Usage) -> None:
    """Nobody knows yet."""
    assert realised_of(1024, 512, before, after, prices_for("eu-west-1", "arm64")) is None


def test_windows_leave_out_the_day_itself_and_today() -> None:
    """A day that had both memory sizes, or is not over, says nothing."""
    sums = {f"2026-11-{day:02}": (1.0, 10.0) for day in range(1, 31)}

    before, after = windows_around("2026-11-20", "2026-11-23", sums)

    assert (Usage(WINDOW_DAYS, 14, 140), Usage(2, 2, 20)) == (before, after)


def test_a_day_without_invocations_counts_as_a_day() -> None:
    """CloudWatch has no point for it; the rate of invocations is of all days."""
    _, after = windows_around("2026-11-01", "2026-11-30", {"2026-11-02": (14.0, 1.0), "2026-11-29": (99.0, 1.0)})

    assert Usage(WINDOW_DAYS, 14, 1) == after
