"""How calls of one size differ from one another: the body of the durations, its spread, and the slow tail."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# spread of log durations: values held possible before anything was measured, and their weights
SPREADS = (0.015, 0.03, 0.06, 0.11, 0.2, 0.35, 0.6)
SPREAD_WEIGHTS = (0.12, 0.18, 0.22, 0.2, 0.15, 0.09, 0.04)
OWN_SPREAD_WEIGHT = 4.0


@dataclass(frozen=True, slots=True)
class Body:
    """One size's samples, its slow outliers set apart."""

    count: int
    log_mean: float
    squares: float
    freedom: int
    outliers: int
    outlier_factors: tuple[float, ...]
    excess: float


def bodies(samples: Sequence[Sequence[float]]) -> list[Body | None]:
    """Split each size's durations into body and tail; a size without samples gives None."""
    logs = [sorted(math.log(max(duration, 1e-3)) for duration in size) for size in samples]
    threshold = _threshold(logs)
    return [_body(size, threshold) if size else None for size in logs]


def _threshold(logs: Sequence[Sequence[float]]) -> float:
    """Say how far above its size's median, in logs, a call is no longer part of the body."""
    deviations = [value - _low_median(size) for size in logs if len(size) > 1 for value in size]
    centres = sum(1 for size in logs if len(size) > 1)
    freedom = len(deviations) - centres
    squares = sum(min(abs(deviation), 0.5) ** 2 for deviation in deviations)
    spread = math.sqrt((3 * 0.12**2 + squares) / (3 + freedom))
    threshold = max(0.26, 3.5 * spread)
    beyond = sum(1 for deviation in deviations if deviation > threshold)
    # what happens to every eighth call is no tail
    return threshold if beyond <= max(1.0, len(deviations) / 8) else math.inf


def _low_median(ordered: Sequence[float]) -> float:
    return ordered[(len(ordered) - 1) // 2]


def _body(ordered: Sequence[float], threshold: float) -> Body:
    edge = _low_median(ordered) + threshold
    inside = [value for value in ordered if value <= edge]
    mean = sum(map(math.exp, inside)) / len(inside)
    centre = sum(inside) / len(inside)
    factors = tuple(math.exp(value) / mean for value in ordered[len(inside) :])
    return Body(
        count=len(inside),
        log_mean=math.log(mean),
        squares=sum((value - centre) ** 2 for value in inside),
        freedom=len(inside) - 1,
        outliers=len(factors),
        outlier_factors=factors,
        excess=sum(factor - 1 for factor in factors) / len(ordered),
    )


def spread_weights(measured: Sequence[Body]) -> list[tuple[float, float]]:
    """Give the spreads that the samples leave possible, each with its log weight."""
    freedom = sum(body.freedom for body in measured)
    squares = sum(body.squares for body in measured)
    weighted = [
        (spread, math.log(weight) - freedom * math.log(spread) - squares / (2 * spread * spread))
        for spread, weight in zip(SPREADS, SPREAD_WEIGHTS, strict=True)
    ]
    top = max(weight for _, weight in weighted)
    return [(spread, weight) for spread, weight in weighted if weight > top - 4.5]


def own_variance(spread: float, body: Body | None) -> float:
    """Shrink a size's own variance toward the common one."""
    if body is None:
        return spread * spread
    return (OWN_SPREAD_WEIGHT * spread * spread + body.squares) / (OWN_SPREAD_WEIGHT + body.freedom)
