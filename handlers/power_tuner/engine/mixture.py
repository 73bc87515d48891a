"""Warm and cold calls together: what a function costs and takes when a share of its calls is cold.

The logarithm of what a cold call takes is a line over the logarithm of memory, from which each memory size departs. The
slope has a normal prior, the height a flat one: one cold call is enough to speak of all memory sizes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from power_tuner.engine.priors import (
    COLD_DEPARTURE,
    COLD_SLOPE,
    COLD_SLOPE_WIDTH,
    COLD_SPREAD,
    DRAWS,
    MIN_DURATION_MS,
    QUANTILE_TURNS,
)
from power_tuner.engine.question import Measured
from power_tuner.engine.random_draws import normals, seed_for


@dataclass(frozen=True, slots=True)
class ColdBelief:
    """What a cold call takes at each memory size, in each draw, and how much of it is billed."""

    total_ms: list[list[float]]
    billed_share: float


def believe_cold(memories_mb: Sequence[int], samples: Sequence[Sequence[Measured]], seed: int) -> ColdBelief | None:
    """Return what is believed of cold calls, None if there was none."""
    calls = [(index, math.log(max(one.duration_ms, MIN_DURATION_MS))) for index, of in enumerate(samples) for one in of]
    if not calls:
        return None
    logs = [math.log(memory_mb) for memory_mb in memories_mb]
    middle = fmean(logs[index] for index, _ in calls)
    noise = COLD_SPREAD**2 + COLD_DEPARTURE**2
    # The height in the middle of the calls and the slope are independent there.
    precision = 1 / COLD_SLOPE_WIDTH**2 + sum((logs[index] - middle) ** 2 for index, _ in calls) / noise
    pull = COLD_SLOPE / COLD_SLOPE_WIDTH**2 + sum((logs[index] - middle) * log for index, log in calls) / noise
    slope, height = pull / precision, fmean(log for _, log in calls)
    slopes = [slope + deviate / math.sqrt(precision) for deviate in normals(seed_for(seed, "cold slopes"), DRAWS)]
    heights = [height + deviate * math.sqrt(noise / len(calls)) for deviate in normals(seed_for(seed, "cold"), DRAWS)]
    columns = []
    for index, log in enumerate(logs):
        own = [found for at, found in calls if at == index]
        weight = 1 / COLD_DEPARTURE**2
        precise = weight + len(own) / COLD_SPREAD**2
        toward, offset = weight / precise, sum(own) / COLD_SPREAD**2 / precise
        width = 1 / math.sqrt(precise)
        deviates = normals(seed_for(seed, "cold departures", index), DRAWS)
        columns.append(
            [
                math.exp(toward * (high + steep * (log - middle)) + offset + width * deviate)
                for high, steep, deviate in zip(heights, slopes, deviates, strict=True)
            ]
        )
    every = [one for of in samples for one in of]
    billed = sum(one.billed_ms for one in every) / max(sum(one.duration_ms for one in every), MIN_DURATION_MS)
    return ColdBelief(columns, billed)


def mixed(share: float, warm: Sequence[Sequence[float]], cold: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the mean of warm and cold calls, of which a share is cold, in each draw."""
    return [
        [(1 - share) * one + share * two for one, two in zip(warm_column, cold_column, strict=True)]
        for warm_column, cold_column in zip(warm, cold, strict=True)
    ]


def mixed_quantile(rank: float, share: float, warm_spread: float, log_ratio: float) -> float:
    """Return the logarithm of a quantile of all calls, relative to the median of the warm ones.

    Args:
        rank: of the quantile.
        share: of the cold calls.
        warm_spread: of the logarithms of the warm calls.
        log_ratio: by how much the median of the cold calls lies above that of the warm ones.
    """
    low, high = min(0.0, log_ratio) - 4 * COLD_SPREAD - 4 * warm_spread, max(0.0, log_ratio)
    high += 4 * COLD_SPREAD + 4 * warm_spread
    for _ in range(QUANTILE_TURNS):
        at = (low + high) / 2
        below = (1 - share) * _normal(at / max(warm_spread, MIN_DURATION_MS))
        below += share * _normal((at - log_ratio) / COLD_SPREAD)
        low, high = (at, high) if below < rank else (low, at)
    return (low + high) / 2


def _normal(deviate: float) -> float:
    return 0.5 * math.erfc(-deviate / math.sqrt(2))
