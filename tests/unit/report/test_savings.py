"""Savings: what a decision is worth in a month."""

from typing import Any

import pytest

from power_tuner.report.savings import DAYS_PER_MONTH, applied, saving_of


def test_a_saving_is_the_difference_of_the_invocations_cost() -> None:
    """A million invocations in a month, each 20 % cheaper than 10 per million."""
    saving = saving_of({"costUsd": 8e-6, "costChange": -0.2}, 1_000_000, DAYS_PER_MONTH)

    assert saving
    assert (10.0, 8.0, 2.0) == pytest.approx((saving.cost_before, saving.cost_after, saving.saved))


def test_days_are_scaled_to_a_month() -> None:
    """A day's invocations are a month's thirtieth."""
    saving = saving_of({"costUsd": 1e-6, "costChange": 0.25}, 1000, 1)

    assert saving
    assert 1000 * DAYS_PER_MONTH == saving.invocations
    assert saving.saved < 0


def test_a_decision_may_cost_next_to_nothing() -> None:
    """Twice the invocations in two days are the same in a month, and 75 % less is a quarter."""
    saving = saving_of({"costUsd": "2e-6", "costChange": "-0.75"}, 2000, 2)

    assert saving
    assert (30437.5, 0.2435, 0.060875) == pytest.approx((saving.invocations, saving.cost_before, saving.cost_after))


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"costUsd": 1e-6},
        {"costUsd": 1e-6, "costChange": None},
        {"costChange": -0.2},
        {"costUsd": 1e-6, "costChange": -1},
        {"costUsd": 1e-6, "costChange": -1.5},
    ],
)
def test_what_was_not_compared_saves_nothing_known(item: dict[str, Any]) -> None:
    """Without a measurement of the memory before, nobody knows."""
    assert saving_of(item, 1000, 30) is None


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"applied": {"applied": True}}, True),
        ({"applied": {"applied": False}}, False),
        ({"applied": {"applied": True}, "rolledBack": {"memoryMb": 512}}, False),
        ({}, False),
        ({"applied": None}, False),
        ({"applied": {"applied": True}, "rolledBack": None}, True),
    ],
)
def test_a_decision_is_in_force_until_it_is_taken_back(item: dict[str, Any], *, expected: bool) -> None:
    """Applied, and not rolled back."""
    assert expected is applied(item)
