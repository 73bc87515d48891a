"""Chance that is the same every time: normal deviates from a small seeded generator."""

import math
from functools import lru_cache

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


@lru_cache(maxsize=64)
def normals(seed: int, count: int) -> tuple[float, ...]:
    """Draw standard normal deviates, symmetric about zero so that their mean is exact."""
    half = (count + 1) // 2
    half += half % 2
    numbers = uniforms(seed, half)
    drawn: list[float] = []
    for first, second in zip(numbers[::2], numbers[1::2], strict=True):
        # Box and Muller 1958
        radius = math.sqrt(-2 * math.log(first))
        drawn.append(radius * math.cos(2 * math.pi * second))
        drawn.append(radius * math.sin(2 * math.pi * second))
    mirrored = [-number for number in drawn]
    return tuple((drawn + mirrored)[:count])
