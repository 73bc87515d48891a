"""Strategies."""

import pytest

from power_tuner.tuning.strategies import Candidate, choose, choose_tolerant, choose_within

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


@pytest.mark.parametrize("mirrored", [False, True])
def test_balance_is_relative_to_the_largest(*, mirrored: bool) -> None:
    """What varies by a factor of ten weighs as much as what varies by a tenth, in cost and in time alike."""
    figures = [(110.0, 1.0), (100.0, 1.3), (105.0, 10.0)]
    points = [
        Candidate(memory_mb, *(figure[::-1] if mirrored else figure))
        for memory_mb, figure in zip((256, 640, 1792), figures, strict=True)
    ]

    assert points[1] == choose(points, "balanced", 0.5)


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


P95_MS = {128: 1700.0, 512: 610.0, 1024: 540.0}


@pytest.mark.parametrize(
    ("max_ms", "expected"), [(2000, SMALL), (1700, SMALL), (1699, MIDDLE), (610, MIDDLE), (609, LARGE), (540, LARGE)]
)
def test_the_cheapest_within_a_limit_wins(max_ms: float, expected: Candidate) -> None:
    """What is exactly at the limit is within; the mean does not matter."""
    assert expected == choose_within([SMALL, MIDDLE, LARGE], P95_MS, max_ms)


def test_of_two_equally_cheap_within_a_limit_the_faster_wins() -> None:
    """Both meet the limit, so the mean decides."""
    faster = Candidate(768, duration_ms=270.0, cost_usd=1.2)

    assert faster == choose_within([MIDDLE, faster, LARGE], {**P95_MS, 768: 615.0}, 700)


def test_when_nothing_is_within_a_limit_the_closest_wins() -> None:
    """By the statistic that is limited, whatever it costs; of two equally close the cheaper."""
    dearer = Candidate(896, duration_ms=230.0, cost_usd=2.5)

    assert LARGE == choose_within([SMALL, MIDDLE, LARGE], P95_MS, 100)
    assert LARGE == choose_within([dearer, LARGE], {**P95_MS, 896: 540.0}, 100)


@pytest.mark.parametrize(
    ("tolerance", "expected"), [(0.0, SMALL), (0.19, SMALL), (0.2, MIDDLE), (1.39, MIDDLE), (1.4, LARGE), (9.0, LARGE)]
)
def test_the_fastest_within_a_tolerance_wins(tolerance: float, expected: Candidate) -> None:
    """The tolerance is of the cheapest's cost, and may be used up."""
    assert expected == choose_tolerant([LARGE, MIDDLE, SMALL], tolerance)


def test_of_two_equally_fast_within_a_tolerance_the_cheaper_wins() -> None:
    """What may be paid need not be."""
    dearer = Candidate(3008, duration_ms=300.0, cost_usd=1.3)

    assert MIDDLE == choose_tolerant([SMALL, dearer, MIDDLE], 0.5)
