"""What slow calls add to the mean bill: a chance per call, a factor, and how unsure both are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from power_tuner.engine.noise import Body

RATES = (0.0, 0.004, 0.012, 0.03, 0.08)
RATE_WEIGHTS = (0.40, 0.22, 0.20, 0.13, 0.05)
EXCESSES = (0.5, 1.5, 5.0, 16.0)
EXCESS_WEIGHTS = (0.35, 0.3, 0.2, 0.15)
EXCESS_SPREAD = 0.7
SIZE_SPREAD = 0.6
TAIL_WEIGHT = 150.0
SKEW_WEIGHT = 40.0
SHAPE_SPREAD = 0.2


@dataclass(frozen=True, slots=True)
class Tail:
    """The tails held possible, as (mean excess over the body, cumulative weight)."""

    steps: tuple[tuple[float, float], ...]

    def excess(self, unit: float) -> float:
        """Pick a mean excess by a number from 0 to 1."""
        for excess, cumulated in self.steps:
            if unit <= cumulated:
                return excess
        return self.steps[-1][0]


def tail_of(measured: Sequence[Body], spread: float) -> Tail:
    """Weigh the tails by the outliers seen, and not seen, in all samples together."""
    calls = sum(body.count for body in measured)
    seen = [factor - 1 for body in measured for factor in body.outlier_factors]
    weighted: list[tuple[float, float]] = []
    for rate, rate_weight in zip(RATES, RATE_WEIGHTS, strict=True):
        for excess, excess_weight in zip(EXCESSES, EXCESS_WEIGHTS, strict=True):
            weight = math.log(rate_weight * excess_weight) + (calls - len(seen)) * math.log1p(-rate)
            for one in seen:
                weight += math.log(max(rate, 1e-4)) - 0.5 * (math.log(one / excess) / EXCESS_SPREAD) ** 2
            weighted.append((rate * excess * min(1.0, 0.1 + 6 * spread), weight))
    top = max(weight for _, weight in weighted)
    shares = sorted((excess, math.exp(weight - top)) for excess, weight in weighted)
    total = sum(share for _, share in shares)
    steps = []
    cumulated = 0.0
    for excess, share in shares:
        cumulated += share / total
        steps.append((excess, cumulated))
    return Tail(steps=tuple(steps))


def own_excesses(
    common: Sequence[float],
    variance: float,
    body: Body | None,
    deviates: Sequence[float],
    shapes: Sequence[float],
) -> list[float]:
    """Mix what all sizes say of the tail with what this size's own calls added to its bill, in each draw.

    A slow call in one size's few calls is bad luck of that size far more often than its nature, so it takes many
    calls until a size is judged by its own tail. Until then a size's mean may also lie off its body because its calls
    scatter in another shape than those of the others, by a share of their spread.

    Args:
        common: The excess that all sizes say, in each draw.
        variance: Of the logarithm of this size's calls.
        body: This size's calls; None if there are none.
        deviates: Standard normal, by which this size's tail differs from the common one.
        shapes: Standard normal, by which the shape of this size's body does.
    """
    offset = -(SIZE_SPREAD**2) / 2
    calls = body.count if body else 0
    prior = SKEW_WEIGHT / (SKEW_WEIGHT + calls)
    shared = TAIL_WEIGHT / (TAIL_WEIGHT + calls)
    skew = prior * variance / 2 + (1 - prior) * (body.skew if body else 0.0)
    shape_width = SHAPE_SPREAD * math.sqrt(prior * variance)
    excesses = [
        skew + shape_width * shape + shared * excess * math.exp(SIZE_SPREAD * deviate + offset)
        for excess, deviate, shape in zip(common, deviates, shapes, strict=True)
    ]
    if body is None or not body.outliers:
        return excesses
    own = (1 - shared) * body.tail_excess
    width = 0.8 / math.sqrt(body.outliers)
    return [
        excess + own * math.exp(width * deviate - width * width / 2)
        for excess, deviate in zip(excesses, deviates, strict=True)
    ]
