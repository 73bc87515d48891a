"""Calls of one memory size: body, spread and tail."""

import math
import random

import pytest

from power_tuner.engine.noise import bodies


def test_a_slow_outlier_leaves_the_body_where_it_is() -> None:
    """One call of ten times the duration counts as tail, and its excess is kept for the bill."""
    steady = [100.0, 102.0, 98.0, 101.0, 99.0, 100.0]

    plain, slow = bodies([steady, [*steady, 1000.0]])

    assert plain is not None
    assert slow is not None
    assert math.exp(slow.log_mean) == pytest.approx(math.exp(plain.log_mean), rel=0.01)
    assert (plain.outliers, slow.outliers) == (0, 1)
    assert slow.tail_excess == pytest.approx(900 / 700, rel=0.05)


def test_a_second_mode_is_no_tail() -> None:
    """What happens to every other call belongs to the body."""
    calls = [100.0, 180.0] * 10

    (body,) = bodies([calls])

    assert body is not None
    assert body.outliers == 0


def test_a_size_without_samples_has_no_body() -> None:
    """Sizes not measured stay open."""
    assert [None, 1] == [body and body.count for body in bodies([[], [5.0]])]


def test_noise_about_a_level_is_centred_on_it() -> None:
    """Pulling in the slow side does not move sizes with many calls below those with one."""
    chance = random.Random(3)  # noqa: S311 - a test's noise, no secret
    columns = [[100 * chance.lognormvariate(0, 0.2) for _ in range(400)] for _ in range(2)]

    for body in bodies(columns):
        assert body is not None
        assert body.log_mean == pytest.approx(math.log(100), abs=0.04)
