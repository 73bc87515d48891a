"""The axes of the report's chart: where a memory size and a value are placed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MARGIN_PERCENT = 4.0
_LOG_FROM_RATIO = 12.0
_TICKS_WANTED = 4


@dataclass(frozen=True, slots=True)
class MemoryAxis:
    """The horizontal axis, logarithmic and in percent, so that it fits every width."""

    low_mb: float
    high_mb: float

    def percent(self, memory_mb: float) -> float:
        """Return the logarithmic position of a memory size, between 0 and 100."""
        if self.low_mb == self.high_mb:
            return 50.0
        share = math.log2(memory_mb / self.low_mb) / math.log2(self.high_mb / self.low_mb)
        return round(_MARGIN_PERCENT + share * (100 - 2 * _MARGIN_PERCENT), 3)


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """A vertical axis, in pixels."""

    low: float
    high: float
    logarithmic: bool
    top_px: float
    bottom_px: float
    ticks: tuple[float, ...]

    @classmethod
    def fit(cls, values: Sequence[float], top_px: float, bottom_px: float) -> "ValueAxis":
        """Return an axis that holds all values: from zero, or logarithmic if they differ by much."""
        smallest, largest = min(values), max(values)
        if smallest > 0 and largest / smallest > _LOG_FROM_RATIO:
            ticks = _log_ticks(smallest, largest)
            return cls(min(ticks[0], smallest), max(ticks[-1], largest), True, top_px, bottom_px, ticks)
        step = _nice_step((largest or 1.0) / _TICKS_WANTED)
        count = math.ceil((largest or 1.0) / step - 1e-9)
        ticks = tuple(step * index for index in range(count + 1))
        return cls(0.0, ticks[-1], False, top_px, bottom_px, ticks)

    def px(self, value: float) -> float:
        """Return the position of a value, in pixels from the panel's top."""
        if self.logarithmic:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = value / self.high
        return round(self.bottom_px - share * (self.bottom_px - self.top_px), 1)


def _nice_step(rough: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)


def _log_ticks(smallest: float, largest: float) -> tuple[float, ...]:
    first, last = math.floor(math.log10(smallest)), math.ceil(math.log10(largest))
    factors = (1, 2, 5) if last - first <= 2 else (1, 3) if last - first <= 3 else (1,)  # noqa: PLR2004
    ticks = [10.0**decade * factor for decade in range(first, last + 1) for factor in factors]
    low = max(index for index, tick in enumerate(ticks) if tick <= smallest * 1.001)
    high = min(index for index, tick in enumerate(ticks) if tick >= largest * 0.999)
    return tuple(ticks[low : high + 1])
