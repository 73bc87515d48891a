"""Sandboxes that warm up: their first calls take longer."""

import math
import random
from collections.abc import Sequence

import pytest

from power_tuner.engine.decide import next_step
from power_tuner.engine.question import Decision, Measured, Progress
from power_tuner.engine.settling import Settling, settling_of
from unit.engine.simulated_function import MEMORIES_MB, question

SETTLED_MS = 4.0


def _calls(
    memory_mb: int,
    places: Sequence[int],
    *,
    factor: float = 9.0,
    lasts: float = 5.0,
    told: bool = False,
    noise: float = 0.1,
) -> list[Measured]:
    """Return calls that take ten times as long at first; a small share of a vCPU lets that last longer."""
    chance = random.Random(memory_mb)  # noqa: S311 - a test's noise, no secret
    calls = lasts * math.sqrt(max(1.0, 1769 / memory_mb))
    durations_ms = [
        SETTLED_MS * (1 + factor * math.exp(-place / calls)) * chance.lognormvariate(0, noise) for place in places
    ]
    return [
        Measured(one, math.ceil(one), place=place if told else None)
        for one, place in zip(durations_ms, places, strict=True)
    ]


def _of(*samples: Sequence[Measured]) -> Settling:
    return settling_of(MEMORIES_MB[: len(samples)], samples)


def test_steady_calls_do_not_warm_up() -> None:
    """Nothing is taken off, and after some calls it is sure that the next one is as fast."""
    found = _of(_calls(128, range(24), factor=0.0), _calls(256, range(3), factor=0.0))

    assert found.settled is None
    assert found.unsettled[0] < 0.1
    assert found.dearer(0) == 1


def test_a_slow_first_call_alone_is_no_warming_up() -> None:
    """It may be one of the slow tail."""
    slow, *rest = _calls(128, range(10), factor=0.0)

    found = _of([Measured(slow.duration_ms * 8, slow.billed_ms * 8), *rest])

    assert found.unsettled[0] < 0.1


def test_what_warming_up_adds_is_taken_off_the_calls() -> None:
    """Settled, both memory sizes take as long: 150 calls of one tell it well, 8 of the other roughly."""
    few = _calls(256, range(8))

    found = _of(_calls(128, range(150)), few)

    assert found.settled
    long, short = found.settled.bodies[:2]
    assert long
    assert short
    assert pytest.approx(math.log(SETTLED_MS), abs=0.15) == long.log_mean
    measured = sum(math.log(one.duration_ms) for one in few) / len(few)
    assert abs(short.log_mean - math.log(SETTLED_MS)) < 0.6 * (measured - math.log(SETTLED_MS))


def test_a_memory_size_that_has_not_settled_counts_for_less_than_its_calls() -> None:
    """The eight first calls of one tell less than a single settled one, and its next call is dearer."""
    found = _of(_calls(128, range(150)), _calls(256, range(8)))

    assert found.settled
    long, short = found.settled.bodies[:2]
    assert long
    assert short
    assert long.weight > 10
    assert short.weight < 1
    assert found.unsettled[0] < 0.5 < found.unsettled[1]
    assert found.dearer(1) > found.dearer(0)


def test_it_is_told_how_many_calls_are_slower() -> None:
    """What is left of nine times as much is below a twentieth after 95 calls at 128 MB, by hand, and they were made."""
    found = _of(_calls(128, range(150)))

    assert found.settled
    assert 60 < found.settled.slower_calls[0] < 130


def test_a_new_sandbox_warms_up_again() -> None:
    """Where places are told, calls that are slow again because the sandbox is new confirm that it warms up."""
    found = _of(_calls(1769, (*range(25), *range(25)), told=True))

    assert found.settled
    body = found.settled.bodies[0]
    assert body
    assert pytest.approx(math.log(SETTLED_MS), abs=0.1) == body.log_mean


def test_no_short_function_is_decided_on_before_it_settled() -> None:
    """Three calls that agree are not enough for one of 4 ms; they are for one of 400 ms."""
    short, long = (
        Progress(
            {128: [Measured(100 * one, 100 * one), Measured(101 * one, 101 * one), Measured(100 * one, 100 * one)]}
        )
        for one in (0.04, 4.0)
    )
    asked = question("cost", memories_mb=(128,))

    assert not isinstance(next_step(asked, short), Decision)
    assert isinstance(next_step(asked, long), Decision)


def test_the_decision_says_how_many_calls_did_not_count() -> None:
    """Nothing of it where calls do not get faster."""
    asked = question("cost", memories_mb=(1769,))

    warming = next_step(asked, Progress({1769: _calls(1769, range(80))}, rounds=2))
    steady = next_step(asked, Progress({1769: _calls(1769, range(80), factor=0.0)}, rounds=2))

    assert isinstance(warming, Decision)
    assert warming.slower_calls
    assert 15 < warming.slower_calls < 45
    assert isinstance(steady, Decision)
    assert steady.slower_calls is None
