"""Choose the best power value from averages: the classic strategies of aws-lambda-power-tuning."""

from collections.abc import Sequence
from dataclasses import dataclass

STRATEGIES = ("cost", "speed", "balanced")
DEFAULT_STRATEGY = "cost"
DEFAULT_BALANCED_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """One power value with its average duration and average cost per invocation."""

    power_mb: int
    duration_ms: float
    cost_usd: float


def choose(candidates: Sequence[Candidate], strategy: str, balanced_weight: float) -> Candidate:
    """Return the best candidate.

    ``cost`` takes the cheapest (the faster of two equals), ``speed`` the fastest (the cheaper of two equals),
    ``balanced`` the smallest ``weight * cost / max cost + (1 - weight) * duration / max duration`` (the first
    of two equals). 1.0 weighs as ``cost`` does, 0.0 as ``speed``.

    Args:
        candidates: at least one, in ascending order of power.
        strategy: one of ``STRATEGIES``.
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
