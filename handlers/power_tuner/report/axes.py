"""The axes of the report's chart: where a memory size and a value are placed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MARGIN_PERCENT = 4.0
_TICKS_WANTED = 4
# The tail of a guess must not press all means to the floor.
_FURTHEST_END = 1.5


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
    """A vertical axis from zero, in pixels, so that twice the value is twice as high in every report."""

    high: float
    top_px: float
    bottom_px: float
    ticks: tuple[float, ...]

    @classmethod
    def fit(cls, means: Sequence[float], ends: Sequence[float], top_px: float, bottom_px: float) -> "ValueAxis":
        """Return an axis that holds all means, and the ends of what holds them as far as they are not remote."""
        largest = max(means)
        largest = max(largest, min(max(ends, default=0.0), _FURTHEST_END * largest)) or 1.0
        step = _nice_step(largest / _TICKS_WANTED)
        ticks = tuple(step * index for index in range(math.ceil(largest / step - 1e-9) + 1))
        return cls(ticks[-1], top_px, bottom_px, ticks)

    def px(self, value: float) -> float:
        """Return the position of a value, in pixels from the panel's top; what is too high is at the top."""
        share = min(value / self.high, 1.0)
        return round(self.bottom_px - share * (self.bottom_px - self.top_px), 1)


def _nice_step(rough: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
