"""What production measured of a function by itself, read from the REPORT lines of its invocations."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

from msgspec import Struct, field

from power_tuner.tuning.log_stream import is_cold
from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.statistics import Spread, spread

_MB_PER_GB = 1024


class SizeInProduction(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The invocations of production that were read, at one memory size.

    Attributes:
        calls: all of them, the failed ones too.
        cold_calls: of new sandboxes, initialized or restored.
        restores: of those, how many were restored from a snapshot.
        failed_calls: which ended with an error or by the timeout.
        warm_ms: how long the warm ones that succeeded took.
        cold_ms: how long callers of the cold ones that succeeded waited, initialization included.
        init_ms: mean initialization or restore.
        billed_ms: of all together.
        cold_billed_ms: of the cold ones together.
        max_memory_used_mb: the peak of all, None if no report tells it.
    """

    memory_mb: int = field(name="powerValue")
    calls: int
    cold_calls: int = 0
    restores: int = 0
    failed_calls: int = 0
    warm_ms: Spread | None = None
    cold_ms: Spread | None = None
    init_ms: float | None = None
    billed_ms: int = 0
    cold_billed_ms: int = 0
    max_memory_used_mb: int | None = None

    @property
    def upper_ms(self) -> float:
        """Return the longest that a successful invocation took, 0 without one."""
        return max((each.max for each in (self.warm_ms, self.cold_ms) if each), default=0.0)

    def warm_durations_ms(self, most: int) -> list[float]:
        """Return how long warm calls took, as so many values at most as they were."""
        told = self.warm_ms
        return told.values(min(max(1, self.calls - self.cold_calls - self.failed_calls), most)) if told else []

    def bill(self, prices: Prices, *, snapshots_billed: bool = False) -> float:
        """Return what these invocations cost, with requests and, where they are billed, restores."""
        restored_gb = self.restores * self.memory_mb / _MB_PER_GB if snapshots_billed else 0.0
        return (
            prices.invocations(self.memory_mb, self.billed_ms, self.calls) + restored_gb * prices.snapshot_restored_gb
        )


class Production(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was read of production: of which time, how much of it, and what it says.

    Attributes:
        since_s: epoch second at which the window begins.
        until_s: and ends.
        complete: all of the window was read; else parts of it, spread over the days.
        sizes: by ascending memory size.
        unreadable: why nothing could be read, None if it could.
    """

    since_s: float
    until_s: float
    complete: bool = True
    sizes: tuple[SizeInProduction, ...] = ()
    unreadable: str | None = None

    @property
    def days(self) -> float:
        """Return the length of the window."""
        return (self.until_s - self.since_s) / 86_400

    @property
    def calls(self) -> int:
        """Return how many invocations were read."""
        return sum(each.calls for each in self.sizes)

    @property
    def cold_share(self) -> float | None:
        """Return which share of the invocations was cold, None if none was read."""
        calls = self.calls
        return sum(each.cold_calls for each in self.sizes) / calls if calls else None

    @property
    def peak_memory_mb(self) -> int | None:
        """Return the most memory that an invocation used, of all payloads; None if no report tells it."""
        told = [each.max_memory_used_mb for each in self.sizes if each.max_memory_used_mb is not None]
        return max(told, default=None)

    def at(self, memory_mb: int) -> SizeInProduction | None:
        """Return what was read at a memory size."""
        return next((each for each in self.sizes if each.memory_mb == memory_mb), None)


def summed_up(reports: Iterable[Report]) -> tuple[SizeInProduction, ...]:
    """Return what reports say of each memory size, ascending."""
    by_size: dict[int, list[Report]] = {}
    for report in reports:
        by_size.setdefault(report.memory_mb, []).append(report)
    return tuple(_size(memory_mb, by_size[memory_mb]) for memory_mb in sorted(by_size))


def _size(memory_mb: int, reports: Sequence[Report]) -> SizeInProduction:
    cold = [report for report in reports if is_cold(report)]
    used_mb = [report.max_memory_used_mb for report in reports if report.max_memory_used_mb is not None]
    return SizeInProduction(
        memory_mb=memory_mb,
        calls=len(reports),
        cold_calls=len(cold),
        restores=sum(report.restore_ms is not None for report in cold),
        failed_calls=sum(report.status != "success" for report in reports),
        warm_ms=_spread(reports, lambda report: not is_cold(report)),
        cold_ms=_spread(reports, is_cold),
        init_ms=fmean(_start_ms(report) for report in cold) if cold else None,
        billed_ms=sum(report.billed_ms for report in reports),
        cold_billed_ms=sum(report.billed_ms for report in cold),
        max_memory_used_mb=max(used_mb, default=None),
    )


def _spread(reports: Sequence[Report], wanted: Callable[[Report], bool]) -> Spread | None:
    good = [report for report in reports if wanted(report) and report.status == "success"]
    found = [report.duration_ms + _start_ms(report) for report in good]
    return spread(found) if found else None


def _start_ms(report: Report) -> float:
    return (report.init_ms or 0.0) + (report.restore_ms or 0.0)
