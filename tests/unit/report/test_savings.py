"""Savings: what a decision is worth in a month."""

import pytest

from power_tuner.report.savings import DAYS_PER_MONTH, saving_of
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
