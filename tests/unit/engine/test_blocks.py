"""Payloads told apart: memory sizes are compared on the same payloads."""

import math
import random
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest

from power_tuner.engine.blocks import Blocks, blocks_of
from power_tuner.engine.payload_effects import cells_of, effects_of
from power_tuner.engine.question import Measured

EFFECTS = {0: 1.0, 1: 10.0, 2: 100.0}
LEVELS_MS = (40.0, 20.0, 10.0)


def _calls(size: int, payloads: Sequence[int], *, slowed: Mapping[int, float] | None = None) -> list[Measured]:
    chance = random.Random(size)  # noqa: S311 - a test's noise, no secret
    durations_ms = [
        LEVELS_MS[size] * EFFECTS[payload] * (slowed or {}).get(payload, 1.0) * chance.lognormvariate(0, 0.02)
        for payload in payloads
    ]
    return [Measured(one, math.ceil(one), payload=payload) for one, payload in zip(durations_ms, payloads, strict=True)]


def _blocks(samples: Sequence[Sequence[Measured]], weights: Mapping[int, float] | None = None) -> Blocks:
    found = blocks_of(samples, weights or {})
    assert found
    return found


def _differences(blocks: Blocks) -> list[float]:
    bodies = [body for body in blocks.bodies if body]
    return [one.log_mean - two.log_mean for one, two in pairwise(bodies)]


def test_it_does_not_matter_which_payloads_a_memory_size_got() -> None:
    """Each memory size takes half of what the one before does, though one got large payloads and another small ones."""
    blocks = _blocks([_calls(0, (0, 0, 1, 0)), _calls(1, (2, 1, 2)), _calls(2, (0, 1, 2, 2))])

    assert pytest.approx([math.log(2)] * 2, abs=0.1) == _differences(blocks)


def test_payloads_are_told_apart_only_where_there_are_several() -> None:
    """Of one payload there is nothing to tell apart, and where a call does not say which it had, nothing can be."""
    assert blocks_of([_calls(0, (1, 1))], {}) is None
    assert blocks_of([_calls(0, (0, 1)), [Measured(5.0, 5.0)]], {}) is None
    assert blocks_of([[]], {0: 1.0, 1: 2.0}) is None
    assert blocks_of([_calls(0, (1, 1))], {0: 1.0, 1: 2.0})


def test_the_mean_is_that_of_the_payloads_by_their_weights() -> None:
    """By hand: effects 1, 10 and 100 with weights 8, 1 and 1 are 11.8 on average, their logarithms 0.3 x ln 10."""
    blocks = _blocks([_calls(0, (0, 1, 2) * 40), _calls(1, (0, 1, 2) * 40)], {0: 8.0, 1: 1.0, 2: 1.0})

    assert pytest.approx(math.log(11.8) - 0.3 * math.log(10), abs=0.05) == blocks.lift


def test_what_a_payload_does_at_one_memory_size_counts_by_its_part_of_the_bill() -> None:
    """Five times the time for the payload that makes nine tenths of the bill is 4.6 times the mean; no slow tail."""
    every = (0, 1, 2) * 4
    blocks = _blocks([_calls(0, every, slowed={2: 5.0}), _calls(1, every), _calls(2, every)])
    slowed, steady = _differences(blocks)

    assert pytest.approx(math.log(2 * 4.6), abs=0.2) == slowed
    assert pytest.approx(math.log(2), abs=0.1) == steady
    assert [0, 0, 0] == [body.outliers for body in blocks.bodies if body]


def test_a_memory_size_without_the_large_payload_weighs_less_than_its_calls() -> None:
    """Where payloads do otherwise at some memory sizes, calls with small ones say little of the bill."""
    mixed = (0, 1, 2) * 2
    blocks = _blocks([_calls(0, mixed, slowed={1: 2.0}), _calls(1, mixed, slowed={2: 1.5}), _calls(2, (0,) * 6)])
    weights = [body.weight for body in blocks.bodies if body]

    assert weights[2] < 2
    assert min(weights[:2]) > 2 * weights[2]


def test_a_mean_that_few_calls_make_is_unsure() -> None:
    """One call in twenty makes most of the bill: its share is unsure unless the weights were told."""
    calls = [_calls(0, (0,) * 10), _calls(1, (*(0,) * 9, 2))]

    assert _blocks(calls).lift_width > 0.4
    assert _blocks(calls, {0: 19.0, 2: 1.0}).lift_width < _blocks(calls).lift_width


def test_a_large_payload_must_be_seen_at_the_choice_and_elsewhere() -> None:
    """Seen at one memory size alone, its effect cannot be told from that of the memory size."""
    weights = {0: 90.0, 2: 10.0}

    nowhere, once, twice = (
        _blocks([_calls(0, first), _calls(1, second)], weights).lacking
        for first, second in (((0, 0), (0, 0)), ((0, 2), (0, 0)), ((0, 2), (0, 2)))
    )

    assert (10, 10) == (nowhere[0].here, nowhere[0].elsewhere)
    assert [(0, 10), (10, 0)] == [(one.here, one.elsewhere) for one in once]
    assert [(0, 0), (0, 0)] == [(one.here, one.elsewhere) for one in twice]
    assert once[0].bill_share > 0.5 > twice[0].bill_share == 0


def test_without_weights_a_large_payload_may_not_have_come_yet() -> None:
    """Where payloads differ widely, few calls cannot say that there is no larger one; many can."""
    few, many = (_blocks([_calls(0, (0, 1, 2) * times), _calls(1, (0, 1, 2) * times)]) for times in (1, 40))

    assert few.lacking[0].here
    assert not many.lacking[0].here


def test_a_cell_that_fits_badly_does_not_move_the_effect_of_its_payload() -> None:
    """Seen at three memory sizes, a payload that takes ten times as long at one has the effect of the other two."""
    every = (0, 1, 2) * 2
    samples = [_calls(0, every, slowed={2: 10.0}), _calls(1, every), _calls(2, every)]
    logs: dict[tuple[int, int], list[float]] = {}
    for index, calls in enumerate(samples):
        for call in calls:
            logs.setdefault((index, call.payload or 0), []).append(math.log(call.duration_ms))

    found = effects_of(*cells_of(logs))

    assert pytest.approx(math.log(10), abs=0.4) == found.payloads[2] - found.payloads[1]
    assert [(0, 2)] == [place for place in found.cells if found.stands_out(place)]
