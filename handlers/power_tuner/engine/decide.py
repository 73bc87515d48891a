"""Decide: given everything observed so far, what to invoke next, or which power value to take.

The engine keeps no state: every call forms its belief anew from all observations, so that a Lambda can be asked
round after round, and the same observations and seed always give the same answer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from power_tuner.engine.allocation import Offer, Price, worthwhile_calls
from power_tuner.engine.budget import Room, room_left
from power_tuner.engine.question import (
    Confidence,
    Decision,
    Invoke,
    Measured,
    Progress,
    Question,
    Spent,
)
from power_tuner.engine.state import SWEEP_CALLS, State, consider
from power_tuner.engine.verdict import current_place, decide, gain_in_doubt, undecided

FIRST_STEP = 4
FIRST_CALLS = (2, 1)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a confidence setting pays.

    Attributes:
        per_sweep: Regret (a share) that a batch must save per cost of a sweep of ten.
        per_growth: Regret that it must save besides, per e-fold growth of what was spent.
        confirmations: Calls of the choice at least.
        follow: How good a further batch of a round must be, as a share of its first.
        growth: What a round may cost, as a share of what was spent before it.
        rounds: Rounds at most, if the question sets no limit; so many are a run that does not end.
    """

    per_sweep: float
    per_growth: float
    confirmations: int
    follow: float
    growth: float
    rounds: int


EFFORTS: dict[Confidence, Effort] = {
    "default": Effort(0.01, 0.0032, confirmations=2, follow=0.6, growth=0.3, rounds=40),
    "high": Effort(0.001, 0.0006, confirmations=4, follow=0.4, growth=0.5, rounds=40),
    "highest": Effort(0.0004, 0.00005, confirmations=16, follow=0.2, growth=1.0, rounds=40),
}


def next_step(question: Question, progress: Progress) -> Invoke | Decision:
    """Answer with the next invocations, or with the decision."""
    sizes = tuple(sorted(set(question.memories_mb) - progress.failed))
    usable = {size: _usable(question, progress.samples.get(size, ())) for size in sizes}
    calls, usd = _spent(question, progress)
    limit = question.limits.max_rounds
    most_rounds = EFFORTS[question.confidence].rounds if limit is None else limit
    room = room_left(question, progress, calls=calls, usd=usd, most_rounds=most_rounds)
    stop = room.stop(most_rounds=most_rounds, progress=progress)
    if not any(usable.values()):
        first = {} if stop or not sizes else room.share_out(_first_round(question, sizes))
        return Invoke(first) if first else undecided(Spent(calls, usd, progress.rounds, 0.0))
    state = consider(question, sizes, usable)
    if stop is None:
        wanted = _next_calls(question, state, progress.rounds, last=room.rounds == 1)
        kept, stop = room.keep(state, _with_current(question, state, wanted, room))
        if kept:
            return Invoke({state.memories_mb[place]: number for place, number in sorted(kept.items())})
    return decide(question, state, stop or "sure", Spent(calls, usd, progress.rounds, state.sweep_cost_usd))


def _usable(question: Question, samples: Sequence[Measured]) -> list[Measured]:
    """Keep the kind of start that is asked about: warm and cold never mix."""
    cold = question.start == "cold"
    return [sample for sample in samples if sample.cold == cold]


def _spent(question: Question, progress: Progress) -> tuple[int, float]:
    calls = progress.wasted_invocations + sum(len(samples) for samples in progress.samples.values())
    usd = progress.wasted_cost_usd + sum(
        sample.billed_ms * question.price_per_ms_usd[size] + question.request_price_usd
        for size, samples in progress.samples.items()
        for sample in samples
    )
    return calls, usd


def _first_round(question: Question, memories_mb: tuple[int, ...]) -> dict[int, int]:
    """Begin where calls are cheap: the smallest size, and one that shows how the function scales."""
    if len(memories_mb) == 1:
        return {memories_mb[0]: EFFORTS[question.confidence].confirmations}
    second = min(memories_mb[1:], key=lambda size: abs(math.log(size / (FIRST_STEP * memories_mb[0]))))
    return dict(zip((memories_mb[0], second), FIRST_CALLS, strict=True))


def _next_calls(question: Question, state: State, rounds: int, *, last: bool) -> dict[int, int]:
    effort = EFFORTS[question.confidence]
    leader = state.leader
    if len(state.memories_mb) > 1:
        offer, spent = _offer(question, state, rounds)
        calls = worthwhile_calls(
            offer,
            Price(effort.per_sweep, effort.per_growth, spent),
            follow=effort.follow,
            most_cost=math.inf if last else effort.growth * spent,
            last=last,
        )
        if calls:
            return calls
    lacking = effort.confirmations - state.belief.agreeing(leader)
    if lacking > 0:
        return {leader: lacking}
    doubted = gain_in_doubt(question, state)
    return {} if doubted is None else {doubted: effort.confirmations}


def _offer(question: Question, state: State, rounds: int) -> tuple[Offer, float]:
    """Price calls, and what was spent, in shares of a sweep of ten with all that it costs."""
    overhead = question.overhead
    sweep = (
        state.sweep_cost_usd
        + overhead.of_rounds(1, state.all_sizes)
        + SWEEP_CALLS * state.all_sizes * overhead.call_usd
    )
    call_cost = [(usd + overhead.call_usd) / sweep for usd in state.call_usd]
    begun = overhead.of_rounds(rounds, sum(1 for number in state.counts if number)) / sweep
    offer = Offer(
        log_value=state.values.log_value,
        log_body=state.belief.log_body,
        call_variance=state.belief.call_variance,
        call_cost=call_cost,
        leader=state.leader,
        round_cost=overhead.round_usd / sweep,
        size_cost=overhead.size_usd / sweep,
    )
    return offer, begun + sum(map(mul, state.counts, call_cost))


def _with_current(question: Question, state: State, wanted: dict[int, int], room: Room) -> dict[int, int]:
    """Measure the current size while that is possible: nobody is told to leave it for a gain that is not certain.

    A gain that is certain now may not be after this round, so the last round measures the current size too.
    """
    current = current_place(question, state)
    if current is None or state.counts[current] or not wanted:
        return wanted
    if room.rounds > 1 and room.holds(state, {current: 1} | wanted):
        return wanted
    certain = gain_in_doubt(question, state) is None
    return {current: 1 if certain else EFFORTS[question.confidence].confirmations} | wanted
