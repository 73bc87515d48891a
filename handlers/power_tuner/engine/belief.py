"""What is believed of every memory size after the samples so far: draws from the joint posterior.

The logarithm of a memory size's mean is scale + curve + its own departure from the curve. Scale has a flat prior and
each departure a normal one, so both are integrated in closed form (Gelman et al., "Bayesian Data Analysis", 3rd ed.,
chapter 5) for every curve, every width of the departures and every spread of the calls; the three are weighed by
how well they explain the samples. Wide departures are the way out where no curve fits: each memory size then stands
alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import mul

from power_tuner.engine.curves import log_curves
from power_tuner.engine.kinks import kinks
from power_tuner.engine.noise import Body, bodies, own_variance, spread_weights
from power_tuner.engine.priors import (
    ADDED_TAIL_SHARE,
    CURVES,
    DEPARTURE_WEIGHTS,
    DEPARTURES,
    DRAWS,
    DRIFT,
    MAX_ADDED_TAIL,
    MAX_DOUBTS,
    MAX_MISFIT,
    MIN_DOUBT,
    MIN_WITNESSES,
    OUTLIER_RATE,
    OUTLIER_VARIANCE,
)
from power_tuner.engine.random_draws import normals, seed_for, spread_evenly
from power_tuner.engine.tail import own_excesses, tail_of
from power_tuner.engine.weighted_draws import log_total, pick


@dataclass(frozen=True, slots=True)
class Belief:
    """Draws from the posterior, one list per memory size; a draw has the same index in every list.

    `recalled` is the chance that the function is as its earlier calls say, 0 without any. `kinked` holds the draws in
    which a memory size that was never called is faster than its curve and departure say.
    """

    log_body: list[list[float]]
    mean_ms: list[list[float]]
    spread: float
    call_variance: list[float]
    departure: float
    bodies: list[Body | None]
    kinked: list[frozenset[int]]
    recalled: float = 0.0

    def agreeing(self, index: int) -> int:
        """Return how many calls of a memory size agree with each other: those of its body, not of its tail."""
        body = self.bodies[index]
        return body.count - body.outliers if body else 0


@dataclass(frozen=True, slots=True)
class _Component:
    """One way to explain the samples."""

    curve: int
    departure: float
    spread: float
    scale: float
    precision: float
    doubted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """The explanations with the same spread, width of departures and doubted memory sizes; a weight for each curve."""

    departure: float
    spread: float
    doubted: tuple[int, ...]
    precision: float
    scales: list[float]
    weights: list[float]


@dataclass(frozen=True, slots=True)
class Explained:
    """All ways to explain the samples, each with its weight."""

    bodies: list[Body | None]
    curves: list[Sequence[float]]
    blocks: list[_Block]

    @property
    def log_evidence(self) -> float:
        """Return how well the prior predicts the samples, over all curves and a scale of which all are held alike."""
        return log_total([log_total(block.weights) for block in self.blocks]) - math.log(CURVES)


def believe(memories_mb: tuple[int, ...], samples: Sequence[Sequence[float]], seed: int) -> Belief:
    """Return draws from what the samples leave possible."""
    return draw(explain(memories_mb, bodies(samples)), seed)


def explain(memories_mb: tuple[int, ...], split: list[Body | None]) -> Explained:
    """Return the ways to explain the samples."""
    curves, blocks = _weigh(log_curves(memories_mb), split)
    return Explained(split, curves, blocks)


def draw(explained: Explained, seed: int) -> Belief:
    """Return draws from the ways to explain the samples."""
    split = explained.bodies
    blocks = explained.blocks
    picked = [
        _Component(curve, block.departure, block.spread, block.scales[curve], block.precision, block.doubted)
        for block, curve in ((blocks[row], curve) for row, curve in pick([block.weights for block in blocks], seed))
    ]
    spread = math.exp(sum(math.log(one.spread) for one in picked) / DRAWS)
    departure = math.exp(sum(math.log(one.departure) for one in picked) / DRAWS)
    faster = [{} if body else kinks(seed_for(seed, "kinks", index)) for index, body in enumerate(split)]
    log_body = _draw_bodies(explained.curves, split, picked, seed)
    for column, kinked in zip(log_body, faster, strict=True):
        for number, by in kinked.items():
            column[number] -= by
    variances = [own_variance(spread, body) for body in split]
    return Belief(
        log_body=log_body,
        mean_ms=_add_tails(split, log_body, variances, spread, seed),
        spread=spread,
        call_variance=[one * _per_call(body) for one, body in zip(variances, split, strict=True)],
        departure=departure,
        bodies=split,
        kinked=[frozenset(draws) for draws in faster],
    )


def _per_call(body: Body | None) -> float:
    """Return by how much the variance of a call is larger than that of one that tells all that it can."""
    return body.count / body.weight if body else 1.0


def _add_tails(
    split: Sequence[Body | None],
    log_body: Sequence[Sequence[float]],
    variances: Sequence[float],
    spread: float,
    seed: int,
) -> list[list[float]]:
    """Return the mean of each draw: to its body a tail adds a share of the call, or the same time everywhere."""
    tail = tail_of([body for body in split if body], spread)
    excesses = [tail.excess(unit) for unit in spread_evenly(seed_for(seed, "tails"), DRAWS)]
    adds = [unit < ADDED_TAIL_SHARE for unit in spread_evenly(seed_for(seed, "added tails"), DRAWS)]
    # what payloads do is in the bodies already; what is left scatters alike everywhere
    scatters = [body.scatter for body in split if body and body.scatter is not None]
    variances = scatters[:1] * len(split) or variances
    middles = [sum(draw) / len(draw) for draw in zip(*log_body, strict=True)]
    means = []
    for index, body in enumerate(split):
        deviates = normals(seed_for(seed, "own tails", index), DRAWS)
        column = log_body[index]
        common = [
            excess * math.exp(min(middle - log, MAX_ADDED_TAIL)) if added else excess
            for log, middle, excess, added in zip(column, middles, excesses, adds, strict=True)
        ]
        shapes = normals(seed_for(seed, "shapes", index), DRAWS)
        own = own_excesses(common, variances[index], body, deviates, shapes)
        means.append([math.exp(log) * (1 + excess) for log, excess in zip(column, own, strict=True)])
    return means


@dataclass(frozen=True, slots=True)
class _Seen:
    """The measured memory sizes, and by how much each curve misses each of them."""

    indices: list[int]
    bodies: list[Body]
    residuals: list[list[float]]
    by_curve: list[tuple[float, ...]]
    squares_by_curve: list[list[float]]


def _weigh(
    curves: Sequence[Sequence[float]], split: Sequence[Body | None]
) -> tuple[list[Sequence[float]], list[_Block]]:
    """Return the curves worth a thought and all explanations, weighed by how well they predict the samples.

    The weight is the marginal likelihood.
    """
    seen = _see(curves, split)
    spreads = spread_weights(seen.bodies)
    # a curve that does not fit where everything is allowed fits even less elsewhere
    doubted = _doubted(seen, spreads[len(spreads) // 2][0])
    doubts = [doubted[:number] for number in range(len(doubted) + 1)]
    widest = [_block(seen, spreads[-1], (DEPARTURES[-1], 1.0), doubt).weights for doubt in doubts]
    best = [max(column) for column in zip(*widest, strict=True)]
    top = max(best)
    kept = [curve for curve, weight in zip(curves, best, strict=True) if weight > top - MAX_MISFIT]
    seen = _see(kept, split)
    departures = tuple(zip(DEPARTURES, DEPARTURE_WEIGHTS, strict=True))
    return kept, [
        _block(seen, spread, departure, doubt) for doubt in doubts for spread in spreads for departure in departures
    ]


def _see(curves: Sequence[Sequence[float]], split: Sequence[Body | None]) -> _Seen:
    indices = [index for index, body in enumerate(split) if body]
    measured = [body for body in split if body]
    residuals = [
        [body.log_mean - curve[index] for curve in curves] for index, body in zip(indices, measured, strict=True)
    ]
    by_curve = list(zip(*residuals, strict=True))
    squares = [[residual * residual for residual in row] for row in by_curve]
    return _Seen(indices, measured, residuals, by_curve, squares)


def _doubted(seen: _Seen, spread: float) -> tuple[int, ...]:
    """Return the memory sizes whose only call may be one of the slow tail: the others say what they take."""
    settings = ((spread, 0.0), (DEPARTURES[-2], 1.0))
    least = log_total(_block(seen, *settings, ()).weights) - MIN_DOUBT
    singles = {index for index, body in zip(seen.indices, seen.bodies, strict=True) if body.count == 1}
    found: tuple[int, ...] = ()
    while singles and len(found) < MAX_DOUBTS and len(seen.indices) - len(found) >= MIN_WITNESSES:
        blocks = {index: _block(seen, *settings, (*found, index)) for index in sorted(singles)}
        odds = {index: log_total(block.weights) for index, block in blocks.items() if _is_slow(seen, block, index)}
        most = max(odds, key=odds.__getitem__, default=None)
        if most is None or odds[most] <= least:
            break
        least = odds[most]
        found = (*found, most)
        singles.remove(most)
    return found


def _is_slow(seen: _Seen, block: _Block, index: int) -> bool:
    """Return whether a memory size took longer than the others say, by the curve that explains these best."""
    curve = max(range(len(block.weights)), key=block.weights.__getitem__)
    return seen.residuals[seen.indices.index(index)][curve] > block.scales[curve]


def _block(
    seen: _Seen,
    weighted_spread: tuple[float, float],
    weighted_departure: tuple[float, float],
    doubted: tuple[int, ...],
) -> _Block:
    spread, log_weight = weighted_spread
    departure, weight = weighted_departure
    precisions = []
    for index, body in zip(seen.indices, seen.bodies, strict=True):
        variance = own_variance(spread, body)
        noise = OUTLIER_VARIANCE if index in doubted else variance / body.weight
        precisions.append(1 / (_width(departure, variance) + noise))
    total = sum(precisions)
    base = log_weight + math.log(weight) + 0.5 * (sum(map(math.log, precisions)) - math.log(total))
    base += len(doubted) * math.log(OUTLIER_RATE)
    shares = [precision / total for precision in precisions]
    scales = [sum(map(mul, shares, one)) for one in seen.by_curve]
    fits = [sum(map(mul, precisions, one)) for one in seen.squares_by_curve]
    weights = [base - 0.5 * (fit - total * scale * scale) for fit, scale in zip(fits, scales, strict=True)]
    return _Block(departure, spread, doubted, total, scales, weights)


def _width(departure: float, variance: float) -> float:
    """Return the variance of a departure: its own, and the drift of noisy functions between hours."""
    return departure * departure + DRIFT * DRIFT * variance


def _draw_bodies(
    curves: Sequence[Sequence[float]], split: Sequence[Body | None], picked: Sequence[_Component], seed: int
) -> list[list[float]]:
    deviates = normals(seed_for(seed, "scales"), DRAWS)
    scales = [one.scale + deviate / math.sqrt(one.precision) for one, deviate in zip(picked, deviates, strict=True)]
    # explanations with the same settings were picked one after another
    alike = [list(group) for _, group in groupby(picked, lambda one: (one.departure, one.spread, one.doubted))]
    drawn = []
    for index, body in enumerate(split):
        own = iter(normals(seed_for(seed, "bodies", index), DRAWS))
        from_scale = iter(scales)
        column: list[float] = []
        for group in alike:
            setting = group[0]
            toward, offset, width = _pull(body, setting.departure, setting.spread, doubted=index in setting.doubted)
            column.extend(
                toward * (scale + curves[one.curve][index]) + offset + width * deviate
                for one, scale, deviate in zip(group, from_scale, own, strict=False)
            )
        drawn.append(column)
    return drawn


def _pull(body: Body | None, departure: float, spread: float, *, doubted: bool) -> tuple[float, float, float]:
    """Return how far its own samples pull a memory size off the curve: weight of the curve, offset, width."""
    variance = own_variance(spread, body)
    width = _width(departure, variance)
    if body is None:
        return 1.0, 0.0, math.sqrt(width)
    prior = 1 / width
    data = 1 / OUTLIER_VARIANCE if doubted else body.weight / variance
    return prior / (prior + data), body.log_mean * data / (prior + data), 1 / math.sqrt(prior + data)
