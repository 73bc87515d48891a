"""What each memory size costs, takes and is worth in every draw of the belief; smaller is better."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from power_tuner.engine.belief import Belief
from power_tuner.engine.mixture import ColdBelief, mixed, mixed_quantile
from power_tuner.engine.objective import Draws, Statistic
from power_tuner.engine.priors import BARRED_STEP, MAX_REGRET, PRIOR_ROUNDING_CALLS, PRIOR_ROUNDING_MS, QUANTILES
from power_tuner.engine.question import ColdStarts, Question


@dataclass(frozen=True, slots=True)
class Values:
    """Cost, duration and objective of each memory size in each draw, one list per memory size.

    `call_usd` is the cost of a warm call, also where the cost that counts is that of warm and cold calls together.
    """

    cost_usd: list[list[float]]
    duration_ms: list[list[float]]
    log_value: list[list[float]]
    call_usd: list[list[float]]
    limited_ms: list[list[float]] | None = None


def evaluate(
    question: Question,
    memories_mb: Sequence[int],
    belief: Belief,
    rounding_ms: Sequence[float],
    cold: ColdBelief | None = None,
) -> Values:
    """Return what every memory size costs, takes and is worth in every draw."""
    call_usd = [
        [
            (duration + rounding) * question.price_per_ms_usd[memory_mb] + question.request_price_usd
            for duration in column
        ]
        for memory_mb, column, rounding in zip(memories_mb, belief.mean_ms, rounding_ms, strict=True)
    ]
    cost, duration, share = call_usd, belief.mean_ms, 0.0
    if cold is not None and question.cold_starts is not None:
        share = question.cold_starts.share
        cost = mixed(share, call_usd, _cold_usd(question, question.cold_starts, memories_mb, cold))
        duration = mixed(share, belief.mean_ms, cold.total_ms)
    limit = question.objective.limit
    limited = _limited(limit.statistic, belief, duration, share, cold) if limit else None
    log_value = question.objective.log_values(Draws(cost, duration, limited or ()))
    for index, memory_mb in enumerate(memories_mb):
        if memory_mb in question.barred_mb:
            log_value[index] = [value + BARRED_STEP for value in log_value[index]]
    return Values(cost, duration, log_value, call_usd, limited)


def _cold_usd(
    question: Question, cold_starts: ColdStarts, memories_mb: Sequence[int], cold: ColdBelief
) -> list[list[float]]:
    return [
        [
            total * cold.billed_share * question.price_per_ms_usd[memory_mb]
            + cold_starts.restore_usd.get(memory_mb, 0.0)
            + question.request_price_usd
            for total in column
        ]
        for memory_mb, column in zip(memories_mb, cold.total_ms, strict=True)
    ]


def _limited(
    statistic: Statistic, belief: Belief, mean_ms: list[list[float]], share: float, cold: ColdBelief | None
) -> list[list[float]]:
    """Return the statistic that is limited: the mean, or a quantile of a log-normal body and what the tail adds."""
    if statistic == "mean":
        return mean_ms
    rank, deviate = QUANTILES[statistic]
    limited = []
    for index, (column, variance, body) in enumerate(
        zip(belief.log_body, belief.call_variance, belief.bodies, strict=True)
    ):
        shift = deviate * math.sqrt(variance) - variance / 2
        if body and body.outliers > (1 - rank) * body.count:
            shift = math.log(sorted(body.outlier_factors)[len(body.outlier_factors) // 2])
        of_warm = [math.exp(log + shift) for log in column]
        limited.append(of_warm)
        if cold is not None and share:
            spread = math.sqrt(variance)
            middles = (log - variance / 2 for log in column)
            of_all = (
                middle + mixed_quantile(rank, share, spread, math.log(total) - middle)
                for middle, total in zip(middles, cold.total_ms[index], strict=True)
            )
            limited[index] = [max(one, math.exp(two)) for one, two in zip(of_warm, of_all, strict=True)]
    return limited


def losses(log_value: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    """Return the expected regret of each memory size, a share, and the best value of each draw."""
    best = [min(draw) for draw in zip(*log_value, strict=True)]
    most = math.log1p(MAX_REGRET)
    regret = [
        sum(
            math.expm1(value - least) if value - least < most else MAX_REGRET
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
