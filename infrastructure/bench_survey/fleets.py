"""Fleets of functions with known workloads: how often they are invoked, what memory they have and need."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench_decisions.workloads import Workload
from power_tuner.tuning.pricing import prices_for
from power_tuner.tuning.run_input import DEFAULT_MEMORY_HEADROOM

REGION = "us-east-1"
# Spread in logarithms. Real fleets are more uneven, which makes the ranking easier: a fifth of their functions is
# invoked more than once a minute (Shahrad et al., "Serverless in the Wild", 2020), as with 3.3.
_MEDIAN_PER_DAY = 60
_SPREAD = 2.0
_IDLE_SHARE = 0.1
# Half of all functions are left at the smallest memory size (Datadog, "The State of Serverless", 2020).
_SIZES_MB = (128, 256, 512, 1024, 1536, 2048, 3008)
_SIZE_SHARES = (0.40, 0.15, 0.15, 0.15, 0.05, 0.05, 0.05)
# What functions use at most, and which part of it an invocation does.
_PEAK_MB = (45, 500)
_FULLEST = 0.95
# So many ran at another memory size too, within the days that are read, with such a share of their invocations.
_MOVED_SHARE = 0.1
_BEFORE_SHARE = 0.4
_COLD_SHARES = (0.0005, 0.05)


@dataclass(frozen=True, slots=True)
class FleetFunction:
    """A function of a generated fleet.

    Attributes:
        size: the index of its memory size.
        other: of another at which it ran for a part of the time; the same if there is none.
        peak_mb: the most memory that one of its invocations uses.
    """

    name: str
    workload: Workload
    size: int
    other: int
    per_day: float
    peak_mb: float
    cold_share: float
    init_ms: float

    @property
    def memory_mb(self) -> int:
        """Return its memory size."""
        return self.workload.memories_mb[self.size]

    @property
    def mean_duration_ms(self) -> float:
        """Return what its invocations take on average, at all memory sizes at which it ran."""
        means = self.workload.mean_duration_ms()
        share = _BEFORE_SHARE if self.other != self.size else 0.0
        return float((1 - share) * means[self.size] + share * means[self.other])

    def size_of_a_call(self, unit: float) -> int:
        """Return the index of the memory size of an invocation, picked by a number from 0 to 1."""
        return self.other if unit < _BEFORE_SHARE else self.size

    def saving(self, days: float) -> float:
        """Return what the cheapest memory size with room for its peak saves in some days, requests included."""
        costs = self.workload.mean_cost_usd() + prices_for(REGION, self.workload.architecture).request
        allowed = [
            cost
            for cost, memory_mb in zip(costs, self.workload.memories_mb, strict=True)
            if self.peak_mb <= (1 - DEFAULT_MEMORY_HEADROOM) * memory_mb
        ]
        return float(self.per_day * days * (costs[self.size] - min(allowed)))


def make_fleet(workloads: Sequence[Workload], count: int, *, seed: int) -> list[FleetFunction]:
    """Return a fleet of functions that have these workloads in turn."""
    generator = np.random.default_rng([seed, 81])
    return [_function(generator, workloads[number % len(workloads)], number) for number in range(count)]


def _function(generator: np.random.Generator, workload: Workload, number: int) -> FleetFunction:
    wanted_mb = int(generator.choice(_SIZES_MB, p=_SIZE_SHARES))
    size = min(range(len(workload.memories_mb)), key=lambda each: abs(workload.memories_mb[each] - wanted_mb))
    other = size
    if generator.random() < _MOVED_SHARE:
        other = size + (1 if size == 0 else -1)
    per_day = 0.0
    if generator.random() >= _IDLE_SHARE:
        per_day = float(np.exp(generator.normal(np.log(_MEDIAN_PER_DAY), _SPREAD)))
    smallest_mb = min(workload.memories_mb[size], workload.memories_mb[other])
    return FleetFunction(
        name=f"function-{number}",
        workload=workload,
        size=size,
        other=other,
        per_day=per_day,
        peak_mb=min(float(np.exp(generator.uniform(*np.log(_PEAK_MB)))), _FULLEST * smallest_mb),
        cold_share=float(np.exp(generator.uniform(*np.log(_COLD_SHARES)))),
        init_ms=float(generator.uniform(100, 900)),
    )
