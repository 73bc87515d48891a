"""How calls of one memory size differ from one another: the body of the durations, its spread, and the slow tail."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from power_tuner.engine.priors import (
    BODY_SPREAD_WIDTH,
    BODY_WIDTH,
    CALLS_PER_TAIL,
    COMMON_SPREAD_CALLS,
    MAX_SPREAD_MISFIT,
    MIN_DURATION_MS,
    MIN_TAIL_EDGE,
    PRIOR_CALLS,
    PRIOR_SPREAD,
    PULLED_SQUARES,
    SPREAD_TURNS,
    SPREAD_WEIGHTS,
    SPREADS,
    TAIL_SPREAD_WIDTH,
    TAIL_WIDTH,
)


@dataclass(frozen=True, slots=True)
class Body:
    """The samples of one memory size, its slow outliers set apart.

    Attributes:
        count: All calls, outliers included.
        log_mean: The mean of the logarithms, without outliers.
        squares: The sum of the squared deviations from it.
        freedom: Their degrees of freedom.
        outliers: The calls that are set apart.
        outlier_factors: How many times as long as the body each of them took.
        skew: By which share the mean of the body lies above the mean of its logarithms.
        tail_excess: What the outliers add to the mean of all calls, as a share.
        weight: How many calls it counts for; fewer than were made where these had few of the payloads.
        scatter: The variance of calls with the same payload; None where payloads are not told apart.
    """

    count: int
    log_mean: float
    squares: float
    freedom: int
    outliers: int
    outlier_factors: tuple[float, ...]
    skew: float
    tail_excess: float
    weight: float
    scatter: float | None = None


def bodies(samples: Sequence[Sequence[float]]) -> list[Body | None]:
    """Return body and tail of the durations of each memory size; None for one without samples."""
    all_logs = [sorted(math.log(max(one, MIN_DURATION_MS)) for one in durations_ms) for durations_ms in samples]
    deviations = [[value - _low_median(logs) for value in logs] for logs in all_logs if len(logs) > 1]
    tail_edge = _tail_edge(deviations)
    body_edge = BODY_WIDTH * _spread(deviations, BODY_SPREAD_WIDTH)
    pulled = [_pulled(logs, body_edge, tail_edge) for logs in all_logs]
    # what pulling in takes away is given back alike to all, so that a single call is judged like several
    taken = [
        raw - kept
        for logs, inside in zip(all_logs, pulled, strict=True)
        if len(logs) > 1
        for raw, kept in zip(logs, inside, strict=False)
    ]
    back = sum(taken) / (len(taken) + PRIOR_CALLS)
    return [_body(logs, inside, back) if logs else None for logs, inside in zip(all_logs, pulled, strict=True)]


def _spread(deviations: Sequence[Sequence[float]], width: float) -> float:
    """Return the common spread about the medians; what is `width` spreads above counts as that much only."""
    freedom = PRIOR_CALLS + sum(len(column) - 1 for column in deviations)
    spread = PRIOR_SPREAD
    for _ in range(SPREAD_TURNS):
        squares = sum(min(abs(one), width * spread) ** 2 for column in deviations for one in column)
        spread = math.sqrt((PRIOR_CALLS * PRIOR_SPREAD**2 + PULLED_SQUARES * squares) / freedom)
    return spread


def _tail_edge(deviations: Sequence[Sequence[float]]) -> float:
    """Return how far above its median, in logarithms, a call is no longer part of the body."""
    edge = max(MIN_TAIL_EDGE, TAIL_WIDTH * _spread(deviations, TAIL_SPREAD_WIDTH))
    every = [one for column in deviations for one in column]
    beyond = sum(1 for one in every if one > edge)
    return edge if beyond <= max(1.0, len(every) / CALLS_PER_TAIL) else math.inf


def _low_median(ordered: Sequence[float]) -> float:
    return ordered[(len(ordered) - 1) // 2]


def _pulled(ordered: Sequence[float], body_edge: float, tail_edge: float) -> list[float]:
    """Return the logarithms without the tail, the slow side pulled in: it is long even without a tail."""
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
        weight=float(len(ordered)),
    )


def spread_weights(measured: Sequence[Body]) -> list[tuple[float, float]]:
    """Return the spreads that the samples leave possible, each with the logarithm of its weight."""
    freedom = sum(body.freedom for body in measured)
    squares = sum(body.squares for body in measured)
    weighted = [
        (spread, math.log(weight) - freedom * math.log(spread) - squares / (2 * spread * spread))
        for spread, weight in zip(SPREADS, SPREAD_WEIGHTS, strict=True)
    ]
    top = max(weight for _, weight in weighted)
    return [(spread, weight) for spread, weight in weighted if weight > top - MAX_SPREAD_MISFIT]


def own_variance(spread: float, body: Body | None) -> float:
    """Return the variance of one memory size's calls, shrunk toward the common one."""
    if body is None:
        return spread * spread
    return (COMMON_SPREAD_CALLS * spread * spread + body.squares) / (COMMON_SPREAD_CALLS + body.freedom)
