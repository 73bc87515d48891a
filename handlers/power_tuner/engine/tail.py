"""What slow calls add to the mean bill: a chance per call, a factor, and how unsure both are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from power_tuner.engine.noise import Body
from power_tuner.engine.priors import (
    MIN_TAIL_RATE,
    OWN_TAIL_SPREAD,
    SHAPE_SPREAD,
    SKEW_CALLS,
    STEADY_TAIL,
    TAIL_CALLS,
    TAIL_EXCESS_SPREAD,
    TAIL_EXCESS_WEIGHTS,
    TAIL_EXCESSES,
    TAIL_MEMORY_SPREAD,
    TAIL_PER_SPREAD,
    TAIL_RATE_WEIGHTS,
    TAIL_RATES,
)


@dataclass(frozen=True, slots=True)
class Tail:
    """The tails held possible, as (mean excess over the body, cumulated weight)."""

    steps: tuple[tuple[float, float], ...]

    def excess(self, unit: float) -> float:
        """Return the mean excess that a number from 0 to 1 picks."""
        for excess, cumulated in self.steps:
            if unit <= cumulated:
                return excess
        return self.steps[-1][0]


def tail_of(measured: Sequence[Body], spread: float) -> Tail:
    """Return the tails held possible, weighed by the outliers seen and not seen in all samples together."""
    calls = sum(body.count for body in measured)
    seen = [factor - 1 for body in measured for factor in body.outlier_factors]
    share = min(1.0, STEADY_TAIL + TAIL_PER_SPREAD * spread)
    weighted: list[tuple[float, float]] = []
    for rate, rate_weight in zip(TAIL_RATES, TAIL_RATE_WEIGHTS, strict=True):
        for excess, excess_weight in zip(TAIL_EXCESSES, TAIL_EXCESS_WEIGHTS, strict=True):
            weight = math.log(rate_weight * excess_weight) + (calls - len(seen)) * math.log1p(-rate)
            for one in seen:
                deviation = math.log(one / excess) / TAIL_EXCESS_SPREAD
                weight += math.log(max(rate, MIN_TAIL_RATE)) - 0.5 * deviation**2
            weighted.append((rate * excess * share, weight))
    top = max(weight for _, weight in weighted)
    shares = sorted((excess, math.exp(weight - top)) for excess, weight in weighted)
    total = sum(weight for _, weight in shares)
    steps = []
    cumulated = 0.0
    for excess, weight in shares:
        cumulated += weight / total
        steps.append((excess, cumulated))
    return Tail(steps=tuple(steps))


def own_excesses(
    common: Sequence[float],
    variance: float,
    body: Body | None,
    deviates: Sequence[float],
    shapes: Sequence[float],
) -> list[float]:
    """Return what the tail adds to the bill of one memory size in each draw, as a share.

    It is mixed from what the calls of all memory sizes say and what this one's own calls added.

    A slow call among the few of one memory size is bad luck far more often than its nature, so it takes many calls
    until it is judged by its own tail. Until then its mean may also lie off its body because its calls scatter in
    another shape than those of the others, by a share of their spread.

    Args:
        common: The excess that all memory sizes say, in each draw.
        variance: Of the logarithm of this one's calls.
        body: This one's calls; None if there are none.
        deviates: Standard normal, by which this one's tail differs from the common one.
        shapes: Standard normal, by which the shape of this one's body does.
    """
    offset = -(TAIL_MEMORY_SPREAD**2) / 2
    calls = body.count if body else 0
    prior = SKEW_CALLS / (SKEW_CALLS + calls)
    shared = TAIL_CALLS / (TAIL_CALLS + calls)
    skew = prior * variance / 2 + (1 - prior) * (body.skew if body else 0.0)
    shape_width = SHAPE_SPREAD * math.sqrt(prior * variance)
    excesses = [
        skew + shape_width * shape + shared * excess * math.exp(TAIL_MEMORY_SPREAD * deviate + offset)
        for excess, deviate, shape in zip(common, deviates, shapes, strict=True)
    ]
    if body is None or not body.outliers:
        return excesses
    own = (1 - shared) * body.tail_excess
    width = OWN_TAIL_SPREAD / math.sqrt(body.outliers)
    return [
        excess + own * math.exp(width * deviate - width * width / 2)
        for excess, deviate in zip(excesses, deviates, strict=True)
    ]
