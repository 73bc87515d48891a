"""What is believed if the function is as its earlier calls say, up to its scale.

A draw of what the earlier calls left possible is a curve here, and the new calls weigh these curves as they weigh those
of the prior (belief.py). Scale has a prior at "as before", a narrow and a wide one, and is integrated in closed form.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from power_tuner.engine.belief import Belief
from power_tuner.engine.noise import Body
from power_tuner.engine.past import Remembered
from power_tuner.engine.priors import (
    DRAWS,
    MAX_DOUBTS,
    MIN_DOUBT,
    OUTLIER_RATE,
    OUTLIER_VARIANCE,
    PAST_CURVES,
    PAST_DEPARTURE_WEIGHTS,
    PAST_DEPARTURES,
    PAST_SCALE_WEIGHTS,
    PAST_SCALES,
    PAST_SPREAD_WEIGHTS,
    PAST_SPREADS,
)
from power_tuner.engine.random_draws import normals, seed_for
from power_tuner.engine.weighted_draws import log_total, pick


@dataclass(frozen=True, slots=True)
class _Setting:
    """How far things may differ from then, with the logarithm of its weight.

    `spread` is a factor on the spread of the calls, `doubted` are memory sizes whose only call may be a slow one.
    """

    departure: float
    spread: float
    doubted: tuple[int, ...]
    log_weight: float


@dataclass(frozen=True, slots=True)
class _Way:
    """One setting and width of the scale: the weight of each curve with it, and its scale."""

    setting: _Setting
    precision: float
    scales: list[float]
    weights: list[float]


class AsBefore:
    """The belief that all is as before, weighed by the new calls."""

    def __init__(self, remembered: Remembered, split: Sequence[Body | None]) -> None:
        self._remembered = remembered
        self._split = split
        self._seen = [(index, body) for index, body in enumerate(split) if body]
        self._residuals = [[body.log_mean - log for log in remembered.curves[index]] for index, body in self._seen]
        self._squares = [[residual * residual for residual in column] for column in self._residuals]
        self._ways = self._all_ways() if self._seen else [_uncalled()]
        self.log_evidence = _total(self._ways) - math.log(PAST_CURVES)

    def draw(self, seed: int) -> Belief:
        """Return draws from it."""
        picked = [(self._ways[way], curve) for way, curve in pick([way.weights for way in self._ways], seed)]
        deviates = normals(seed_for(seed, "scales"), DRAWS)
        scales = [
            way.scales[curve] + deviate / math.sqrt(way.precision)
            for (way, curve), deviate in zip(picked, deviates, strict=True)
        ]
        log_body, mean_ms = [], []
        for index, factors in enumerate(self._remembered.factors):
            column = self._draw_body(index, picked, scales, normals(seed_for(seed, "bodies", index), DRAWS))
            log_body.append(column)
            mean_ms.append([math.exp(log) * factors[curve] for log, (_, curve) in zip(column, picked, strict=True)])
        spread = math.exp(sum(math.log(way.setting.spread) for way, _ in picked) / DRAWS)
        return Belief(
            log_body=log_body,
            mean_ms=mean_ms,
            spread=spread * self._remembered.spread,
            call_variance=[spread * spread * variance for variance in self._remembered.variances],
            departure=math.exp(sum(math.log(way.setting.departure) for way, _ in picked) / DRAWS),
            bodies=list(self._split),
            kinked=[frozenset()] * len(self._split),
        )

    def _draw_body(
        self,
        index: int,
        picked: Sequence[tuple[_Way, int]],
        scales: Sequence[float],
        deviates: Sequence[float],
    ) -> list[float]:
        body, curves = self._split[index], self._remembered.curves[index]
        column = []
        for (way, curve), scale, deviate in zip(picked, scales, deviates, strict=True):
            prior = 1 / way.setting.departure**2
            value = prior * (scale + curves[curve])
            if body:
                data = 1 / self._noise(index, body, way.setting)
                prior, value = prior + data, value + data * body.log_mean
            column.append(value / prior + deviate / math.sqrt(prior))
        return column

    def _noise(self, index: int, body: Body, setting: _Setting) -> float:
        if index in setting.doubted:
            return OUTLIER_VARIANCE
        return setting.spread**2 * self._remembered.variances[index] / body.weight

    def _all_ways(self) -> list[_Way]:
        return [
            way
            for doubted in self._doubts()
            for spread, spread_weight in zip(PAST_SPREADS, PAST_SPREAD_WEIGHTS, strict=True)
            for departure, weight in zip(PAST_DEPARTURES, PAST_DEPARTURE_WEIGHTS, strict=True)
            for way in self._weigh(_Setting(departure, spread, doubted, math.log(weight * spread_weight)))
        ]

    def _doubts(self) -> list[tuple[int, ...]]:
        """Return the sets of single calls that may be slow ones, as belief.py does; a past is witness enough."""
        doubts: list[tuple[int, ...]] = [()]
        singles = {index for index, body in self._seen if body.count == 1}
        least = _total(self._weigh(_usual(()))) - MIN_DOUBT
        while singles and len(doubts) <= MAX_DOUBTS:
            found = {index: self._weigh(_usual((*doubts[-1], index))) for index in sorted(singles)}
            odds = {index: _total(ways) for index, ways in found.items() if self._is_slow(ways, index)}
            most, likeliest = max(odds.items(), key=itemgetter(1), default=(-1, -math.inf))
            if likeliest <= least:
                break
            least = likeliest
            doubts.append((*doubts[-1], most))
            singles.remove(most)
        return doubts

    def _is_slow(self, ways: Sequence[_Way], index: int) -> bool:
        way = max(ways, key=lambda one: max(one.weights))
        curve = max(range(PAST_CURVES), key=way.weights.__getitem__)
        row = [one for one, _ in self._seen].index(index)
        return self._residuals[row][curve] > way.scales[curve]

    def _weigh(self, setting: _Setting) -> list[_Way]:
        """Return the weight of each curve, the marginal likelihood, for each width of the scale."""
        base = setting.log_weight + len(setting.doubted) * math.log(OUTLIER_RATE)
        precisions = []
        for index, body in self._seen:
            variance = setting.spread**2 * self._remembered.variances[index]
            base -= 0.5 * (body.freedom * math.log(variance) + body.squares / variance)
            precisions.append(1 / (setting.departure**2 + self._noise(index, body, setting)))
        total = sum(precisions)
        base += 0.5 * sum(map(math.log, precisions))
        middles, fits = [0.0] * PAST_CURVES, [0.0] * PAST_CURVES
        for precision, residuals, squares in zip(precisions, self._residuals, self._squares, strict=True):
            share = precision / total
            middles = [middle + share * residual for middle, residual in zip(middles, residuals, strict=True)]
            fits = [fit + precision * square for fit, square in zip(fits, squares, strict=True)]
        weights = [base - 0.5 * (fit - total * middle * middle) for fit, middle in zip(fits, middles, strict=True)]
        ways = []
        for width, scale_weight in zip(PAST_SCALES, PAST_SCALE_WEIGHTS, strict=True):
            known = 1 / (width * width)
            shift = math.log(scale_weight) - 0.5 * math.log1p(total / known)
            pull = 0.5 / (1 / known + 1 / total)
            toward = total / (total + known)
            ways.append(
                _Way(
                    setting,
                    total + known,
                    [toward * middle for middle in middles],
                    [weight + shift - pull * middle * middle for weight, middle in zip(weights, middles, strict=True)],
                )
            )
        return ways


def _uncalled() -> _Way:
    return _Way(_usual(()), 1 / PAST_SCALES[0] ** 2, [0.0] * PAST_CURVES, [0.0] * PAST_CURVES)


def _usual(doubted: tuple[int, ...]) -> _Setting:
    return _Setting(PAST_DEPARTURES[1], 1.0, doubted, 0.0)


def _total(ways: Sequence[_Way]) -> float:
    return log_total([log_total(way.weights) for way in ways])
