"""Invocations of a day: DynamoDB and its stand-in keep the same promises."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from fake_stores import FakeDailyInvocations
from power_tuner.aws.daily_invocations import DynamoDailyInvocations
from power_tuner.ports import DailyInvocations

DAY = "2026-11-23"


@pytest.fixture(params=["fake", "DynamoDB"])
def counters(request: pytest.FixtureRequest) -> DailyInvocations:
    if request.param == "fake":
        return FakeDailyInvocations()
    return DynamoDailyInvocations(request.getfixturevalue("item_table"), lambda: 0.0)


def test_a_counter_takes_what_fits(counters: DailyInvocations) -> None:
    """Exactly, each day by itself, and however many ask at once."""
    assert not counters.take(DAY, 11, 10)
    assert counters.take(DAY, 7, 10)
    assert not counters.take(DAY, 4, 10)
    assert counters.take(DAY, 3, 10)
    assert not counters.take(DAY, 1, 10)
    assert counters.take("2026-11-24", 10, 10)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: counters.take("2026-11-25", 3, 20), range(16)))
    assert taken.count(True) == 6
