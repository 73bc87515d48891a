"""What earlier calls of the function say, made ready to be compared with new ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from power_tuner.engine.belief import believe
from power_tuner.engine.noise import bodies
from power_tuner.engine.priors import (
    DRAWS,
    NEW_SCALE_DENSITY,
    PAST_CURVES,
    PAST_SCALE_WEIGHTS,
    PAST_SCALES,
    PRODUCTION_WIDTH,
    SAME_CHANCE,
    TURN_SHARE,
    TURN_WIDTH,
)
from power_tuner.engine.question import Past
from power_tuner.engine.random_draws import normals, seed_for, spread_evenly


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the earlier calls left possible; lists have an entry per memory size, and in it one per curve.

    Attributes:
        curves: The logarithm of the body.
        factors: How many times as long as the body the mean is.
        variances: Of the logarithm of the calls.
        spread: The common one.
        same_chance: That the function is still the same, up to its scale, before it was called again.
    """

    curves: list[list[float]]
    factors: list[list[float]]
    variances: list[float]
    spread: float
    same_chance: float


# A run asks for one past only, round after round, over all memory sizes or over those of a shortlist.
@lru_cache(maxsize=4)
def remember(memories_mb: tuple[int, ...], past: Past, seed: int) -> Remembered:
    """Return what the earlier calls say of each memory size."""
    known = dict(past.durations_ms) or dict((past.production,) if past.production else ())
    used_mb = {past.production[0]} if past.production else set()
    every_mb = tuple(sorted({*memories_mb, *known, *used_mb}))
    belief = believe(every_mb, [known.get(memory_mb, ()) for memory_mb in every_mb], seed_for(seed, "past"))
    shift, same_chance = 0.0, SAME_CHANCE
    if past.production and past.durations_ms:
        memory_mb, durations_ms = past.production
        shift, same_chance = _compared(belief.log_body[every_mb.index(memory_mb)], durations_ms)
    turns = _turns(seed)
    middle = math.log(memories_mb[0] * memories_mb[-1]) / 2
    curves, factors, variances = [], [], []
    for memory_mb in memories_mb:
        index = every_mb.index(memory_mb)
        logs = belief.log_body[index][:: DRAWS // PAST_CURVES]
        means = belief.mean_ms[index][:: DRAWS // PAST_CURVES]
        lever = math.log(memory_mb) - middle
        curves.append([log + shift + turn * lever for log, turn in zip(logs, turns, strict=True)])
        factors.append([mean / math.exp(log) for mean, log in zip(means, logs, strict=True)])
        variances.append(belief.call_variance[index])
    return Remembered(curves, factors, variances, belief.spread, same_chance)


def _compared(expected: Sequence[float], durations_ms: Sequence[float]) -> tuple[float, float]:
    """Return by how much production differs from what is expected there, and the chance that all is the same."""
    [body] = bodies([durations_ms])
    if body is None:
        return 0.0, SAME_CHANCE
    middle = sum(expected) / len(expected)
    unsure = sum((one - middle) ** 2 for one in expected) / len(expected) + PRODUCTION_WIDTH**2
    shift = body.log_mean - middle
    density = sum(
        weight * math.exp(-0.5 * shift * shift / (unsure + width * width)) / math.sqrt(unsure + width * width)
        for width, weight in zip(PAST_SCALES, PAST_SCALE_WEIGHTS, strict=True)
    ) / math.sqrt(2 * math.pi)
    same = SAME_CHANCE * density
    return shift, same / (same + (1 - SAME_CHANCE) * NEW_SCALE_DENSITY)


def _turns(seed: int) -> list[float]:
    """Return by which power of memory the duration grows otherwise than then, for each curve; half are as then."""
    units = spread_evenly(seed_for(seed, "turned"), PAST_CURVES)
    deviates = normals(seed_for(seed, "turns"), PAST_CURVES)
    return [TURN_WIDTH * deviate if unit < TURN_SHARE else 0.0 for unit, deviate in zip(units, deviates, strict=True)]
