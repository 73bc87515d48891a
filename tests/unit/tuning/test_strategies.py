"""Strategies."""

import math
from collections.abc import Mapping

import pytest

from power_tuner.engine.objective import Draws, Limit
from power_tuner.errors import InvalidInput
from power_tuner.tuning.run_input import FIELDS
from power_tuner.tuning.strategies import (
    STRATEGIES,
    Balanced,
    Candidate,
    Cost,
    Slo,
    Speed,
    Strategy,
    Tolerance,
    field_names,
    meanings,
    needed_fields,
    strategy_named,
)

SMALL = Candidate(128, duration_ms=900.0, cost_usd=1.0, statistics_ms={"mean": 900.0, "p95": 1700.0})
MIDDLE = Candidate(512, duration_ms=300.0, cost_usd=1.2, statistics_ms={"mean": 300.0, "p95": 610.0})
LARGE = Candidate(1024, duration_ms=250.0, cost_usd=2.4, statistics_ms={"mean": 250.0, "p95": 540.0})
ALL = [SMALL, MIDDLE, LARGE]
# Numbers with which every strategy can be made.
NUMBERS = {"max_duration_ms": 650.0, "tolerance": 0.25}


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Cost(), SMALL),
        (Speed(), LARGE),
        (Balanced(), MIDDLE),
        (Balanced(balanced_weight=1.0), SMALL),
        (Balanced(balanced_weight=0.0), LARGE),
    ],
)
def test_each_strategy_has_its_best(strategy: Strategy, expected: Candidate) -> None:
    """Cost takes the cheapest, speed the fastest, balanced what is near both."""
    assert expected == strategy.choose(ALL)


@pytest.mark.parametrize("mirrored", [False, True])
def test_balance_is_relative_to_the_largest(*, mirrored: bool) -> None:
    """What varies by a factor of ten weighs as much as what varies by a tenth, in cost and in time alike."""
    figures = [(110.0, 1.0), (100.0, 1.3), (105.0, 10.0)]
    points = [
        Candidate(memory_mb, *(figure[::-1] if mirrored else figure))
        for memory_mb, figure in zip((256, 640, 1792), figures, strict=True)
    ]

    assert points[1] == Balanced().choose(points)


def test_of_two_equally_cheap_the_faster_wins() -> None:
    """Cost breaks ties by duration."""
    faster = Candidate(512, duration_ms=300.0, cost_usd=1.0)

    assert faster == Cost().choose([SMALL, faster, LARGE])


def test_of_two_equally_fast_the_cheaper_wins() -> None:
    """Speed breaks ties by cost."""
    dearer = Candidate(3008, duration_ms=250.0, cost_usd=7.0)

    assert LARGE == Speed().choose([SMALL, LARGE, dearer])


@pytest.mark.parametrize("strategy", [Cost(), Speed(), Balanced(), Tolerance()])
def test_of_two_equals_the_smaller_wins(strategy: Strategy) -> None:
    """Full ties go to the first, the smaller memory size."""
    twins = [Candidate(256, 10.0, 1.0), Candidate(512, 10.0, 1.0)]

    assert twins[0] == strategy.choose(twins)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_single_candidate_is_chosen(name: str) -> None:
    """With nothing to compare, what there is wins."""
    assert SMALL == strategy_named(name, NUMBERS.get).choose([SMALL])


@pytest.mark.parametrize(
    ("max_ms", "expected"), [(2000, SMALL), (1700, SMALL), (1699, MIDDLE), (610, MIDDLE), (609, LARGE), (540, LARGE)]
)
def test_the_cheapest_within_a_limit_wins(max_ms: float, expected: Candidate) -> None:
    """What is exactly at the limit is within; the mean does not matter."""
    assert expected == Slo(max_duration_ms=max_ms).choose(ALL)


def test_of_two_equally_cheap_within_a_limit_the_faster_wins() -> None:
    """Both meet the limit, so the mean decides."""
    faster = Candidate(768, duration_ms=270.0, cost_usd=1.2, statistics_ms={"p95": 615.0})

    assert faster == Slo(max_duration_ms=700).choose([MIDDLE, faster, LARGE])


def test_when_nothing_is_within_a_limit_the_closest_wins() -> None:
    """By the statistic that is limited, whatever it costs; of two equally close the cheaper."""
    dearer = Candidate(896, duration_ms=230.0, cost_usd=2.5, statistics_ms={"p95": 540.0})

    assert LARGE == Slo(max_duration_ms=100).choose(ALL)
    assert LARGE == Slo(max_duration_ms=100).choose([dearer, LARGE])


@pytest.mark.parametrize(
    ("tolerance", "expected"), [(0.0, SMALL), (0.19, SMALL), (0.2, MIDDLE), (1.39, MIDDLE), (1.4, LARGE), (9.0, LARGE)]
)
def test_the_fastest_within_a_tolerance_wins(tolerance: float, expected: Candidate) -> None:
    """The tolerance is of the cheapest's cost, and may be used up."""
    assert expected == Tolerance(tolerance=tolerance).choose([LARGE, MIDDLE, SMALL])


