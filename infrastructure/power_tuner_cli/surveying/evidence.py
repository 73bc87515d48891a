"""What production measured of a function, as the engine takes it."""

from bisect import bisect_left
from collections.abc import Sequence

from power_tuner.tuning.production import Production, SizeInProduction
from power_tuner.tuning.safe_sizes import CLEAR_SHARE
from power_tuner.tuning.statistics import Spread
from power_tuner.tuning.target import FunctionSnapshot
from power_tuner_cli.surveying.expectation import Evidence

# The engine's time grows with the calls that it is given, and so many say nearly all.
_MOST_CALLS = 60
_RANKS = (("min", 0.0), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99))


def evidence_of(
    production: Production, function: FunctionSnapshot, memories_mb: Sequence[int], floor_mb: float
) -> Evidence:
    """Return what is known of a function.

    Args:
        production: what was read of its log.
        function: its configuration.
        memories_mb: the candidates of a run.
        floor_mb: the least memory that it may have.
    """
    told = {each.memory_mb: each for each in production.sizes if each.warm_ms}
    choices = {*memories_mb, function.memory_mb, *told}
    return Evidence(
        durations_ms={memory_mb: _durations_ms(each) for memory_mb, each in told.items()},
        current_memory_mb=function.memory_mb,
        choices_mb=tuple(sorted(each for each in choices if each >= floor_mb)),
        longest_ms={memory_mb: each.warm_ms.max for memory_mb, each in told.items() if each.warm_ms},
        most_ms=CLEAR_SHARE * function.timeout_s * 1000,
    )


def _durations_ms(size: SizeInProduction) -> list[float]:
    """Return durations with the quantiles and the mean of those that were read."""
    told = size.warm_ms
    if told is None:
        return []
    count = min(size.calls - size.cold_calls - size.failed_calls, _MOST_CALLS) or 1
    found = [_quantile(told, (number + 0.5) / count) for number in range(count)]
    # What is rare is missing between the quantiles, but not in the mean.
    factor = told.mean * count / sum(found) if sum(found) else 1.0
    return [each * factor for each in found]


def _quantile(told: Spread, rank: float) -> float:
    points = [(at, told.statistic(name)) for name, at in _RANKS] + [(1.0, told.max)]
    above = max(1, bisect_left([at for at, _ in points], rank))
    (low, low_ms), (high, high_ms) = points[above - 1], points[above]
    return low_ms + (high_ms - low_ms) * (rank - low) / (high - low)
