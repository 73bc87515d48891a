"""Choose the best power value from averages: the classic strategies of aws-lambda-power-tuning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STRATEGIES = ("cost", "speed", "balanced", "slo", "tolerance")
STATISTICS = ("mean", "p50", "p90", "p95", "p99")
DEFAULT_STRATEGY = "cost"
DEFAULT_BALANCED_WEIGHT = 0.5
DEFAULT_STATISTIC = "p95"
DEFAULT_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Candidate:
    """One power value with its average duration and average cost per invocation."""

    memory_mb: int
    duration_ms: float
    cost_usd: float


def choose_within(candidates: Sequence[Candidate], statistic_ms: Mapping[int, float], max_ms: float) -> Candidate:
    """Return the cheapest candidate whose statistic stays under a limit; if none does, the one that comes closest.

    Args:
        candidates: at least one.
        statistic_ms: by power value, the mean or quantile that is limited.
        max_ms: the limit (``slo``).
    """
    within = [candidate for candidate in candidates if statistic_ms[candidate.memory_mb] <= max_ms]
    if within:
        return min(within, key=lambda c: (c.cost_usd, c.duration_ms))
    return min(candidates, key=lambda c: (statistic_ms[c.memory_mb], c.cost_usd))


def choose_tolerant(candidates: Sequence[Candidate], tolerance: float) -> Candidate:
    """Return the fastest candidate that costs at most ``tolerance`` (0.05 is 5 %) more than the cheapest."""
    most_usd = min(c.cost_usd for c in candidates) * (1 + tolerance)
    return min((c for c in candidates if c.cost_usd <= most_usd), key=lambda c: (c.duration_ms, c.cost_usd))


def choose(candidates: Sequence[Candidate], strategy: str, balanced_weight: float) -> Candidate:
    """Return the best candidate.

    ``cost`` takes the cheapest (the faster of two equals), ``speed`` the fastest (the cheaper of two equals),
    ``balanced`` the smallest ``weight * cost / max cost + (1 - weight) * duration / max duration`` (the first
    of two equals). 1.0 weighs as ``cost`` does, 0.0 as ``speed``.

    Args:
        candidates: at least one, in ascending order of power.
        strategy: ``cost``, ``speed`` or ``balanced``.
        balanced_weight: 0 to 1, used by ``balanced`` alone.
    """
    if strategy == "cost":
        return min(candidates, key=lambda c: (c.cost_usd, c.duration_ms))
    if strategy == "speed":
        return min(candidates, key=lambda c: (c.duration_ms, c.cost_usd))
    most_expensive = max(c.cost_usd for c in candidates)
    slowest = max(c.duration_ms for c in candidates)

    def value(candidate: Candidate) -> float:
        cost = candidate.cost_usd / most_expensive
        duration = candidate.duration_ms / slowest
        return balanced_weight * cost + (1 - balanced_weight) * duration

    return min(candidates, key=value)
