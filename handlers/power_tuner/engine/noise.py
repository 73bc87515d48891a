"""How calls of one size differ from one another: the body of the durations, its spread, and the slow tail."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# spread of log durations: values held possible before anything was measured, and their weights
SPREADS = (0.015, 0.03, 0.06, 0.11, 0.2, 0.35, 0.6)
SPREAD_WEIGHTS = (0.12, 0.18, 0.22, 0.2, 0.15, 0.09, 0.04)
OWN_SPREAD_WEIGHT = 4.0
PRIOR_SPREAD = 0.1
PRIOR_CALLS = 2.0
BODY_WIDTH = 1.5


@dataclass(frozen=True, slots=True)
class Body:
    """One size's samples, its slow outliers set apart."""

    count: int
    log_mean: float
    squares: float
    freedom: int
    outliers: int
    outlier_factors: tuple[float, ...]
    skew: float
    tail_excess: float


def bodies(samples: Sequence[Sequence[float]]) -> list[Body | None]:
    """Split each size's durations into body and tail; a size without samples gives None."""
    logs = [sorted(math.log(max(duration, 1e-3)) for duration in size) for size in samples]
    deviations = [[value - _low_median(size) for value in size] for size in logs if len(size) > 1]
    tail_edge = _tail_edge(deviations)
    body_edge = BODY_WIDTH * _spread(deviations, 2)
    pulled = [_pulled(size, body_edge, tail_edge) for size in logs]
    # what pulling in takes away is given back alike to all, so that a size called once is judged like the others
    taken = [
        raw - kept
        for size, inside in zip(logs, pulled, strict=True)
        if len(size) > 1
        for raw, kept in zip(size, inside, strict=False)
    ]
    back = sum(taken) / (len(taken) + PRIOR_CALLS)
    return [_body(size, inside, back) if size else None for size, inside in zip(logs, pulled, strict=True)]


def _spread(deviations: Sequence[Sequence[float]], most: float) -> float:
    """Estimate the common spread about the medians; what is `most` spreads above counts as that much only."""
    freedom = PRIOR_CALLS + sum(len(size) - 1 for size in deviations)
    spread = PRIOR_SPREAD
    for _ in range(4):
        squares = sum(min(abs(one), most * spread) ** 2 for size in deviations for one in size)
        spread = math.sqrt((PRIOR_CALLS * PRIOR_SPREAD**2 + 1.3 * squares) / freedom)
    return spread


def _tail_edge(deviations: Sequence[Sequence[float]]) -> float:
    """Say how far above its size's median, in logs, a call is no longer part of the body."""
    edge = max(0.26, 4 * _spread(deviations, 3))
    every = [one for size in deviations for one in size]
    beyond = sum(1 for one in every if one > edge)
    # what happens to every eighth call is no tail
    return edge if beyond <= max(1.0, len(every) / 8) else math.inf


def _low_median(ordered: Sequence[float]) -> float:
    return ordered[(len(ordered) - 1) // 2]


def _pulled(ordered: Sequence[float], body_edge: float, tail_edge: float) -> list[float]:
    """Leave out the tail, and pull in the slow side, which is long even without a tail."""
    if not ordered:
        return []
    centre = _low_median(ordered)
    return [min(value, centre + body_edge) for value in ordered if value <= centre + tail_edge]


def _body(ordered: Sequence[float], pulled: Sequence[float], back: float) -> Body:
    centre = sum(pulled) / len(pulled)
    mean = centre + (back if len(ordered) > 1 else 0.0)
    factors = tuple(math.exp(value - mean) for value in ordered[len(pulled) :])
    return Body(
        count=len(ordered),
        log_mean=mean,
        squares=sum((value - centre) ** 2 for value in pulled),
        freedom=len(pulled) - 1,
        outliers=len(factors),
        outlier_factors=factors,
        skew=sum(math.exp(value - mean) for value in ordered[: len(pulled)]) / len(pulled) - 1,
        tail_excess=sum(factor - 1 for factor in factors) / len(ordered),
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
    return [(spread, weight) for spread, weight in weighted if weight > top - 3.5]


def own_variance(spread: float, body: Body | None) -> float:
    """Shrink a size's own variance toward the common one."""
    if body is None:
        return spread * spread
    return (OWN_SPREAD_WEIGHT * spread * spread + body.squares) / (OWN_SPREAD_WEIGHT + body.freedom)
