"""Weighted payloads, as the seed describes them."""

from collections import Counter
from typing import Any

import pytest

from power_tuner.errors import InvalidInput
from power_tuner.tuning.payloads import assign_payloads, is_weighted, weigh


@pytest.mark.parametrize(
    ("num", "expected"),
    [(50, [5, 15, 30]), (100, [10, 30, 60]), (10, [1, 3, 6]), (3, [1, 1, 1])],
)
def test_weights_are_relative(num: int, expected: list[int]) -> None:
    """Weights 5, 15 and 30 share any num by 10, 30 and 60 percent; each payload is used at least once."""
    used = Counter(assign_payloads([5, 15, 30], num))

    assert expected == [used[0], used[1], used[2]]


def test_fifty_payloads_need_num_50() -> None:
    """With as many payloads as invocations each is used exactly once, whatever its weight."""

    assert list(range(50)) == sorted(assign_payloads([1000, *[1] * 49], 50))


@pytest.mark.parametrize(
    ("weights", "num", "expected"),
    [([1, 2, 5], 1, [2]), ([5, 2, 1], 2, [0, 1]), ([3, 3, 3], 2, [1, 2]), ([7], 0, [])],
)
def test_a_dry_run_has_fewer_invocations_than_payloads(weights: list[float], num: int, expected: list[int]) -> None:
    """The heaviest payloads are used."""
    assert expected == sorted(assign_payloads(weights, num))


@pytest.mark.parametrize(
    ("weights", "num", "expected"),
    [
        ([1, 1, 1], 4, [2, 1, 1]),
        ([1, 1, 1], 5, [2, 2, 1]),
        ([2, 3, 4], 7, [2, 2, 3]),
        ([0.5, 0.3, 99.2], 6, [1, 1, 4]),
        ([1, 40, 41], 5, [1, 2, 2]),
    ],
)
def test_what_rounding_leaves_goes_to_the_largest_remainders(
    weights: list[float], num: int, expected: list[int]
) -> None:
    """Of equal ones to the first; what the minimum of one takes, whoever has most above its share gives."""
    used = Counter(assign_payloads(weights, num))

    assert expected == [used[index] for index in range(len(weights))]


def test_payloads_are_interleaved() -> None:
    """A run that is cut short has still seen all payloads in proportion."""

    assert [1, 1, 0, 1, 1, 1, 1, 0, 1, 1] == assign_payloads([1, 4], 10)
    assert [1, 0, 1, 1] == assign_payloads([1, 3], 4)
    assert [0, 0, 1, 0] == assign_payloads([3, 1], 4)


@pytest.mark.parametrize(
    "payload",
    [
        [{"payload": {}, "weight": 1}],
        [{"payload": None, "weight": 0.5}, {"payload": [1], "weight": 2}],
        [{"payload": "negative weights are refused later", "weight": -1}],
        [{"payload": 1, "weight": "1"}],
        [{"payload": 1, "weight": True}],
        [{"payload": 1, "weight": 1, "name": "a"}],
    ],
)
def test_the_weighted_shape_is_recognised(payload: Any) -> None:
    """A list of objects with payload and weight is weighted, whatever else they have."""

    assert is_weighted(payload)


@pytest.mark.parametrize(
    "payload",
    [
        [],
        None,
        {"payload": 1, "weight": 1},
        [{"payload": 1}],
        [{"weight": 1}],
        [{"payload": 1, "weight": 1}, 5],
    ],
)
def test_any_other_list_is_an_ordinary_payload(payload: Any) -> None:
    """Where any entry lacks one of them, the list is not weighted."""

    assert not is_weighted(payload)


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ([{"payload": 1, "weight": 1}, {"payload": 2}], "payload[1]"),
        ([{"payload": 1, "wieght": 1}, {"payload": 2, "weight": 2}], "payload[0]"),
        ([{"payload": 1, "weight": 1}, None, 5], "payload[1]"),
    ],
)
def test_half_a_weighted_list_is_refused(payload: Any, field: str) -> None:
    """A weight that is missing or misspelt in one entry is told, and the entry named."""
    with pytest.raises(InvalidInput) as refused:
        weigh(payload)

    assert field == refused.value.field


@pytest.mark.parametrize("payload", [float("nan"), {"a": [1, float("inf")]}, [{"payload": float("-inf"), "weight": 1}]])
def test_what_json_cannot_say_is_refused(payload: Any) -> None:
    """A number that is not finite would be sent as what no function can read."""
    with pytest.raises(InvalidInput, match="'a number that is not finite' is not accepted"):
        weigh(payload)


def test_a_weight_that_is_no_number_is_not_shown() -> None:
    """It may be part of a payload that nobody must see."""
    with pytest.raises(InvalidInput) as refused:
        weigh([{"payload": 1, "weight": "4111"}, {"payload": 1, "weight": "4111 1111"}])

    assert "payload[].weight: 'str' is not accepted" in str(refused.value)
