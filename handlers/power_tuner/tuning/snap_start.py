"""What SnapStart adds to the bill of a run: each version is cached, and restored at each cold start.

Source: AWS Lambda pricing, "SnapStart Pricing" (Python and .NET; free for Java): per GB-second of cache, three hours at
least for each version, and per GB restored.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from power_tuner.tuning.pricing import Prices
    from power_tuner.tuning.target import Target

MIN_CACHED_S = 3 * 3600
_MB_PER_GB = 1024


def caching_usd(target: "Target", prices: "Prices", memories_mb: Iterable[int], kept_s: float = 0.0) -> float:
    """Return what it costs to cache a version of each of these memory sizes so long, or the least that is billed."""
    return _gb(target, memories_mb) * max(kept_s, MIN_CACHED_S) * prices.snapshot_gb_second


def restoring_usd(target: "Target", prices: "Prices", memory_mb: int, restores: int) -> float:
    """Return what it costs to restore a version of a memory size so often."""
    return _gb(target, [memory_mb]) * restores * prices.snapshot_restored_gb


def _gb(target: "Target", memories_mb: Iterable[int]) -> float:
    return sum(memories_mb) / _MB_PER_GB if target.snapshots_billed else 0.0