def test_of_two_equally_fast_within_a_tolerance_the_cheaper_wins() -> None:
    """What may be paid need not be."""
    dearer = Candidate(3008, duration_ms=300.0, cost_usd=1.3)

    assert MIDDLE == Tolerance(tolerance=0.5).choose([SMALL, dearer, MIDDLE])


def values(strategy: Strategy) -> list[float]:
    """Return what each candidate is worth to the decision engine if its averages are believed."""
    limit = strategy.limit
    draws = Draws(
        cost_usd=[[each.cost_usd] for each in ALL],
        duration_ms=[[each.duration_ms] for each in ALL],
        limited_ms=[[each.statistics_ms[limit.statistic]] for each in ALL] if limit else (),
    )
    return [math.exp(value) for (value,) in strategy.log_values(draws)]


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Cost(), [1.0, 1.2, 2.4]),
        (Speed(), [900.0, 300.0, 250.0]),
        (Balanced(balanced_weight=0.25), [0.25 / 2.4 + 0.75, 0.125 + 0.25, 0.25 + 0.75 * 250 / 900]),
        (Slo(max_duration_ms=850), [2**6 * math.exp(0.1), 1.2, 2.4]),
        (
            Slo(max_duration_ms=125, statistic="mean"),
            [math.exp(0.1) * each for each in (7.2**6, 1.2 * 2.4**6, 2.4 * 2**6)],
        ),
        (Tolerance(tolerance=0.2), [900.0, 300.0, 250 * 2**6 * math.exp(0.02)]),
    ],
)
def test_a_draw_is_valued_by_what_is_best(strategy: Strategy, expected: list[float]) -> None:
    """Beyond a limit or a tolerance a memory size is worse by the sixth power of the excess, and by a step."""
    assert pytest.approx(expected) == values(strategy)


@pytest.mark.parametrize("name", STRATEGIES)
def test_sweep_and_engine_agree_where_nothing_is_in_doubt(name: str) -> None:
    """What a strategy chooses among averages is worth the most to the engine."""
    strategy = strategy_named(name, NUMBERS.get)
    worth = values(strategy)

    assert strategy.choose(ALL) == ALL[worth.index(min(worth))]


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("cost", {}, Cost()),
        ("balanced", {"balanced_weight": 0.75, "tolerance": 9}, Balanced(balanced_weight=0.75)),
        ("balanced", {}, Balanced(balanced_weight=0.5)),
        ("slo", {"max_duration_ms": 17.5}, Slo(statistic="p95", max_duration_ms=17.5)),
        ("tolerance", {}, Tolerance(tolerance=0.05)),
    ],
)
def test_a_strategy_takes_its_own_numbers(name: str, given: Mapping[str, float], expected: Strategy) -> None:
    """Numbers of other strategies do not matter; what was not given is the default."""
    assert expected == strategy_named(name, given.get)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        (
            "cheapest",
            {},
            "strategy: 'cheapest' is not accepted. Allowed: cost, speed, balanced, slo, tolerance",
        ),
        ("slo", {}, "maxDurationMs: nothing was given. Allowed: a number above 0; strategy slo needs it."),
        ("slo", {"max_duration_ms": 0}, "maxDurationMs: 0 is not accepted."),
        ("balanced", {"balanced_weight": 2}, "balancedWeight: 2 is not accepted."),
        ("tolerance", {"tolerance": -1}, "tolerance: -1 is not accepted."),
    ],
)
def test_what_is_wrong_is_named(name: str, given: Mapping[str, float], message: str) -> None:
    """No strategy is taken for another, and none chooses by a number that makes no sense."""
    with pytest.raises(InvalidInput) as refused:
        strategy_named(name, given.get)

    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("strategy", "limit"), [(Cost(), None), (Slo(max_duration_ms=9, statistic="p50"), Limit("p50", 9))]
)
def test_only_some_strategies_limit_the_duration(strategy: Strategy, limit: Limit | None) -> None:
    """The statistic and its limit are told to who decides."""
    assert limit == strategy.limit


def test_only_a_limit_has_to_be_given() -> None:
    """All other numbers have a default."""
    needed = {name: fields for name, strategy in STRATEGIES.items() if (fields := needed_fields(strategy))}

    assert {"slo": ("max_duration_ms",)} == needed


def test_all_strategies_are_explained_in_one_sentence() -> None:
    """In the order of their names, in the words for people."""
    assert meanings().startswith("The cheapest, the fastest, a balance, the cheapest within `maxDurationMs`, ")
    assert len(STRATEGIES) - 1 == meanings().count(",")


def test_the_numbers_of_strategies_are_fields_of_a_run() -> None:
    """What a run shows for one strategy alone is a number of that strategy, and all numbers can be given."""
    numbers = {(name, number) for name, strategy in STRATEGIES.items() for number in field_names(strategy)}
    shown = {(field.strategy, field.attribute) for field in FIELDS.values() if field.strategy}

    assert shown <= numbers
    assert {number for _, number in numbers} <= {field.attribute for field in FIELDS.values()}
