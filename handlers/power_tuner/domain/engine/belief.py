"""What is believed of every size after the samples so far: draws from the joint posterior.

The logarithm of a size's mean is scale + curve + its own departure from the curve. Scale has a flat prior and each
departure a normal one, so both are integrated in closed form (Gelman et al., "Bayesian Data Analysis", 3rd ed.,
chapter 5) for every curve, every width of the departures and every spread of the calls; the three are weighed by
how well they explain the samples. Wide departures are the way out where no curve fits: sizes then stand alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from power_tuner.domain.engine.chance import normals, uniforms
from power_tuner.domain.engine.curves import log_curves
from power_tuner.domain.engine.noise import Body, bodies, own_variance, spread_weights
from power_tuner.domain.engine.tail import own_excess, tail_of

DRAWS = 256
DEPARTURES = (0.006, 0.02, 0.05, 0.15)
DEPARTURE_WEIGHTS = (0.22, 0.36, 0.30, 0.12)


@dataclass(frozen=True, slots=True)
class Belief:
    """Draws from the posterior, one list per size; a draw has the same place in every list."""

    log_body: list[list[float]]
    mean_ms: list[list[float]]
    spread: float
    call_variance: list[float]
    departure: float
    bodies: list[Body | None]


@dataclass(frozen=True, slots=True)
class _Component:
    """One way to explain the samples."""

    curve: int
    departure: float
    spread: float
    scale: float
    precision: float


def believe(sizes_mb: tuple[int, ...], samples: Sequence[Sequence[float]], seed: int) -> Belief:
    """Draw from what the samples leave possible."""
    split = bodies(samples)
    curves = log_curves(sizes_mb)
    components, weights = _weigh(curves, split)
    picked = _resample(components, weights, seed)
    spread = math.exp(sum(math.log(one.spread) for one in picked) / DRAWS)
    departure = math.exp(sum(math.log(one.departure) for one in picked) / DRAWS)
    log_body = _draw_bodies(curves, split, picked, seed)
    tail = tail_of([body for body in split if body], spread)
    units = uniforms(seed + 11, DRAWS)
    excesses = [tail.excess(unit) for unit in units]
    mean_ms = []
    for place, body in enumerate(split):
        deviates = normals(seed + 1009 + place, DRAWS)
        mean_ms.append(
            [
                math.exp(log) * (1 + own_excess(excess, body, deviate))
                for log, excess, deviate in zip(log_body[place], excesses, deviates, strict=True)
            ]
        )
    return Belief(
        log_body=log_body,
        mean_ms=mean_ms,
        spread=spread,
        call_variance=[own_variance(spread, body) for body in split],
        departure=departure,
        bodies=split,
    )


def _weigh(
    curves: Sequence[Sequence[float]], split: Sequence[Body | None]
) -> tuple[list[_Component], list[float]]:
    seen = [(place, body) for place, body in enumerate(split) if body]
    residuals = [[body.log_mean - curve[place] for place, body in seen] for curve in curves]
    squares = [[residual * residual for residual in row] for row in residuals]
    components: list[_Component] = []
    weights: list[float] = []
    for spread, spread_weight in spread_weights([body for _, body in seen]):
        noise = [own_variance(spread, body) / body.count for _, body in seen]
        for departure, departure_weight in zip(DEPARTURES, DEPARTURE_WEIGHTS, strict=True):
            precisions = [1 / (departure * departure + variance) for variance in noise]
            total = sum(precisions)
            base = spread_weight + math.log(departure_weight) + 0.5 * sum(map(math.log, precisions))
            base -= 0.5 * math.log(total)
            for curve, (row, row_squares) in enumerate(zip(residuals, squares, strict=True)):
                scale = sum(map(mul, precisions, row)) / total
                fit = sum(map(mul, precisions, row_squares)) - total * scale * scale
                weights.append(base - 0.5 * fit)
                components.append(_Component(curve, departure, spread, scale, total))
    return components, weights


def _resample(components: Sequence[_Component], weights: Sequence[float], seed: int) -> list[_Component]:
    """Pick components in proportion to their weights, evenly (systematic resampling, Kitagawa 1996)."""
    top = max(weights)
    shares = [math.exp(weight - top) for weight in weights]
    step = sum(shares) / DRAWS
    place = uniforms(seed, 1)[0] * step
    picked: list[_Component] = []
    cumulated = 0.0
    for component, share in zip(components, shares, strict=True):
        cumulated += share
        while place < cumulated and len(picked) < DRAWS:
            picked.append(component)
            place += step
    while len(picked) < DRAWS:
        picked.append(components[-1])
    return picked


def _draw_bodies(
    curves: Sequence[Sequence[float]], split: Sequence[Body | None], picked: Sequence[_Component], seed: int
) -> list[list[float]]:
    deviates = normals(seed + 7, DRAWS)
    scales = [
        one.scale + deviate / math.sqrt(one.precision) for one, deviate in zip(picked, deviates, strict=True)
    ]
    drawn = []
    for place, body in enumerate(split):
        own = normals(seed + 100 + place, DRAWS)
        column = []
        known: dict[tuple[float, float], tuple[float, float, float]] = {}
        for one, scale, deviate in zip(picked, scales, own, strict=True):
            key = (one.departure, one.spread)
            if key not in known:
                known[key] = _pull(body, one.departure, one.spread)
            toward, offset, width = known[key]
            column.append(toward * (scale + curves[one.curve][place]) + offset + width * deviate)
        drawn.append(column)
    return drawn


def _pull(body: Body | None, departure: float, spread: float) -> tuple[float, float, float]:
    """Say how far a size's own samples pull it off the curve: weight of the curve, offset, width."""
    if body is None:
        return 1.0, 0.0, departure
    prior = 1 / (departure * departure)
    data = body.count / own_variance(spread, body)
    return prior / (prior + data), body.log_mean * data / (prior + data), 1 / math.sqrt(prior + data)
