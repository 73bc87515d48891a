"""How the first calls of a sandbox may fall to what a settled one takes, and how well that explains how calls follow.

A way of falling is a factor on the calls of a sandbox, by their place in it. At one memory size its logarithm may be
larger or smaller by a share, which is integrated in closed form, as is what a settled call takes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from operator import mul

from power_tuner.engine.priors import MIN_DURATION_MS, OUTLIER_RATE, OUTLIER_VARIANCE
from power_tuner.engine.question import Measured
from power_tuner.engine.settling_priors import (
    FACTOR_SPREAD,
    FACTORS,
    LASTS,
    LEAST_MORE,
    LONGEST,
    MOST_TELLING,
    REMAINING_SPREAD,
    SHARE_POWERS,
    SPIKE_EDGE,
    STEP,
    STRETCHES,
    WARM_UP_SPREADS,
)
from power_tuner.engine.weighted_draws import log_total
from power_tuner.lambda_limits import MB_PER_VCPU


@dataclass(frozen=True, slots=True)
class Series:
    """The calls of a memory size in their order: the place of each in its sandbox, and its logarithm.

    `log_mean` is the mean of the logarithms, `squares` are those about it.
    """

    memory_mb: int
    places: tuple[int, ...]
    logs: tuple[float, ...]
    log_mean: float
    squares: float

    @classmethod
    def of(cls, memory_mb: int, places: tuple[int, ...], logs: tuple[float, ...]) -> "Series":
        """Return them with mean and squares."""
        mean = sum(logs) / len(logs) if logs else 0.0
        return cls(memory_mb, places, logs, mean, sum((log - mean) ** 2 for log in logs))

    @property
    def next_place(self) -> int:
        """Return the place that the next call has if the sandbox is the same."""
        return min(self.places[-1] + 1, LONGEST - 1) if self.places else 0


def series_of(memory_mb: int, calls: Sequence[Measured]) -> Series:
    """Return the calls in their order; where places are not told, all are of one sandbox."""
    places = tuple(min(index if call.place is None else call.place, LONGEST - 1) for index, call in enumerate(calls))
    logs: list[float] = []
    since = 0
    for index, call in enumerate(calls):
        if index and places[index] < places[index - 1]:
            since = index
        log = math.log(max(call.duration_ms, MIN_DURATION_MS))
        before = sorted(logs[max(since, index - 3) :])
        # what falls does not rise: a call that takes much longer than those before it is a slow one
        logs.append(min(log, before[len(before) // 2] + SPIKE_EDGE) if before else log)
    return Series.of(memory_mb, places, tuple(logs))


@dataclass(frozen=True, slots=True)
class Way:
    """One way of falling.

    Attributes:
        factor: What the first call takes beyond a settled one, as a factor of it.
        lasts: The exponent of the calls for which that falls to a third.
        power: What a smaller share of a vCPU does to that.
        stretch: The exponent of the calls: below 1, they fall ever more slowly.
    """

    factor: float
    lasts: int
    power: float
    stretch: float

    def log_factors(self, memory_mb: int) -> Sequence[float]:
        """Return the logarithms of the factors on the calls of a sandbox."""
        return _log_factors(self.factor, self.lasting(memory_mb), self.stretch)

    def lasting(self, memory_mb: int) -> int:
        """Return the exponent of the calls for which it lasts at a memory size."""
        return self.lasts + round(self.power * math.log(max(1.0, MB_PER_VCPU / memory_mb)) / math.log(STEP))


WAYS = tuple(Way(*each) for each in product(FACTORS, LASTS, SHARE_POWERS, STRETCHES))


@cache
def _log_factors(factor: float, lasts: int, stretch: float) -> Sequence[float]:
    calls = STEP**lasts
    return [math.log1p(factor * math.exp(-((place / calls) ** stretch))) for place in range(LONGEST)]


@lru_cache(maxsize=4096)
def _at_places(
    factor: float, lasts: int, stretch: float, places: tuple[int, ...]
) -> tuple[Sequence[float], float, float, float]:
    """Return the logarithms of the factors at some places, less their mean; that, their least, and their squares."""
    table = _log_factors(factor, lasts, stretch)
    own = [table[place] for place in places]
    mean = sum(own) / len(own)
    apart = [one - mean for one in own]
    return apart, mean, min(own), sum(map(mul, apart, apart))


@dataclass(frozen=True, slots=True)
class Level:
    """The logarithm of what a settled call takes, its variance, and by which share the way's logarithm is larger."""

    log: float
    variance: float
    more: float


@dataclass(frozen=True, slots=True)
class Fit:
    """What a way of falling leaves of the calls of one memory size.

    Attributes:
        count: The calls.
        log_mean: The mean of their logarithms, the way's taken off.
        log_factor: The mean of the way's logarithms at their places.
        remaining: The least of those.
        factor_squares: Those about their mean.
        products: Of those and of what is left.
        squares: Of what is left about its mean.
    """

    count: int
    log_mean: float
    log_factor: float
    remaining: float
    factor_squares: float
    products: float
    squares: float

    def log_weights(self) -> list[float]:
        """Return how well this predicts how the calls follow one another, by how they may scatter."""
        own, squares, products = FACTOR_SPREAD * FACTOR_SPREAD, self.factor_squares, self.products
        telling = min(1.0, MOST_TELLING / self.count)
        weights = []
        for spread in WARM_UP_SPREADS:
            variance = spread * spread
            more = max(LEAST_MORE, own * products / (variance + own * squares))
            left = self.squares - 2 * more * products + more * more * squares
            misfit = math.log1p(own * squares / variance) + left / variance + more * more / own
            weights.append(telling * ((1 - self.count) * math.log(spread) - 0.5 * misfit))
        return weights

    def level(self, spread: float) -> Level:
        """Return what a settled call takes, if calls scatter so."""
        variance = spread * spread
        own = FACTOR_SPREAD * FACTOR_SPREAD
        more = self._more(variance)
        unsure = variance / self.count + (REMAINING_SPREAD * self.remaining) ** 2
        unsure += self.log_factor * self.log_factor * own * variance / (variance + own * self.factor_squares)
        return Level(self.log_mean - more * self.log_factor, unsure, more)

    def _more(self, variance: float) -> float:
        """Return by which share the way's logarithm is likely larger at this memory size; a fall stays one."""
        own = FACTOR_SPREAD * FACTOR_SPREAD
        return max(LEAST_MORE, own * self.products / (variance + own * self.factor_squares))


def fit(series: Series, way: Way | None) -> Fit:
    """Return what a way of falling leaves; None is of a function that does not warm up."""
    count, logs = len(series.logs), series.logs
    if way is None:
        return Fit(count, series.log_mean, 0.0, 0.0, 0.0, 0.0, series.squares)
    apart, mean, least, squares = _at_places(way.factor, way.lasting(series.memory_mb), way.stretch, series.places)
    products = sum(map(mul, apart, logs))
    left = max(0.0, series.squares - 2 * products + squares)
    return Fit(count, series.log_mean - mean, mean, least, squares, products - squares, left)


def steady_weights(series: Series) -> list[float]:
    """Return how well steady calls explain them, of which the first may be one of the slow tail."""
    weights = fit(series, None).log_weights()
    rest = fit(Series.of(series.memory_mb, series.places[1:], series.logs[1:]), None).log_weights()
    slow = math.log(OUTLIER_RATE) - 0.5 * math.log(OUTLIER_VARIANCE)
    return [log_total([one, other + slow]) for one, other in zip(weights, rest, strict=True)]
