"""Reduce the samples of a branch to the numbers that decide.

The trimmed mean is that of aws-lambda-power-tuning, so that its users can switch and compare; the quantiles are ours.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import reduce
from operator import add
from statistics import fmean, quantiles, stdev

from msgspec import Struct

from power_tuner.tuning.sample import Sample

MAX_DISCARD = 0.4
DEFAULT_DISCARD = 0.2
_RANKS = (
    *(("min", 0.0), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75)),
    *(("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)),
)


def trimmed_mean(values: Sequence[float], discard_top_bottom: float) -> float:
    """Average what is left after dropping the same number of smallest and largest values.

    Args:
        values: at least one value.
        discard_top_bottom: the share dropped at each end, 0 to 0.4; the count is rounded down.
    """
    ordered = sorted(values)
    dropped = int(len(ordered) * discard_top_bottom)
    kept = ordered[dropped : len(ordered) - dropped]
    # One after the other, as JavaScript adds: since Python 3.12 sum() compensates and differs in the last digit.
    return reduce(add, kept) / len(kept)


def mean_over_payloads(samples: Sequence[Sample], values: Sequence[float], discard_top_bottom: float) -> float:
    """Average per payload, trimmed, then over payloads by how often each was used.

    Trimming all payloads together would throw the rare, slow payload away; with one payload this is the
    peer's trimmed mean to the last digit.
    """
    groups: dict[int, list[float]] = {}
    for sample, value in zip(samples, values, strict=True):
        groups.setdefault(sample.payload_index, []).append(value)
    means = [(trimmed_mean(group, discard_top_bottom), len(group)) for group in groups.values()]
    if len(means) == 1:
        return means[0][0]
    return sum(mean * count for mean, count in means) / sum(count for _, count in means)


class Spread(Struct, frozen=True, kw_only=True):
    """How values are spread; the quantiles are interpolated, the deviation of a single value is 0."""

    min: float
    p25: float
    p50: float
    p75: float
    p90: float
    p95: float
    p99: float
    max: float
    mean: float
    stddev: float

    def statistic(self, name: str) -> float:
        """Return the mean or a quantile by its name."""
        value: float = getattr(self, name)
        return value

    def values(self, count: int) -> list[float]:
        """Return so many values with this mean, and with quantiles as these are."""
        found = [self._quantile((number + 0.5) / count) for number in range(count)]
        # What is rare is missing between the quantiles, but not in the mean.
        factor = self.mean * count / sum(found) if sum(found) else 1.0
        return [each * factor for each in found]

    def _quantile(self, rank: float) -> float:
        points = [(at, self.statistic(name)) for name, at in _RANKS]
        above = max(1, bisect_left([at for at, _ in points], rank))
        (low, low_value), (high, high_value) = points[above - 1], points[above]
        return low_value + (high_value - low_value) * (rank - low) / (high - low)


def spread(values: Sequence[float]) -> Spread:
    """Describe how at least one value is spread."""
    ordered = sorted(values)
    cuts = quantiles(ordered, n=100, method="inclusive") if len(ordered) > 1 else ordered * 99
    return Spread(
        min=ordered[0],
        p25=cuts[24],
        p50=cuts[49],
        p75=cuts[74],
        p90=cuts[89],
        p95=cuts[94],
        p99=cuts[98],
        max=ordered[-1],
        mean=fmean(ordered),
        stddev=stdev(ordered) if len(ordered) > 1 else 0.0,
    )
