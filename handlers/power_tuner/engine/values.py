"""What each memory size costs, takes and is worth in every draw of the belief; smaller is better."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from power_tuner.engine.belief import Belief
from power_tuner.engine.objective import Draws, Statistic
from power_tuner.engine.priors import BARRED_STEP, MAX_REGRET, PRIOR_ROUNDING_CALLS, PRIOR_ROUNDING_MS, QUANTILES
from power_tuner.engine.question import Question


@dataclass(frozen=True, slots=True)
class Values:
    """Cost, duration and objective of each memory size in each draw, one list per memory size."""

    cost_usd: list[list[float]]
    duration_ms: list[list[float]]
    log_value: list[list[float]]
    limited_ms: list[list[float]] | None = None


def evaluate(question: Question, memories_mb: Sequence[int], belief: Belief, rounding_ms: Sequence[float]) -> Values:
    """Return what every memory size costs, takes and is worth in every draw."""
    cost = [
        [
            (duration + rounding) * question.price_per_ms_usd[memory_mb] + question.request_price_usd
            for duration in column
        ]
        for memory_mb, column, rounding in zip(memories_mb, belief.mean_ms, rounding_ms, strict=True)
    ]
    limit = question.objective.limit
    limited = _limited(limit.statistic, belief) if limit else None
    log_value = question.objective.log_values(Draws(cost, belief.mean_ms, limited or ()))
    for index, memory_mb in enumerate(memories_mb):
        if memory_mb in question.barred_mb:
            log_value[index] = [value + BARRED_STEP for value in log_value[index]]
    return Values(cost, belief.mean_ms, log_value, limited)


def _limited(statistic: Statistic, belief: Belief) -> list[list[float]]:
    """Return the statistic that is limited: the mean, or a quantile of a log-normal body and what the tail adds."""
    if statistic == "mean":
        return belief.mean_ms
    rank, deviate = QUANTILES[statistic]
    limited = []
    for column, variance, body in zip(belief.log_body, belief.call_variance, belief.bodies, strict=True):
        shift = deviate * math.sqrt(variance) - variance / 2
        if body and body.outliers > (1 - rank) * body.count:
            shift = math.log(sorted(body.outlier_factors)[len(body.outlier_factors) // 2])
        limited.append([math.exp(log + shift) for log in column])
    return limited


def losses(log_value: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    """Return the expected regret of each memory size, a share, and the best value of each draw."""
    best = [min(draw) for draw in zip(*log_value, strict=True)]
    regret = [
        sum(
            min(math.expm1(min(value - least, MAX_REGRET)), MAX_REGRET)
            for value, least in zip(column, best, strict=True)
        )
        / len(best)
        for column in log_value
    ]
    return regret, best


def rounding(samples: Mapping[int, Sequence[tuple[float, float]]], memories_mb: Sequence[int]) -> list[float]:
    """Return by how much billed durations exceed durations at each memory size, on average.

    Rounding up adds half a millisecond; the bill of a cold call also holds its initialization.
    """
    pooled = [billed - duration for pairs in samples.values() for duration, billed in pairs]
    common = sum(pooled) / len(pooled) if pooled else PRIOR_ROUNDING_MS
    found = []
    for memory_mb in memories_mb:
        pairs = samples.get(memory_mb, ())
        own = [billed - duration for duration, billed in pairs]
        found.append(max(0.0, (PRIOR_ROUNDING_CALLS * common + sum(own)) / (PRIOR_ROUNDING_CALLS + len(own))))
    return found
