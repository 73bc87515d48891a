"""Explanations picked in proportion to their weights."""

import math
from collections.abc import Sequence

from power_tuner.engine.priors import DRAWS
from power_tuner.engine.random_draws import seed_for, uniforms


def log_total(weights: Sequence[float]) -> float:
    """Return the logarithm of the sum of weights that are given as logarithms."""
    top = max(weights)
    return top + math.log(sum(math.exp(weight - top) for weight in weights))


def pick(weights: Sequence[Sequence[float]], seed: int) -> list[tuple[int, int]]:
    """Return row and column of each draw, by weights given as logarithms (systematic resampling, Kitagawa 1996)."""
    top = max(map(max, weights))
    shares = [[math.exp(weight - top) for weight in row] for row in weights]
    step = sum(map(sum, shares)) / DRAWS
    position = uniforms(seed_for(seed, "explanations"), 1)[0] * step
    picked: list[tuple[int, int]] = []
    cumulated = 0.0
    for index, row in enumerate(shares):
        for column, share in enumerate(row):
            cumulated += share
            while position < cumulated and len(picked) < DRAWS:
                picked.append((index, column))
                position += step
    while len(picked) < DRAWS:
        picked.append(picked[-1])
    return picked
