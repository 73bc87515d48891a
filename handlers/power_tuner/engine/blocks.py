"""Calls with several payloads: payloads are blocks, within which memory sizes are compared.

What payloads and memory sizes do is told apart (payload_effects.py), so that it does not matter which payloads a memory
size got. The mean that counts is that over all payloads by their weights. So the payloads that make the bill must be
known best; what one of them does at a memory size where it was not seen is unsure.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from power_tuner.engine.belief import Belief
from power_tuner.engine.noise import Body, bodies
from power_tuner.engine.payload_effects import Effects, cells_of, effects_of
from power_tuner.engine.payload_priors import LARGE_BILL_SHARE, SINGLE_CELL_DOUBT, UNKNOWN_EFFECT
from power_tuner.engine.priors import BATCHES, DRAWS, MIN_DURATION_MS
from power_tuner.engine.question import Measured
from power_tuner.engine.random_draws import normals, seed_for


@dataclass(frozen=True, slots=True)
class Blocks:
    """What the calls say with the payloads told apart; lists have an entry per memory size.

    Attributes:
        bodies: What a payload in the middle takes, as if each memory size had got all payloads.
        lift: How much more the mean over the payloads is than that, in logarithms.
        lift_width: How unsure that is, at all memory sizes alike.
        lacking: What a memory size cannot be chosen without.
    """

    bodies: list[Body | None]
    lift: float
    lift_width: float
    lacking: list["Lacking"]


@dataclass(frozen=True, slots=True)
class Lacking:
    """The calls that are likely to show each large payload both at a memory size and elsewhere.

    Only then is it told apart what the payload does and what the memory size does to it. `bill_share` is what those
    payloads make of the bill that were not seen so.
    """

    here: int = 0
    elsewhere: int = 0
    bill_share: float = 0.0


@dataclass(frozen=True, slots=True)
class _Shares:
    """What each payload is of the calls and of the bill, and the mean of their effects, in two ways.

    `log_mean` is the logarithm of the mean, `middle` the mean of the logarithms. `unsure` is the variance of what each
    payload does at a memory size that did not get it.
    """

    of_calls: Mapping[int, float]
    of_bill: Mapping[int, float]
    log_mean: float
    middle: float
    unsure: Mapping[int, float]


def blocks_of(samples: Sequence[Sequence[Measured]], weights: Mapping[int, float]) -> Blocks | None:
    """Return what the calls say with the payloads told apart; None if they are of one payload, or it was not told.

    Args:
        samples: the calls of each memory size.
        weights: of the payloads; where they are not told, they are as the calls were.
    """
    logs: dict[tuple[int, int], list[float]] = {}
    for index, calls in enumerate(samples):
        for call in calls:
            if call.payload is None:
                return None
            logs.setdefault((index, call.payload), []).append(math.log(max(call.duration_ms, MIN_DURATION_MS)))
    if not logs or len({payload for _, payload in logs} | weights.keys()) == 1:
        return None
    effects = effects_of(*cells_of(logs))
    shares = _shares(effects, weights)
    split = bodies(_adjusted(samples, effects))
    precisions = effects.precisions()
    known: list[list[_Known]] = [[] for _ in samples]
    for place in logs:
        known[place[0]].append(_known(place, effects, precisions))
    return Blocks(
        bodies=[body and _balanced(known[index], body, effects, shares) for index, body in enumerate(split)],
        lift=shares.log_mean - shares.middle,
        lift_width=_lift_width(effects, shares, told=bool(weights)),
        lacking=_lacking(len(samples), effects, shares, told=bool(weights)),
    )


def _lacking(sizes: int, effects: Effects, shares: _Shares, *, told: bool) -> list[Lacking]:
    """Return what each memory size lacks."""
    large = {payload: share for payload, share in shares.of_bill.items() if share > LARGE_BILL_SHARE}
    where = {payload: {index for index, other in effects.cells if other == payload} for payload in large}
    unknown = [] if told else _unknown(effects, shares)
    found = []
    for size in range(sizes):
        unseen = [payload for payload in large if size not in where[payload]]
        alone = [payload for payload in large if where[payload] <= {size}]
        found.append(
            Lacking(
                here=_calls_for([*(shares.of_calls[payload] for payload in unseen), *unknown]),
                elsewhere=_calls_for([*(shares.of_calls[payload] for payload in alone), *unknown]),
                bill_share=sum(large[payload] for payload in {*unseen, *alone}),
            )
        )
    return found


def _calls_for(weights: Sequence[float]) -> int:
    """Return how many calls have the rarest of some payloads about as likely as not."""
    return math.ceil(min(BATCHES[-1], 1 / min(weights))) if weights and min(weights) > 0 else 0


def lifted(belief: Belief, blocks: Blocks, seed: int) -> Belief:
    """Return the belief with the mean over the payloads in place of that of a payload in the middle."""
    factors = [
        math.exp(blocks.lift + blocks.lift_width * deviate) for deviate in normals(seed_for(seed, "payloads"), DRAWS)
    ]
    means = [[mean * factor for mean, factor in zip(column, factors, strict=True)] for column in belief.mean_ms]
    return replace(belief, mean_ms=means)


def _shares(effects: Effects, weights: Mapping[int, float]) -> _Shares:
    """Return what each payload is of the calls and of the bill."""
    counts = _counts(effects)
    calls = {payload: weights.get(payload, 0.0) for payload in counts} | dict(weights) if weights else counts
    total = sum(calls.values())
    of_calls = {payload: weight / total for payload, weight in calls.items()}
    # what was seen nowhere yet may be large
    unknown = math.sqrt(effects.payload_variance)
    parts = {payload: share * math.exp(effects.payloads.get(payload, unknown)) for payload, share in of_calls.items()}
    bill = sum(parts.values())
    middle = sum(share * effects.payloads.get(payload, 0.0) for payload, share in of_calls.items())
    precisions = effects.precisions()
    # what no memory size got is unsure at all alike
    unsure = {
        payload: effects.cell_variance + (effects.unsure(precisions[payload]) if payload in precisions else 0.0)
        for payload in parts
    }
    return _Shares(of_calls, {payload: part / bill for payload, part in parts.items()}, math.log(bill), middle, unsure)


def _counts(effects: Effects) -> dict[int, float]:
    """Return how many calls had each payload."""
    counts: dict[int, float] = {}
    for (_, payload), cell in effects.cells.items():
        counts[payload] = counts.get(payload, 0.0) + cell.count
    return counts


def _unknown(effects: Effects, shares: _Shares) -> list[float]:
    """Return the weight of a large payload that no call had yet, if it could make much of the bill."""
    counts = _counts(effects).values()
    # Good and Turing: what is new in the next call is about as likely as what was seen once
    weight = (1 + sum(count == 1 for count in counts)) / (1 + sum(counts))
    large = weight * math.exp(UNKNOWN_EFFECT * math.sqrt(effects.payload_variance) - shares.log_mean)
    return [weight] if large > LARGE_BILL_SHARE else []


def _lift_width(effects: Effects, shares: _Shares, *, told: bool) -> float:
    """Return how unsure the mean over the payloads is: it may be made by few calls."""
    precisions = effects.precisions()
    variance = sum(share**2 * effects.unsure(precisions.get(payload, 0.0)) for payload, share in shares.of_bill.items())
    if not told:
        weighed = sum(share**2 / shares.of_calls[payload] for payload, share in shares.of_bill.items())
        variance += (weighed - 1) / sum(_counts(effects).values())
    return math.sqrt(variance)


def _adjusted(samples: Sequence[Sequence[Measured]], effects: Effects) -> list[list[float]]:
    """Return how long the calls would have taken with a payload in the middle."""
    return [
        [call.duration_ms / math.exp(_of_cell((index, call.payload or 0), effects)) for call in calls]
        for index, calls in enumerate(samples)
    ]


def _of_cell(place: tuple[int, int], effects: Effects) -> float:
    """Return what the payload does to a call; what stands out at one memory size is no slow tail."""
    own = effects.residual(place) if effects.stands_out(place) else 0.0
    return effects.payloads[place[1]] + own


def _balanced(known: Sequence["_Known"], body: Body, effects: Effects, shares: _Shares) -> Body:
    """Return the body of a memory size as if it had got all payloads by their weights.

    A payload that it did not get may do there what it does elsewhere, give or take the spread of the cells. What is
    unsure in that makes its calls weigh less.
    """
    precisions = [1 / (one.spread + one.noise) for one in known]
    total = sum(precisions)
    level = sum(weight * one.log for weight, one in zip(precisions, known, strict=True)) / total
    own = {one.payload: one.pull * (one.log - level) for one in known}
    parts = {payload: share * math.exp(own.get(payload, 0.0)) for payload, share in shares.of_bill.items()}
    bill = sum(parts.values())
    pulled = sum(parts[one.payload] / bill * one.pull for one in known)
    variance = sum((part / bill) ** 2 * shares.unsure[payload] for payload, part in parts.items() if payload not in own)
    for weight, one in zip(precisions, known, strict=True):
        share = parts[one.payload] / bill
        counted = share * one.pull + (1 - pulled) * weight / total
        variance += (counted - share) ** 2 * one.spread + counted**2 * one.noise
    return replace(
        body,
        log_mean=level + math.log(bill) + shares.middle,
        skew=effects.variance / 2,
        scatter=effects.variance,
        weight=(effects.variance + effects.cell_variance) / variance,
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """What one payload says of a memory size: its level in logarithms, the variances of its effect and of its calls."""

    payload: int
    log: float
    spread: float
    noise: float

    @property
    def pull(self) -> float:
        """Return which part of its distance from the level is no chance."""
        return self.spread / (self.spread + self.noise)


def _known(place: tuple[int, int], effects: Effects, precisions: Mapping[int, float]) -> _Known:
    cell, payload = effects.cells[place], place[1]
    noise = effects.variance / cell.count
    spread = effects.cell_variance + effects.unsure(max(0.0, precisions[payload] - 1 / effects.expected(place)))
    if effects.stands_out(place):
        apart = effects.residual(place)
        spread = max(spread, apart * apart)
        # a single call may be one of the slow tail
        noise += (SINGLE_CELL_DOUBT * apart) ** 2 if cell.count == 1 else 0.0
    return _Known(payload, cell.log_mean - effects.payloads[payload], spread, noise)
