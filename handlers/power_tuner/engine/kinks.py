"""Memory sizes that were never called and may be much faster than their curve says.

That is far from normal: a single call shows it, and until then there is no sign of it. So what a call gains by finding
it is reckoned apart from what is learned of curves and departures.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from power_tuner.engine.priors import DRAWS, KINKED_DRAWS, KINKS, KINKS_PER_DOUBLING
from power_tuner.engine.random_draws import few_of


def kinks(seed: int) -> dict[int, float]:
    """Return the few draws in which a memory size is faster than its curve says, and by how much, in logarithms."""
    low, high = KINKS
    draws = few_of(seed, KINKED_DRAWS, DRAWS)
    return {draw: low + (high - low) * (place + 0.5) / KINKED_DRAWS for place, draw in enumerate(draws)}


def kink_chances(memories_mb: Sequence[int]) -> list[float]:
    """Return the chance of a kink at each memory size: by the doublings from halfway below to halfway above it."""
    logs = [math.log2(memory_mb) for memory_mb in memories_mb]
    bounds = [logs[0], *((one + other) / 2 for one, other in pairwise(logs)), logs[-1]]
    return [KINKS_PER_DOUBLING * (high - low) for low, high in pairwise(bounds)]


def kink_gains(
    log_value: Sequence[Sequence[float]], kinked: Sequence[frozenset[int]], leader: int, chances: Sequence[float]
) -> list[float]:
    """Return what knowing whether each memory size has a kink gains on average: by how much it beats the leader."""
    front = log_value[leader]
    return [
        chance * sum(max(0.0, front[draw] - column[draw]) for draw in draws) / KINKED_DRAWS
        for column, draws, chance in zip(log_value, kinked, chances, strict=True)
    ]


def share_found(variance: float) -> float:
    """Return the share of what kinks gain that calls with a mean of this variance find."""
    usual = sum(KINKS) / 2
    return usual * usual / (usual * usual + variance)
