"""Chance that is the same every time, from a small seeded generator, and spread evenly over what is possible."""

import math
from functools import lru_cache
from statistics import NormalDist

_MASK = (1 << 64) - 1


def _mix(state: int) -> int:
    # SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014
    word = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return word ^ (word >> 31)


def uniforms(seed: int, count: int) -> list[float]:
    """Draw numbers strictly between 0 and 1."""
    state = _mix((seed + 1) & _MASK)
    numbers = []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        numbers.append(((_mix(state) >> 11) + 0.5) / (1 << 53))
    return numbers


def spread_evenly(seed: int, count: int) -> list[float]:
    """Give the middles of `count` equal parts of 0 to 1 in random order (Latin hypercube; McKay et al. 1979)."""
    numbers = [(place + 0.5) / count for place in range(count)]
    _shuffle(numbers, seed)
    return numbers


@lru_cache(maxsize=64)
def normals(seed: int, count: int) -> tuple[float, ...]:
    """Give standard normal deviates in random order, whose mean is 0 and whose mean square is 1."""
    deviates = list(_quantiles(count))
    _shuffle(deviates, seed)
    return tuple(deviates)


@lru_cache
def _quantiles(count: int) -> tuple[float, ...]:
    normal = NormalDist()
    quantiles = [normal.inv_cdf((place + 0.5) / count) for place in range(count)]
    width = math.sqrt(sum(quantile * quantile for quantile in quantiles) / count)
    return tuple(quantile / width for quantile in quantiles)


def _shuffle(numbers: list[float], seed: int) -> None:
    units = uniforms(seed, len(numbers))
    for last in range(len(numbers) - 1, 0, -1):
        other = int(units[last] * (last + 1))
        numbers[last], numbers[other] = numbers[other], numbers[last]
