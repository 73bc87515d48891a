"""Which invocations are worth their money: the expected gain of a batch, per dollar.

The gain of a batch is how much it is expected to lower the regret of the choice that follows (knowledge gradient:
Frazier, Powell, Dayanik 2008). Between the leader and a challenger it has a closed form if their difference is
normal; the belief's draws give the difference's mean, its covariance with every memory size, and the gain of knowing
everything, to which the closed form is scaled, because the draws are not normal. A memory size that was never called
may be much faster than its curve says, which is far from normal: what a call gains by finding that is added apart.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from operator import mul, sub

from power_tuner.engine.kinks import kink_gains, share_found
from power_tuner.engine.priors import (
    BATCHES,
    MAX_CHALLENGERS,
    MAX_ROUND_BATCHES,
    MIN_GAIN,
    NEGLIGIBLE,
)

_NORMAL_PEAK = 1 / math.sqrt(2 * math.pi)
_SQRT_2 = math.sqrt(2)


@dataclass(frozen=True, slots=True)
class Offer:
    """What is believed, in the form in which invocations are weighed; memory sizes are named by their index.

    Costs are shares of what a sweep costs; a round costs `round_cost`, and `memory_cost` for each memory size in it,
    beside its calls. `leader` is what would be chosen now. `kinked` are the draws in which a memory size that was
    never called is much faster than its curve says.
    """

    log_value: Sequence[Sequence[float]]
    log_body: Sequence[Sequence[float]]
    kinked: Sequence[frozenset[int]]
    kink_chance: Sequence[float]
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
class _Unknown:
    """What is left to be learned: of rivals, of how bodies depend on each other, and what kinks would gain."""

    rivals: Sequence[_Rival]
    covariance: list[list[float]]
    kinks: list[float]


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
    unknown = _unknown(offer)
    calls: dict[int, int] = {}
    cost = 0.0
    least_worth = 1.0
    for _ in range(MAX_ROUND_BATCHES):
        plan = _best(unknown, offer, price, calls, last=last)
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
            _learn(unknown, index, offer.call_variance[index] / plan.batch)
    return calls


def _best(unknown: _Unknown, offer: Offer, price: Price, planned: Collection[int], *, last: bool) -> _Plan | None:
    best: _Plan | None = None
    begun = 0.0 if planned else offer.round_cost
    indices = range(len(offer.log_body))
    singles: list[tuple[int, ...]] = [(index,) for index in indices]
    for option in singles + [(offer.leader, index) for index in indices if index != offer.leader]:
        call_cost = sum(offer.call_cost[index] for index in option)
        fixed = begun + offer.memory_cost * sum(index not in planned for index in option)
        # no batch gains more than the largest, or costs less than the smallest
        most = _plan(
            option, BATCHES[-1], _gain(unknown, offer, option, BATCHES[-1]), fixed + BATCHES[0] * call_cost, price
        )
        if best and not _better(most, best, last=last):
            continue
        for batch in BATCHES:
            plan = _plan(option, batch, _gain(unknown, offer, option, batch), fixed + batch * call_cost, price)
            if best is None or _better(plan, best, last=last):
                best = plan
    return best


def _plan(option: tuple[int, ...], batch: int, gain: float, cost: float, price: Price) -> _Plan:
    return _Plan(option, batch, gain, cost, price.of(cost))


def _better(plan: _Plan, best: _Plan, *, last: bool) -> bool:
    return plan.net > best.net if last else plan.worth > best.worth


def _unknown(offer: Offer) -> _Unknown:
    draws = len(offer.log_value[0])
    front = offer.log_value[offer.leader]
    promising = []
    for index, column in enumerate(offer.log_value):
        difference = list(map(sub, column, front))
        kinked = offer.kinked[index] | offer.kinked[offer.leader]
        smooth = _without(difference, kinked)
        perfect = -sum(value for value in smooth if value < 0) / draws
        if index != offer.leader and perfect >= MIN_GAIN:
            promising.append((perfect, _mean(smooth), difference, kinked))
    promising.sort(key=lambda one: -one[0])
    centred = [
        _around(column, kinked, _mean(_without(column, kinked)))
        for column, kinked in zip(offer.log_body, offer.kinked, strict=True)
    ]
    rivals = []
    for perfect, mean, difference, kinked in promising[:MAX_CHALLENGERS]:
        around = _around(difference, kinked, mean)
        variance = sum(map(mul, around, around)) / draws
        covariance = [sum(map(mul, around, other)) / draws for other in centred]
        scale = perfect / max(_unit_loss(mean, variance), MIN_GAIN)
        rivals.append(_Rival(mean, variance, perfect, covariance, scale))
    body_covariance = [[0.0] * len(centred) for _ in centred]
    for row, one in enumerate(centred):
        for place, other in enumerate(centred[: row + 1]):
            body_covariance[row][place] = body_covariance[place][row] = sum(map(mul, one, other)) / draws
    return _Unknown(rivals, body_covariance, kink_gains(offer.log_value, offer.kinked, offer.leader, offer.kink_chance))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _without(column: Sequence[float], left_out: frozenset[int]) -> Sequence[float]:
    return [value for draw, value in enumerate(column) if draw not in left_out] if left_out else column


def _around(column: Sequence[float], kinked: frozenset[int], mean: float) -> list[float]:
    """Return the distances from the mean, none where the draw is kinked."""
    around = [value - mean for value in column]
    for draw in kinked:
        around[draw] = 0.0
    return around


def _gain(unknown: _Unknown, offer: Offer, option: tuple[int, ...], batch: int) -> float:
    covariance = unknown.covariance
    first = option[0]
    total = covariance[first][first] + offer.call_variance[first] / batch
    most = 0.0
    for rival in unknown.rivals:
        new = rival.covariance[first] ** 2 / total
        if len(option) > 1:
            second = option[1]
            shared = covariance[first][second] / total
            left = covariance[second][second] - shared * covariance[first][second]
            turn = rival.covariance[second] - shared * rival.covariance[first]
            new += turn * turn / (max(left, 0.0) + offer.call_variance[second] / batch)
        gain = rival.scale * _unit_loss(rival.mean, min(rival.learned + new, rival.variance)) - rival.gained
        most = max(most, gain)
    return most + sum(unknown.kinks[index] * share_found(offer.call_variance[index] / batch) for index in option)


def _learn(unknown: _Unknown, index: int, variance: float) -> None:
    """Count a batch as learned: its share of every covariance is gone."""
    covariance = unknown.covariance
    unknown.kinks[index] *= 1 - share_found(variance)
    total = covariance[index][index] + variance
    row = list(covariance[index])
    for rival in unknown.rivals:
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
