"""Strategies."""

import pytest

from power_tuner.tuning.strategies import Candidate, choose

SMALL = Candidate(128, duration_ms=900.0, cost_usd=1.0)
MIDDLE = Candidate(512, duration_ms=300.0, cost_usd=1.2)
LARGE = Candidate(1024, duration_ms=250.0, cost_usd=2.4)


@pytest.mark.parametrize(
    ("strategy", "weight", "expected"),
    [
        ("cost", 0.5, SMALL),
        ("speed", 0.5, LARGE),
        ("balanced", 0.5, MIDDLE),
        ("balanced", 1.0, SMALL),
        ("balanced", 0.0, LARGE),
    ],
)
def test_each_strategy_has_its_best(strategy: str, weight: float, expected: Candidate) -> None:
    """Cost takes the cheapest, speed the fastest, balanced what is near both."""

    assert expected == choose([SMALL, MIDDLE, LARGE], strategy, weight)


def test_of_two_equally_cheap_the_faster_wins() -> None:
    """Cost breaks ties by duration."""
    faster = Candidate(512, duration_ms=300.0, cost_usd=1.0)

    assert faster == choose([SMALL, faster, LARGE], "cost", 0.5)


def test_of_two_equally_fast_the_cheaper_wins() -> None:
    """Speed breaks ties by cost."""
    dearer = Candidate(3008, duration_ms=250.0, cost_usd=7.0)

    assert LARGE == choose([SMALL, LARGE, dearer], "speed", 0.5)


@pytest.mark.parametrize("strategy", ["cost", "speed", "balanced"])
def test_of_two_equals_the_smaller_wins(strategy: str) -> None:
    """Full ties go to the first, the smaller power value."""
    twins = [Candidate(256, 10.0, 1.0), Candidate(512, 10.0, 1.0)]

    assert twins[0] == choose(twins, strategy, 0.5)


@pytest.mark.parametrize("strategy", ["cost", "speed", "balanced"])
def test_a_single_candidate_is_chosen(strategy: str) -> None:
    """With nothing to compare, what there is wins."""

    assert SMALL == choose([SMALL], strategy, 0.5)
