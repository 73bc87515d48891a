"""What SnapStart adds to the bill of a run: each version is cached, and restored at each cold start.

Source: AWS Lambda pricing, "SnapStart Pricing" (Python and .NET; free for Java): per GB-second of cache, three hours at
least for each version, and per GB restored.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from power_tuner.tuning.pricing import Prices
    from power_tuner.tuning.target import Target

MIN_CACHED_S = 3 * 3600
_MB_PER_GB = 1024
_MONTH_S = 30.4375 * 86_400
_RUNTIME = re.compile(r"(?P<name>java|python|dotnet)(?P<version>\d+(\.\d+)?)")
_LEAST = {"java": (11,), "python": (3, 12), "dotnet": (8,)}


def caching_usd(target: "Target", prices: "Prices", memories_mb: Iterable[int], kept_s: float = 0.0) -> float:
    """Return what it costs to cache a version of each of these memory sizes so long, or the least that is billed."""
    return _gb(target, memories_mb) * max(kept_s, MIN_CACHED_S) * prices.snapshot_gb_second


def restoring_usd(target: "Target", prices: "Prices", memory_mb: int, restores: int) -> float:
    """Return what it costs to restore a version of a memory size so often."""
    return _gb(target, [memory_mb]) * restores * prices.snapshot_restored_gb


def can_snap_start(runtime: str) -> bool:
    """Return whether SnapStart knows a runtime.

    Source: AWS Lambda developer guide, "Improving startup performance with Lambda SnapStart": Java 11 and later, Python
    3.12 and later, .NET 8 and later.
    """
    found = _RUNTIME.match(runtime)
    return found is not None and tuple(map(int, found["version"].split("."))) >= _LEAST[found["name"]]


def month_of_snap_start_usd(runtime: str, prices: "Prices", memory_mb: int, restores: float) -> float:
    """Return what a cached version and so many restores cost in a month; nothing for Java."""
    if runtime.startswith("java"):
        return 0.0
    return memory_mb / _MB_PER_GB * (_MONTH_S * prices.snapshot_gb_second + restores * prices.snapshot_restored_gb)


def _gb(target: "Target", memories_mb: Iterable[int]) -> float:
    return sum(memories_mb) / _MB_PER_GB if target.snapshots_billed else 0.0
