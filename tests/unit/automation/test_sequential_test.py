"""The sequential test: intervals that hold at every look at once."""

import numpy as np
import pytest
from msgspec.structs import astuple

from power_tuner.automation.sequential_test import (
    MIN_DURATIONS,
    Durations,
    Errors,
    change_of_duration,
    rise_of_errors,
    share_of_errors,
)


def _durations(seed: int, count: int, *, typical_ms: float = 100.0, spread: float = 0.2) -> Durations:
    drawn = typical_ms * np.exp(np.random.default_rng(seed).normal(0, spread, count))
    return Durations().plus(drawn.tolist())


def test_sums_are_those_of_all_durations() -> None:
    """Sums that grew in two steps are those of all durations at once."""
    in_steps, at_once = Durations().plus([10.0, 20.0]).plus([30.0]), Durations().plus([10.0, 20.0, 30.0])

    assert astuple(in_steps) == pytest.approx(astuple(at_once))


def test_a_few_durations_tell_nothing() -> None:
    """Below the least number of durations of either version, their change is not told."""
    few, many = _durations(1, MIN_DURATIONS - 1), _durations(2, 500)

    assert change_of_duration(few, many, 0.1) is None
    assert change_of_duration(many, few, 0.1) is None


def test_the_interval_holds_the_change() -> None:
    """Ten percent more are between the ends of the interval, and no change is not."""
    found = change_of_duration(_durations(1, 3000), _durations(2, 3000, typical_ms=110.0), 0.1)

    assert found is not None
    assert 0.0 < found.low < 0.1 < found.high < 0.2


def test_equal_durations_are_no_certainty() -> None:
    """Durations without any spread, as of a timer that is too coarse, still leave an interval."""
    found = change_of_duration(Durations().plus([5.0] * 20), Durations().plus([5.0] * 20), 0.1)

    assert found is not None
    assert found.low < -0.001 < 0.001 < found.high


def test_a_duration_of_nothing_is_read() -> None:
    """A duration that was rounded to zero has a logarithm all the same."""
    assert Durations().plus([0.0]).count == 1


def test_looking_at_every_call_misleads_one_time_in_a_hundred_at_most() -> None:
    """Of 150 pairs of equal versions, looked at after every 20 calls, fewer than 1 in 100 ever seem to differ."""
    misled = 0
    for seed in range(150):
        generator = np.random.default_rng(seed)
        before, now = Durations(), Durations()
        for _ in range(30):
            before = before.plus(np.exp(generator.normal(3, 0.5, 20)).tolist())
            now = now.plus(np.exp(generator.normal(3, 0.5, 20)).tolist())
            found = change_of_duration(before, now, 0.1)
            if found and not found.low <= 0 <= found.high:
                misled += 1
                break

    assert misled <= 1


def test_looking_at_every_error_misleads_one_time_in_a_hundred_at_most() -> None:
    """Of 150 pairs of versions with the same share of errors, fewer than 1 in 100 ever seem to differ."""
    misled = 0
    for seed in range(150):
        failed = np.random.default_rng(seed).binomial(40, 0.02, (2, 25)).cumsum(axis=1)
        looks = [
            rise_of_errors(Errors(40 * (n + 1), int(failed[0, n])), Errors(40 * (n + 1), int(failed[1, n])))
            for n in range(25)
        ]
        misled += any(not look.low <= 0 <= look.high for look in looks)

    assert misled <= 1


@pytest.mark.parametrize(("calls", "failed"), [(10, 0), (10, 10), (1000, 3), (1000, 500)])
def test_the_share_that_was_seen_is_plausible(calls: int, failed: int) -> None:
    """What was seen is always within the interval, which is within 0 and 1."""
    found = share_of_errors(Errors(calls, failed), 0.01)

    assert 0 <= found.low <= failed / calls <= found.high <= 1


def test_nothing_seen_leaves_every_share() -> None:
    """Without a call, any share of errors is plausible; with more, fewer are."""
    assert share_of_errors(Errors(), 0.01) == (0, 1)
    assert share_of_errors(Errors(1000, 0), 0.01).high < share_of_errors(Errors(100, 0), 0.01).high


def test_more_failures_than_calls_are_read_as_all() -> None:
    """Counts that arrive one after the other may be out of step for a moment."""
    assert share_of_errors(Errors(5, 6), 0.01) == share_of_errors(Errors(5, 5), 0.01)


def test_a_version_that_always_fails_is_told_after_a_few_calls() -> None:
    """Three failures of three calls, beside 200 calls without one, are enough."""
    assert rise_of_errors(Errors(200, 0), Errors(3, 3)).low > 0
    assert rise_of_errors(Errors(200, 0), Errors(1, 1)).low < 0
