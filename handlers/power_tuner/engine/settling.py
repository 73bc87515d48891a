"""Sandboxes that warm up: what their calls say of the settled function, and whether it has settled.

Each way of falling (warm_up.py) is weighed by how well it explains how the calls of a memory size follow one another.
What it adds is then taken off the calls. A memory size whose calls were all among the first ones is known by less than
their number, because what is taken off is only known roughly.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import mul

from power_tuner.engine.belief import Belief
from power_tuner.engine.noise import Body, bodies
from power_tuner.engine.priors import DRAWS
from power_tuner.engine.question import Measured
from power_tuner.engine.random_draws import normals, seed_for
from power_tuner.engine.settling_priors import (
    LEAST_CHANCE,
    MIN_CHANCE,
    MIN_WEIGHT,
    SETTLED,
    SHORT_CHANCE,
    SHORT_MS,
    WARM_UP_SPREADS,
)
from power_tuner.engine.warm_up import WAYS, Level, Series, Way, fit, series_of, steady_weights
from power_tuner.engine.weighted_draws import log_total


@dataclass(frozen=True, slots=True)
class Settling:
    """What is believed of the first calls of a sandbox; lists have an entry per memory size.

    Attributes:
        unsettled: The chance that the next call still takes longer for it.
        settled: What the calls say of settled ones; None where the function likely does not warm up.
    """

    unsettled: list[float]
    settled: "Settled | None" = None

    def dearer(self, index: int) -> float:
        """Return how many times as long as a settled call the next one likely takes."""
        return self.settled.dearer[index] if self.settled else 1.0


@dataclass(frozen=True, slots=True)
class Settled:
    """What calls say of settled ones; lists have an entry per memory size.

    Attributes:
        bodies: The calls, what warming up added taken off.
        common_width: How unsure what is alike at all memory sizes is, in logarithms.
        dearer: How many times as long as a settled one the next call likely takes.
        slower_calls: How many calls of a sandbox likely take longer, of those that were made.
    """

    bodies: list[Body | None]
    common_width: float
    dearer: list[float]
    slower_calls: list[int]


def settling_of(memories_mb: Sequence[int], samples: Sequence[Sequence[Measured]]) -> Settling:
    """Return what the order of the calls says of the first ones of a sandbox."""
    fastest_ms = min(call.duration_ms for calls in samples for call in calls)
    chance = SHORT_CHANCE / (1 + fastest_ms / SHORT_MS)
    if chance < LEAST_CHANCE:
        return Settling([0.0] * len(samples))
    series = [series_of(memory_mb, calls) for memory_mb, calls in zip(memories_mb, samples, strict=True)]
    shares, spread = _weighed([one for one in series if len(one.logs) > 1], chance)
    unsettled = [
        sum(share for way, share in shares.items() if way.log_factors(one.memory_mb)[one.next_place] > SETTLED)
        for one in series
    ]
    if sum(shares.values()) < MIN_CHANCE:
        return Settling(unsettled)
    return Settling(unsettled, _settled(series, samples, shares, spread))


def widened(belief: Belief, settled: Settled, seed: int) -> Belief:
    """Return the belief with what is unsure of all memory sizes alike."""
    factors = [math.exp(settled.common_width * one) for one in normals(seed_for(seed, "settling"), DRAWS)]
    return replace(belief, mean_ms=[list(map(mul, column, factors)) for column in belief.mean_ms])


def _weighed(told: Sequence[Series], chance: float) -> tuple[Mapping[Way, float], float]:
    """Return the chance of each way of falling, and the spread of the calls about them."""
    rows = [_total(math.log(1 - chance), [steady_weights(one) for one in told])]
    prior = math.log(chance / len(WAYS))
    rows += [_total(prior, [fit(one, way).log_weights() for one in told]) for way in WAYS]
    total = log_total([weight for row in rows for weight in row])
    of_spreads = [sum(math.exp(weight - total) for weight in column) for column in zip(*rows, strict=True)]
    spread = math.exp(sum(share * math.log(one) for share, one in zip(of_spreads, WARM_UP_SPREADS, strict=True)))
    shares = {way: math.exp(log_total(row) - total) for way, row in zip(WAYS, rows[1:], strict=True)}
    return {way: share for way, share in shares.items() if share > MIN_WEIGHT}, spread


def _total(prior: float, rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the weights of the spreads, all alike before the calls."""
    return [prior + sum(column) for column in zip(*rows, strict=True)] if rows else [prior] * len(WARM_UP_SPREADS)


def _settled(
    series: Sequence[Series], samples: Sequence[Sequence[Measured]], shares: Mapping[Way, float], spread: float
) -> Settled:
    """Return what the calls say of settled ones."""
    whole = sum(shares.values())
    ways: list[tuple[Way | None, float]] = [*shares.items(), (None, max(0.0, 1 - whole))]
    told = {
        index: [_Told(way, chance, fit(one, way).level(spread)) for way, chance in ways]
        for index, one in enumerate(series)
        if one.logs
    }
    middles = {index: sum(one.chance * one.level.log for one in row) for index, row in told.items()}
    unsure, common_width = _unsure(told, middles)
    split = bodies(
        [
            _taken_off(one, calls, told.get(index, ()))
            for index, (one, calls) in enumerate(zip(series, samples, strict=True))
        ]
    )
    return Settled(
        bodies=[
            body
            and replace(body, log_mean=middles[index], weight=min(float(body.count), spread * spread / unsure[index]))
            for index, body in enumerate(split)
        ],
        common_width=common_width,
        dearer=[math.exp(_log_factor(one, one.next_place, shares)) for one in series],
        slower_calls=[
            # the factors fall from call to call
            bisect_left(
                range(one.next_place), x=True, key=lambda place: _log_factor(one, place, shares) < SETTLED * whole
            )
            for one in series
        ],
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What the calls of a memory size say if they fell in one way."""

    way: Way | None
    chance: float
    level: Level


def _unsure(told: Mapping[int, Sequence[_Told]], middles: Mapping[int, float]) -> tuple[Mapping[int, float], float]:
    """Return the variance of what a settled call of each memory size takes, and the deviation of what all share."""
    unsure = dict.fromkeys(told, 0.0)
    shared = 0.0
    # by ways of falling: what moves all memory sizes alike makes none of them better
    for column in zip(*told.values(), strict=True):
        moves = {index: one.level.log - middles[index] for index, one in zip(told, column, strict=True)}
        precision = sum(1 / one.level.variance for one in column)
        common = sum(moves[index] / one.level.variance for index, one in zip(told, column, strict=True)) / precision
        chance = column[0].chance
        shared += chance * common * common
        for index, one in zip(told, column, strict=True):
            unsure[index] += chance * (one.level.variance + (moves[index] - common) ** 2)
    return unsure, math.sqrt(shared)


def _taken_off(series: Series, calls: Sequence[Measured], told: Sequence[_Told]) -> list[float]:
    """Return how long the calls would have taken in a settled sandbox."""
    logs = [0.0] * len(series.logs)
    for one in told:
        if one.way:
            factors, share = one.way.log_factors(series.memory_mb), one.chance * (1 + one.level.more)
            logs = [log + share * factors[place] for log, place in zip(logs, series.places, strict=True)]
    return [call.duration_ms / math.exp(log) for call, log in zip(calls, logs, strict=True)]


def _log_factor(series: Series, place: int, shares: Mapping[Way, float]) -> float:
    """Return the logarithm of the factor on a call that is expected, by the chance of each way of falling."""
    return sum(share * way.log_factors(series.memory_mb)[place] for way, share in shares.items())
