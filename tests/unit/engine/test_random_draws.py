"""The engine's random draws: the same for a seed, and spread evenly."""

from statistics import NormalDist, fmean
from typing import get_args

import pytest

from power_tuner.engine.random_draws import Purpose, normals, seed_for, spread_evenly, uniforms

COUNT = 512


def test_a_seed_gives_the_same_numbers_every_time() -> None:
    """Another seed gives another order."""
    assert spread_evenly(5, COUNT) == spread_evenly(5, COUNT)
    assert spread_evenly(5, COUNT) != spread_evenly(6, COUNT)
    assert normals(5, COUNT) != normals(6, COUNT)


def test_every_part_is_met_once() -> None:
    """Each of the equal parts of 0 to 1 holds one number, whatever the order."""
    assert list(range(COUNT)) == sorted(int(number * COUNT) for number in spread_evenly(7, COUNT))


def test_deviates_are_normal() -> None:
    """Mean and mean square are exact, and the quantiles are the normal distribution's."""
    deviates = normals(7, COUNT)

    assert fmean(deviates) == pytest.approx(0, abs=1e-9)
    assert fmean(one * one for one in deviates) == pytest.approx(1)
    assert sorted(deviates)[COUNT // 10] == pytest.approx(NormalDist().inv_cdf(0.1), abs=0.02)


def test_orders_of_different_seeds_have_nothing_in_common() -> None:
    """What is drawn for one memory size says nothing of another: correlations are those of chance."""
    columns = [normals(100 + index, COUNT) for index in range(10)]
    shared = [
        fmean(one * two for one, two in zip(first, second, strict=True))
        for index, first in enumerate(columns)
        for second in columns[:index]
    ]

    assert max(map(abs, shared)) < 4 / COUNT**0.5
    assert fmean(one * one for one in shared) == pytest.approx(1 / COUNT, rel=0.5)


def test_no_two_purposes_share_their_draws() -> None:
    """Each purpose, and each of as many memory sizes as are thought about at once, has a seed of its own."""
    alone = {
        "explanations",
        "scales",
        "tails",
        "added tails",
        "past",
        "turned",
        "turns",
        "recalled",
        "cold",
        "cold slopes",
        "payloads",
    }
    seeds = [
        seed_for(7, purpose, index) for purpose in get_args(Purpose) for index in range(1 if purpose in alone else 100)
    ]

    assert len(seeds) == len(set(seeds))


def test_numbers_lie_between_0_and_1() -> None:
    """Neither end is ever drawn: their logarithms and quantiles are finite."""
    numbers = uniforms(3, 10_000)

    assert 0 < min(numbers) < 0.001
    assert 0.999 < max(numbers) < 1
    assert fmean(numbers) == pytest.approx(0.5, abs=0.01)
