"""How good each size is at the objective, for every draw of the belief; smaller is better."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from power_tuner.engine.belief import Belief
from power_tuner.engine.question import Objective, Question

# a size beyond a limit is worse by this power of how far it is beyond
LIMIT_SLOPE = 6.0
QUANTILES = {"p50": (0.5, 0.0), "p90": (0.9, 1.2816), "p95": (0.95, 1.6449), "p99": (0.99, 2.3263)}


@dataclass(frozen=True, slots=True)
class Values:
    """Cost, duration and objective of each size in each draw, one list per size."""

    cost_usd: list[list[float]]
    duration_ms: list[list[float]]
    log_value: list[list[float]]
    limited_ms: list[list[float]] | None = None


def evaluate(question: Question, memories_mb: Sequence[int], belief: Belief, rounding_ms: Sequence[float]) -> Values:
    """Value every size in every draw."""
    cost = [
        [(duration + rounding) * question.price_per_ms_usd[size] + question.request_price_usd for duration in column]
        for size, column, rounding in zip(memories_mb, belief.mean_ms, rounding_ms, strict=True)
    ]
    duration = belief.mean_ms
    objective = question.objective
    if objective.strategy == "cost":
        return Values(cost, duration, _logs(cost))
    if objective.strategy == "speed":
        return Values(cost, duration, _logs(duration))
    if objective.strategy == "balanced":
        return Values(cost, duration, _logs(_balanced(objective.balanced_weight, cost, duration)))
    if objective.strategy == "slo":
        limited = _limited(objective, belief)
        return Values(cost, duration, _beyond(cost, limited, objective.max_duration_ms), limited)
    return Values(cost, duration, _tolerated(objective.tolerance, cost, duration))


def _logs(columns: list[list[float]]) -> list[list[float]]:
    return [[math.log(value) for value in column] for column in columns]


def _balanced(weight: float, cost: list[list[float]], duration: list[list[float]]) -> list[list[float]]:
    """Weigh relative cost and relative duration as the peer does (its analyzer's findBalanced)."""
    dearest = [max(draw) for draw in zip(*cost, strict=True)]
    slowest = [max(draw) for draw in zip(*duration, strict=True)]
    return [
        [
            weight * cost_one / cost_top + (1 - weight) * duration_one / duration_top
            for cost_one, duration_one, cost_top, duration_top in zip(
                cost_column, duration_column, dearest, slowest, strict=True
            )
        ]
        for cost_column, duration_column in zip(cost, duration, strict=True)
    ]


def _limited(objective: Objective, belief: Belief) -> list[list[float]]:
    """Give the statistic that is limited: the mean, or a quantile of a log-normal body and what the tail adds."""
    if objective.statistic == "mean":
        return belief.mean_ms
    rank, deviate = QUANTILES[objective.statistic]
    limited = []
    for column, variance, body in zip(belief.log_body, belief.call_variance, belief.bodies, strict=True):
        shift = deviate * math.sqrt(variance) - variance / 2
        if body and body.outliers > (1 - rank) * body.count:
            shift = math.log(sorted(body.outlier_factors)[len(body.outlier_factors) // 2])
        limited.append([math.exp(log + shift) for log in column])
    return limited


def _beyond(cost: list[list[float]], limited: list[list[float]], most_ms: float) -> list[list[float]]:
    return [
        [
            math.log(one) + (LIMIT_SLOPE * math.log(at / most_ms) + 0.1 if at > most_ms else 0.0)
            for one, at in zip(cost_column, limited_column, strict=True)
        ]
        for cost_column, limited_column in zip(cost, limited, strict=True)
    ]


def _tolerated(tolerance: float, cost: list[list[float]], duration: list[list[float]]) -> list[list[float]]:
    allowed = [min(draw) * (1 + tolerance) for draw in zip(*cost, strict=True)]
    return [
        [
            math.log(took) + (LIMIT_SLOPE * math.log(one / most) + 0.02 if one > most else 0.0)
            for one, took, most in zip(cost_column, duration_column, allowed, strict=True)
        ]
        for cost_column, duration_column in zip(cost, duration, strict=True)
    ]


def losses(log_value: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    """Give each size's expected regret (a share, capped at 1 per draw) and the best value of each draw."""
    best = [min(draw) for draw in zip(*log_value, strict=True)]
    regret = [
        sum(min(math.expm1(min(value - least, 1.0)), 1.0) for value, least in zip(column, best, strict=True))
        / len(best)
        for column in log_value
    ]
    return regret, best


def rounding(samples: Mapping[int, Sequence[tuple[float, float]]], memories_mb: Sequence[int]) -> list[float]:
    """Say by how much each size's billed duration exceeds its duration, on average.

    Rounding up adds half a millisecond; a cold call's bill also holds its initialization.
    """
    pooled = [billed - duration for pairs in samples.values() for duration, billed in pairs]
    common = sum(pooled) / len(pooled) if pooled else 0.5
    found = []
    for size in memories_mb:
        pairs = samples.get(size, ())
        own = [billed - duration for duration, billed in pairs]
        found.append(max(0.0, (2 * common + sum(own)) / (2 + len(own))))
    return found
