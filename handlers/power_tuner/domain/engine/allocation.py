"""Which invocations are worth their money: the expected gain of a batch, per dollar.

The gain of a batch is how much it is expected to lower the regret of the choice that follows (knowledge gradient:
Frazier, Powell, Dayanik 2008). Between the leader and a challenger it has a closed form if their difference is
normal; the belief's draws give the difference's mean, its covariance with every size, and the gain of knowing
everything, to which the closed form is scaled, because the draws are not normal.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from power_tuner.domain.engine.chance import below, density

BATCHES = (1, 2, 3, 5, 8, 12, 20, 32)
MOST_CHALLENGERS = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls per size (by place), what they are expected to gain, and what they cost, both as shares."""

    calls: dict[int, int]
    gain: float
    cost: float


@dataclass(slots=True)
class _Rival:
    """A challenger against the leader: how their difference depends on what can be learned."""

    mean: float
    spread: float
    perfect: float
    covariance: list[float]


def best_plan(
    *,
    log_value: Sequence[Sequence[float]],
    log_body: Sequence[Sequence[float]],
    call_variance: Sequence[float],
    call_cost: Sequence[float],
    leader: int,
    most_calls: int,
) -> Plan | None:
    """Find the batch, for one size or for two together, with the largest expected gain per cost."""
    rivals, body_covariance = _rivals(log_value, log_body, leader)
    if not rivals:
        return None
    best: Plan | None = None
    places = range(len(log_body))
    pairs = [(leader, place) for place in places if place != leader]
    options = [(place,) for place in places] + pairs
    for option in options:
        for batch in BATCHES:
            if batch * len(option) > most_calls:
                break
            gain = _gain(rivals, body_covariance, call_variance, option, batch)
            cost = batch * sum(call_cost[place] for place in option)
            if best is None or gain * best.cost > best.gain * cost:
                best = Plan(dict.fromkeys(option, batch), gain, cost)
    return best


def _rivals(
    log_value: Sequence[Sequence[float]], log_body: Sequence[Sequence[float]], leader: int
) -> tuple[list[_Rival], list[list[float]]]:
    draws = len(log_value[0])
    centred = [_centred(column) for column in log_body]
    front = log_value[leader]
    rivals = []
    for place, column in enumerate(log_value):
        if place == leader:
            continue
        difference = [other - own for other, own in zip(column, front, strict=True)]
        perfect = -sum(value for value in difference if value < 0) / draws
        if perfect < 1e-5:
            continue
        mean = sum(difference) / draws
        around = [value - mean for value in difference]
        spread = math.sqrt(sum(map(mul, around, around)) / draws)
        covariance = [sum(map(mul, around, other)) / draws for other in centred]
        rivals.append(_Rival(mean, spread, perfect, covariance))
    rivals.sort(key=lambda rival: -rival.perfect)
    body_covariance = [[sum(map(mul, one, other)) / draws for other in centred] for one in centred]
    return rivals[:MOST_CHALLENGERS], body_covariance


def _centred(column: Sequence[float]) -> list[float]:
    mean = sum(column) / len(column)
    return [value - mean for value in column]


def _gain(
    rivals: Sequence[_Rival],
    body_covariance: Sequence[Sequence[float]],
    call_variance: Sequence[float],
    option: tuple[int, ...],
    batch: int,
) -> float:
    first = option[0]
    first_total = body_covariance[first][first] + call_variance[first] / batch
    most = 0.0
    for rival in rivals:
        learned = rival.covariance[first] ** 2 / first_total
        if len(option) > 1:
            second = option[1]
            shared = body_covariance[first][second] / first_total
            left = body_covariance[second][second] - shared * body_covariance[first][second]
            turn = rival.covariance[second] - shared * rival.covariance[first]
            learned += turn * turn / (max(left, 0.0) + call_variance[second] / batch)
        most = max(most, _expected_gain(rival, math.sqrt(min(learned, rival.spread**2))))
    return most


def _expected_gain(rival: _Rival, spread: float) -> float:
    full = _unit_loss(rival.mean, rival.spread)
    return rival.perfect * _unit_loss(rival.mean, spread) / full if full > 0 else 0.0


def _unit_loss(mean: float, spread: float) -> float:
    """Give E[max(0, -x)] for a normal x (the unit normal loss integral)."""
    if spread < 1e-9:
        return 0.0
    ratio = mean / spread
    return spread * max(density(ratio) - ratio * below(-ratio), 0.0)
