"""Workloads: the measured durations of one function at several memory sizes, and what is true of them."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from power_tuner.engine.objective import Draws
from power_tuner.tuning.payloads import assign_payloads, each_once_first
from power_tuner.tuning.run_plan import PAYLOAD_CYCLE
from power_tuner.tuning.strategies import STRATEGIES, Strategy, needed_fields, strategy_named

# AWS Lambda pricing, us-east-1, first tier, per GB-second.
USD_PER_MB_MS = {"x86_64": 0.0000166667 / 1024 / 1000, "arm64": 0.0000133334 / 1024 / 1000}
MIN_STAYS = 0.9
PLAIN_STRATEGIES = tuple(name for name, strategy in STRATEGIES.items() if not needed_fields(strategy))
# The peer's, for which the figures in docs/engine.md are.
USUAL_STRATEGIES = ("cost", "speed", "balanced")


@dataclass(frozen=True, slots=True)
class Workload:
    """One function's measured durations, in the order published.

    `warming` says, for each memory size, how many times as long the first calls of a sandbox take, one after another;
    what is true of the function are its calls after those. The calls of a memory size go to its `sandboxes` by chance.
    `payloads` says which payload each of the durations is of. With
    `weights` the calls of a memory size get the payloads in turn by these, as in a run; without, by chance.
    """

    name: str
    source: str
    architecture: str
    memories_mb: tuple[int, ...]
    durations_ms: tuple[NDArray[np.float64], ...]
    warming: tuple[NDArray[np.float64], ...] = ()
    sandboxes: int = 1
    payloads: tuple[NDArray[np.int64], ...] = ()
    weights: tuple[float, ...] = ()

    def picked(self, index: int, made: int, count: int, generator: np.random.Generator) -> NDArray[np.int64]:
        """Return which of the durations of a memory size its next calls take, after those that were made."""
        if not self.weights:
            return generator.integers(0, len(self.durations_ms[index]), count)
        cycle = each_once_first(self.weights, assign_payloads(self.weights, PAYLOAD_CYCLE))
        turns = [cycle[number % len(cycle)] for number in range(made, made + count)]
        own = self.payloads[index]
        return np.array([generator.choice(np.flatnonzero(own == payload)) for payload in turns], dtype=np.int64)

    def slower(self, index: int, sandboxes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how many times as long the calls of a memory size take, by the sandboxes that they went to.

        Calls are along the last axis, from the first one on.
        """
        own = np.ones(sandboxes.shape)
        if not self.warming:
            return own
        factors = np.append(self.warming[index], 1.0)
        for sandbox in range(self.sandboxes):
            went = sandboxes == sandbox
            positions = np.minimum(np.cumsum(went, axis=-1) - 1, len(factors) - 1)
            own = np.where(went, factors[positions], own)
        return own

    def price_per_ms_usd(self) -> dict[int, float]:
        """Return the price of a millisecond at each memory size."""
        return {memory_mb: memory_mb * USD_PER_MB_MS[self.architecture] for memory_mb in self.memories_mb}

    def billed_ms(self) -> tuple[NDArray[np.float64], ...]:
        """Return what each call bills by today's rule: milliseconds, rounded up."""
        return tuple(np.ceil(durations) for durations in self.durations_ms)

    def mean_duration_ms(self) -> NDArray[np.float64]:
        """Return the mean of all samples of each memory size, the tail included."""
        return np.array([durations.mean() for durations in self.durations_ms])

    def mean_cost_usd(self) -> NDArray[np.float64]:
        """Return the mean bill of each memory size, the tail included."""
        prices = self.price_per_ms_usd()
        return np.array(
            [
                billed.mean() * prices[memory_mb]
                for memory_mb, billed in zip(self.memories_mb, self.billed_ms(), strict=True)
            ]
        )


def load(folder: Path) -> list[Workload]:
    """Read every workload of a folder in the format of the shared measurements.

    Raises:
        ValueError: The folder holds no workload.
    """
    workloads = [_read(path) for path in sorted(folder.glob("*.json"))]
    if not workloads:
        raise ValueError(f"{folder}: no *.json workload in this folder; DATA names a folder of measurements")
    return workloads


def _read(path: Path) -> Workload:
    document = json.loads(path.read_text(encoding="utf-8"))
    samples = {int(memory_mb): values for memory_mb, values in document["samples"].items() if values}
    memories_mb = tuple(sorted(samples))
    # "owner/repository@commit:path" names a source; what comes before the commit is the same for its workloads
    source = str(document["source"]).split("@", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]
    return Workload(
        name=document["name"],
        source=source,
        architecture=document["arch"],
        memories_mb=memories_mb,
        durations_ms=tuple(np.array(samples[memory_mb], dtype=np.float64) for memory_mb in memories_mb),
    )


def plain_strategy(name: str) -> Strategy:
    """Return a strategy with its default numbers."""
    return strategy_named(name, lambda _: None)


def log_values(strategy: str, cost_usd: NDArray[np.float64], duration_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of each memory size's value, smaller is better; memory sizes are along the last axis."""
    columns = (np.atleast_2d(each).T.tolist() for each in (cost_usd, duration_ms))
    return np.array(plain_strategy(strategy).log_values(Draws(*columns))).T.reshape(cost_usd.shape)


def regrets(workload: Workload, strategy: str) -> NDArray[np.float64]:
    """Return how much worse than the best each memory size is, by the means of all samples."""
    values = log_values(strategy, workload.mean_cost_usd(), workload.mean_duration_ms())
    return np.asarray(np.expm1(values - values.min()))


def is_uncertain(
    workload: Workload, strategy: str, *, resamplings: int = 1000, seed: int = 1, tolerance: float = 0.02
) -> bool:
    """Return whether the data themselves leave the best memory size open.

    The best one must stay within the tolerance of the best in at least 90 % of bootstrap re-samplings.
    """
    generator = np.random.default_rng(seed)
    durations = np.empty((resamplings, len(workload.memories_mb)))
    costs = np.empty_like(durations)
    prices = workload.price_per_ms_usd()
    for column, (memory_mb, values) in enumerate(zip(workload.memories_mb, workload.durations_ms, strict=True)):
        drawn = values[generator.integers(0, len(values), (resamplings, len(values)))]
        durations[:, column] = drawn.mean(axis=1)
        costs[:, column] = np.ceil(drawn).mean(axis=1) * prices[memory_mb]
    values = log_values(strategy, costs, durations)
    best = int(np.argmin(regrets(workload, strategy)))
    stays = values[:, best] <= values.min(axis=1) + np.log1p(tolerance)
    return bool(stays.mean() < MIN_STAYS)
