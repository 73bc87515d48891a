"""A seeded random generator: the same seed gives the same draws, spread evenly over what is possible."""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

Purpose = Literal[
    "explanations",
    "scales",
    "tails",
    "added tails",
    "bodies",
    "own tails",
    "shapes",
    "kinks",
    "past",
    "turned",
    "turns",
    "recalled",
    "cold",
    "cold slopes",
    "cold departures",
    "payloads",
    "settling",
]

# Added to the question's seed, so that what is drawn for one purpose says nothing of another. Where each memory size
# has draws of its own, its index is added too.
_OFFSETS: dict[Purpose, int] = {
    "explanations": 0,
    "scales": 7,
    "tails": 11,
    "added tails": 13,
    "bodies": 100,
    "own tails": 1009,
    "shapes": 3001,
    "kinks": 5003,
    "past": 20_011,
    "turned": 7001,
    "turns": 7003,
    "recalled": 7013,
    "cold": 17,
    "cold slopes": 19,
    "cold departures": 9001,
    "payloads": 23,
    "settling": 7019,
}
_MASK = (1 << 64) - 1


def seed_for(seed: int, purpose: Purpose, index: int = 0) -> int:
    """Return the seed of the draws for one purpose, and for one memory size by its index."""
    return seed + _OFFSETS[purpose] + index


def _mix(state: int) -> int:
    # SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014
    word = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return word ^ (word >> 31)


def uniforms(seed: int, count: int) -> list[float]:
    """Return numbers strictly between 0 and 1."""
    state = _mix((seed + 1) & _MASK)
    numbers = []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        numbers.append(((_mix(state) >> 11) + 0.5) / (1 << 53))
    return numbers


@lru_cache(maxsize=64)
def spread_evenly(seed: int, count: int) -> tuple[float, ...]:
    """Return the middles of `count` equal parts of 0 to 1 in random order (Latin hypercube; McKay et al. 1979)."""
    numbers = [(part + 0.5) / count for part in range(count)]
    _shuffle(numbers, seed)
    return tuple(numbers)


def few_of(seed: int, few: int, count: int) -> list[int]:
    """Return so many different ones of the numbers from 0 to `count`, in random order."""
    left = list(range(count))
    return [left.pop(int(unit * len(left))) for unit in uniforms(seed, few)]


@lru_cache(maxsize=128)
def normals(seed: int, count: int) -> tuple[float, ...]:
    """Return standard normal deviates in random order, whose mean is 0 and whose mean square is 1."""
    deviates = list(_quantiles(count))
    _shuffle(deviates, seed)
    return tuple(deviates)


@lru_cache
def _quantiles(count: int) -> tuple[float, ...]:
    normal = NormalDist()
    quantiles = [normal.inv_cdf((part + 0.5) / count) for part in range(count)]
    width = math.sqrt(sum(quantile * quantile for quantile in quantiles) / count)
    return tuple(quantile / width for quantile in quantiles)


def _shuffle(numbers: list[float], seed: int) -> None:
    units = uniforms(seed, len(numbers))
    for last in range(len(numbers) - 1, 0, -1):
        other = int(units[last] * (last + 1))
        numbers[last], numbers[other] = numbers[other], numbers[last]
