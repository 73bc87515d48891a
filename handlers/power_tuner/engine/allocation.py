"""Which invocations are worth their money: the expected gain of a batch, per dollar.

The gain of a batch is how much it is expected to lower the regret of the choice that follows (knowledge gradient:
Frazier, Powell, Dayanik 2008). Between the leader and a challenger it has a closed form if their difference is
normal; the belief's draws give the difference's mean, its covariance with every memory size, and the gain of knowing
everything, to which the closed form is scaled, because the draws are not normal.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from operator import mul

from power_tuner.engine.priors import BATCHES, MAX_CHALLENGERS, MAX_ROUND_BATCHES, MIN_GAIN, NEGLIGIBLE

_NORMAL_PEAK = 1 / math.sqrt(2 * math.pi)
_SQRT_2 = math.sqrt(2)


@dataclass(frozen=True, slots=True)
class Offer:
    """What is believed, in the form in which invocations are weighed; memory sizes are named by their index.

    Costs are shares of what a sweep costs; a round costs `round_cost`, and `memory_cost` for each memory size in it,
    beside its calls. `leader` is what would be chosen now.
    """

    log_value: Sequence[Sequence[float]]
    log_body: Sequence[Sequence[float]]
    call_variance: Sequence[float]
    call_cost: Sequence[float]
    leader: int
    round_cost: float = 0.0
    memory_cost: float = 0.0


@dataclass(slots=True)
class _Rival:
    """A challenger against the leader: how their difference depends on what can be learned."""

    mean: float
    variance: float
    perfect: float
    covariance: list[float]
    scale: float
    learned: float = 0.0
    gained: float = 0.0


@dataclass(frozen=True, slots=True)
class _Plan:
    indices: tuple[int, ...]
    batch: int
    gain: float
    cost: float
    price: float

    @property
    def worth(self) -> float:
        return self.gain / self.price

    @property
    def net(self) -> float:
        return self.gain - self.price


@dataclass(frozen=True, slots=True)
class Price:
    """What regret a batch must save: per cost of a sweep, and per e-fold growth of what is spent already.

    The second keeps a run that is cheap anyway from going on for gains too small to matter.
    """

    per_sweep: float
    per_growth: float
    spent: float

    def of(self, cost: float) -> float:
        """Return the price of a batch."""
        return self.per_sweep * cost + self.per_growth * math.log1p(cost / self.spent)


def worthwhile_calls(
    offer: Offer, price: Price, *, follow: float, most_cost: float, last: bool = False
) -> dict[int, int]:
    """Return the invocations of one round: the best batch, and others nearly as good that it does not replace.

    Args:
        offer: The belief to improve.
        price: What a batch must gain to be worth its cost.
        follow: How good a further batch must be, as a share of the first.
        most_cost: What the round may cost, unless its first batch alone costs more.
        last: No round comes after this one: take what gains most beyond its price, not most per price.
    """
    rivals, covariance = _rivals(offer)
    calls: dict[int, int] = {}
    cost = 0.0
    least_worth = 1.0
    for _ in range(MAX_ROUND_BATCHES):
        plan = _best(rivals, covariance, offer, price, calls, last=last)
        if plan is None or plan.worth < 1:
            break
        # what costs less than the round that it would need later is made in this one
        postponed = plan.worth < least_worth or (calls and cost + plan.cost > most_cost)
        if postponed and plan.cost >= offer.round_cost:
            break
        if not calls:
            least_worth = max(least_worth, follow * plan.worth)
        cost += plan.cost
        for index in plan.indices:
            calls[index] = calls.get(index, 0) + plan.batch
            _learn(rivals, covariance, index, offer.call_variance[index] / plan.batch)
    return calls


def _best(
    rivals: Sequence[_Rival],
    covariance: Sequence[Sequence[float]],
    offer: Offer,
    price: Price,
    planned: Collection[int],
    *,
    last: bool,
) -> _Plan | None:
    best: _Plan | None = None
    begun = 0.0 if planned else offer.round_cost
    indices = range(len(offer.log_body))
    singles: list[tuple[int, ...]] = [(index,) for index in indices]
    for option in singles + [(offer.leader, index) for index in indices if index != offer.leader]:
        call_cost = sum(offer.call_cost[index] for index in option)
        fixed = begun + offer.memory_cost * sum(index not in planned for index in option)
        for batch in BATCHES:
            gain = _gain(rivals, covariance, offer, option, batch)
            cost = fixed + batch * call_cost
            plan = _Plan(option, batch, gain, cost, price.of(cost))
            if best is None or (plan.net > best.net if last else plan.worth > best.worth):
                best = plan
    return best


def _rivals(offer: Offer) -> tuple[list[_Rival], list[list[float]]]:
    draws = len(offer.log_value[0])
    centred = [_centred(column) for column in offer.log_body]
    front = offer.log_value[offer.leader]
    rivals = []
    for index, column in enumerate(offer.log_value):
        difference = [other - own for other, own in zip(column, front, strict=True)]
        perfect = -sum(value for value in difference if value < 0) / draws
        if index == offer.leader or perfect < MIN_GAIN:
            continue
        mean = sum(difference) / draws
        around = [value - mean for value in difference]
        variance = sum(map(mul, around, around)) / draws
        covariance = [sum(map(mul, around, other)) / draws for other in centred]
        scale = perfect / max(_unit_loss(mean, variance), MIN_GAIN)
        rivals.append(_Rival(mean, variance, perfect, covariance, scale))
    rivals.sort(key=lambda rival: -rival.perfect)
    body_covariance = [[sum(map(mul, one, other)) / draws for other in centred] for one in centred]
    return rivals[:MAX_CHALLENGERS], body_covariance


def _centred(column: Sequence[float]) -> list[float]:
    mean = sum(column) / len(column)
    return [value - mean for value in column]


def _gain(
    rivals: Sequence[_Rival],
    covariance: Sequence[Sequence[float]],
    offer: Offer,
    option: tuple[int, ...],
    batch: int,
) -> float:
    first = option[0]
    total = covariance[first][first] + offer.call_variance[first] / batch
    most = 0.0
    for rival in rivals:
        new = rival.covariance[first] ** 2 / total
        if len(option) > 1:
            second = option[1]
            shared = covariance[first][second] / total
            left = covariance[second][second] - shared * covariance[first][second]
            turn = rival.covariance[second] - shared * rival.covariance[first]
            new += turn * turn / (max(left, 0.0) + offer.call_variance[second] / batch)
        gain = rival.scale * _unit_loss(rival.mean, min(rival.learned + new, rival.variance)) - rival.gained
        most = max(most, gain)
    return most


def _learn(rivals: Sequence[_Rival], covariance: list[list[float]], index: int, variance: float) -> None:
    """Count a batch as learned: its share of every covariance is gone."""
    total = covariance[index][index] + variance
    row = list(covariance[index])
    for rival in rivals:
        share = rival.covariance[index] / total
        rival.learned = min(rival.learned + share * rival.covariance[index], rival.variance)
        rival.gained = rival.scale * _unit_loss(rival.mean, rival.learned)
        rival.covariance = [one - share * other for one, other in zip(rival.covariance, row, strict=True)]
    for other_index, one in enumerate(row):
        share = one / total
        covariance[other_index] = [
            left - share * other for left, other in zip(covariance[other_index], row, strict=True)
        ]


def _unit_loss(mean: float, variance: float) -> float:
    """Return E[max(0, -x)] for a normal x (the unit normal loss integral)."""
    if variance <= 0 or mean * mean > NEGLIGIBLE * variance:
        return max(0.0, -mean)
    spread = math.sqrt(variance)
    ratio = mean / spread
    return spread * (math.exp(-0.5 * ratio * ratio) * _NORMAL_PEAK - 0.5 * ratio * math.erfc(ratio / _SQRT_2))
