"""The classic sweep: every memory size `num` times, trimmed means, the smallest wins.

The peer's arithmetic (aws-lambda-power-tuning 4.4.0, lambda/utils.js and lambda/analyzer.js): the number cut off
at each end is `parseInt(num * 0.2)`, the price is that of the rounded-up trimmed mean of the billed durations, and
a tie goes to the faster (cost) or the cheaper (speed) memory size.
"""

import numpy as np
from numpy.typing import NDArray

from bench_decisions.workloads import Workload, log_values

DISCARD_TOP_BOTTOM = 0.2


def trimmed_mean(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean along the last axis without the smallest and the largest fifth."""
    count = samples.shape[-1]
    cut = int(count * DISCARD_TOP_BOTTOM)
    return np.asarray(np.sort(samples, axis=-1)[..., cut : count - cut].mean(axis=-1))


def sweep(
    workload: Workload, strategy: str, *, num: int, episodes: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Play sweeps with replacement; return the index chosen and the money spent in each."""
    generator = np.random.default_rng([seed, num])
    prices = workload.price_per_ms_usd()
    durations = np.empty((episodes, len(workload.memories_mb)))
    costs = np.empty_like(durations)
    spent = np.zeros(episodes)
    for column, (memory_mb, values) in enumerate(zip(workload.memories_mb, workload.durations_ms, strict=True)):
        drawn = values[generator.integers(0, len(values), (episodes, num))]
        if workload.warming:
            drawn = drawn * workload.slower(column, generator.integers(0, workload.sandboxes, (episodes, num)))
        billed = np.ceil(drawn)
        durations[:, column] = trimmed_mean(drawn)
        costs[:, column] = np.ceil(trimmed_mean(billed)) * prices[memory_mb]
        spent += billed.sum(axis=1) * prices[memory_mb]
    order = np.lexsort((costs, durations, log_values(strategy, costs, durations)), axis=-1)
    return order[:, 0], spent


def sweep_cost_usd(workload: Workload, num: int) -> float:
    """Return what a sweep costs on average."""
    return float(workload.mean_cost_usd().sum() * num)
