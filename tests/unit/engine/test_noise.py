"""Calls of one size: body, spread and tail."""

import math
import random

import pytest

from power_tuner.domain.engine.noise import bodies, own_variance, relative_spreads, spread_weights

ALIKE = (1.0, 1.0)


def test_a_slow_outlier_leaves_the_body_where_it_is() -> None:
    """One call of ten times the duration counts as tail, and its excess is kept for the bill."""
    steady = [100.0, 102.0, 98.0, 101.0, 99.0, 100.0]

    plain, slow = bodies([steady, [*steady, 1000.0]], ALIKE)

    assert plain is not None
    assert slow is not None
    assert math.exp(slow.log_mean) == pytest.approx(math.exp(plain.log_mean), rel=0.01)
    assert (plain.outliers, slow.outliers) == (0, 1)
    assert slow.tail_excess == pytest.approx(900 / 700, rel=0.05)


def test_a_second_mode_is_no_tail() -> None:
    """What happens to every other call belongs to the body."""
    calls = [100.0, 180.0] * 10

    (body,) = bodies([calls], (1.0,))

    assert body is not None
    assert body.outliers == 0


def test_a_size_without_samples_has_no_body() -> None:
    """Sizes not measured stay open."""
    assert [None, 1] == [body and body.count for body in bodies([[], [5.0]], ALIKE)]


def test_noise_about_a_level_is_centred_on_it() -> None:
    """Pulling in the slow side does not move sizes with many calls below those with one."""
    chance = random.Random(3)  # noqa: S311 - a test's noise, no secret
    columns = [[100 * chance.lognormvariate(0, 0.2) for _ in range(400)] for _ in range(2)]

    for body in bodies(columns, ALIKE):
        assert body is not None
        assert body.log_mean == pytest.approx(math.log(100), abs=0.04)


def test_calls_are_expected_to_scatter_more_at_larger_sizes() -> None:
    """Before anything is measured, the spread doubles over five doublings of memory."""
    small, usual, large = relative_spreads((128, 512, 4096))

    assert usual == 1
    assert large / small == pytest.approx(2)


def test_the_same_deviations_say_less_of_the_noise_at_larger_sizes() -> None:
    """A large size that scatters twice as much tells of the same common spread, and keeps its own variance."""
    chance = random.Random(5)  # noqa: S311 - a test's noise, no secret
    scatter = [chance.gauss(0, 0.1) for _ in range(60)]
    relative = relative_spreads((128, 4096))

    split = bodies([[100 * math.exp(share * one) for one in scatter] for share in relative], relative)
    measured = [body for body in split if body]
    likeliest, _ = max(spread_weights(measured), key=lambda weighted: weighted[1])

    assert likeliest == 0.11
    assert own_variance(0.2, measured[1]) > 3 * own_variance(0.1, measured[0])
