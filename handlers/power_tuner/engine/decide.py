"""What to invoke next, or which memory size to take, given everything observed so far.

The engine keeps no state: every call forms its belief anew from all observations, so that a Lambda can be asked
round after round, and the same observations and seed always give the same answer.
"""

import math
from collections.abc import Sequence
from operator import mul

from power_tuner.engine.allocation import Offer, Price, worthwhile_calls
from power_tuner.engine.belief import Belief
from power_tuner.engine.blocks import Lacking
from power_tuner.engine.budget import Budget, remaining_budget
from power_tuner.engine.kinks import kink_chances
from power_tuner.engine.payload_priors import MAX_UNSEEN_COST
from power_tuner.engine.priors import (
    BATCHES,
    EFFORTS,
    FIRST_CALLS,
    FIRST_STEP,
    LIKELY_SAME,
    REFUTED,
    SWEEP_CALLS,
    Effort,
)
from power_tuner.engine.question import (
    Decision,
    Invoke,
    Measured,
    Progress,
    Question,
    Spent,
)
from power_tuner.engine.settling_priors import MAX_SETTLING_COST, MAX_UNSETTLED, SETTLING_CALLS
from power_tuner.engine.state import State, consider
from power_tuner.engine.verdict import current_index, decide, gain_in_doubt, undecided


def next_step(question: Question, progress: Progress) -> Invoke | Decision:
    """Return the next invocations, or the decision."""
    memories_mb = tuple(sorted(set(question.memories_mb) - progress.failed))
    usable = {memory_mb: _usable(question, progress.samples.get(memory_mb, ())) for memory_mb in memories_mb}
    calls, usd = _spent(question, progress)
    limit = question.limits.max_rounds
    most_rounds = EFFORTS[question.confidence].rounds if limit is None else limit
    budget = remaining_budget(question, progress, calls=calls, usd=usd, most_rounds=most_rounds)
    stop = budget.stop(most_rounds=most_rounds, progress=progress)
    if not any(usable.values()):
        first = {} if stop or not memories_mb else budget.share_out(_first_round(question, memories_mb))
        return Invoke(first) if first else undecided(Spent(calls, usd, progress.rounds, 0.0))
    cold = {memory_mb: [each for each in progress.samples.get(memory_mb, ()) if each.cold] for memory_mb in memories_mb}
    state = consider(question, memories_mb, usable, cold)
    if stop is None:
        last = budget.rounds == 1
        anew = _begun_anew(question, state) if progress.rounds == 1 and not last else {}
        batch = anew or _next_batch(question, state, progress.rounds, last=last)
        kept, stop = budget.keep(state, _with_current(question, state, batch, budget))
        if kept:
            return Invoke({state.memories_mb[index]: count for index, count in sorted(kept.items())})
    return decide(question, state, stop or "sure", Spent(calls, usd, progress.rounds, state.sweep_cost_usd))


def _usable(question: Question, samples: Sequence[Measured]) -> list[Measured]:
    """Return the samples of the kind of start that is asked about: warm and cold never mix."""
    cold = question.start == "cold"
    return [sample for sample in samples if sample.cold == cold]


def _spent(question: Question, progress: Progress) -> tuple[int, float]:
    calls = progress.wasted_invocations + sum(len(samples) for samples in progress.samples.values())
    usd = progress.wasted_cost_usd + sum(
        sample.billed_ms * question.price_per_ms_usd[memory_mb] + question.request_price_usd
        for memory_mb, samples in progress.samples.items()
        for sample in samples
    )
    return calls, usd


def _first_round(question: Question, memories_mb: tuple[int, ...]) -> dict[int, int]:
    """Return the first calls, where they are cheap: the smallest memory size, and one that shows how it scales.

    With a past, they are where these calls can confirm it.
    """
    if len(memories_mb) == 1:
        return {memories_mb[0]: EFFORTS[question.confidence].confirmations}
    if question.past:
        return _confirming(question, consider(question, memories_mb, dict.fromkeys(memories_mb, ())))
    return _cheap_calls(memories_mb)


def _cheap_calls(memories_mb: Sequence[int]) -> dict[int, int]:
    second = min(memories_mb[1:], key=lambda memory_mb: abs(math.log(memory_mb / (FIRST_STEP * memories_mb[0]))))
    return dict(zip((memories_mb[0], second), FIRST_CALLS, strict=True))


def _confirming(question: Question, state: State) -> dict[int, int]:
    """Return a call of what the past says is best, and one of what it says is next to it, or of what is had now."""
    best = state.leader
    current = current_index(question, state)
    others = [index for index in range(len(state.memories_mb)) if index != best]
    other = current if current in others else min(others, key=state.regret.__getitem__)
    return {state.memories_mb[best]: 1, state.memories_mb[other]: 1}


def _confirmations(effort: Effort, belief: Belief) -> int:
    """Return how many calls must confirm the choice: half as many where an earlier run likely did."""
    return effort.confirmations // 2 if belief.recalled > LIKELY_SAME else effort.confirmations


def _next_batch(question: Question, state: State, rounds: int, *, last: bool) -> dict[int, int]:
    """Return the calls that are worth their money, by index; none when the decision is sure enough."""
    effort = EFFORTS[question.confidence]
    leader = state.leader
    spent = 0.0
    untried: dict[int, int] = {}
    if len(state.memories_mb) > 1:
        offer, spent = _offer(question, state, rounds)
        calls = worthwhile_calls(
            offer,
            Price(effort.per_sweep, effort.per_growth, spent),
            follow=effort.follow,
            most_cost=math.inf if last else effort.growth * spent,
            last=last,
        )
        untried = _neighbours_that_matter(state)
        if calls:
            # Where a round costs something, they are not left for one of their own.
            return untried | calls if offer.round_cost else calls
    lacking = _confirmations(effort, state.belief) - state.belief.agreeing(leader)
    if lacking > 0 or untried:
        return untried | ({leader: lacking} if lacking > 0 else {})
    if spent < MAX_UNSEEN_COST and (calls := _comparing(state)):
        return calls
    if spent < MAX_SETTLING_COST and _may_get_faster(state):
        return {leader: max(SETTLING_CALLS, min(BATCHES[-1], state.counts[leader]))}
    doubted = gain_in_doubt(question, state)
    if doubted is not None:
        return {doubted: effort.confirmations}
    # Nothing is said of the gain over a memory size that was never called, however certain it seems.
    current = current_index(question, state)
    return {} if current is None or state.counts[current] else {current: 1}


def _begun_anew(question: Question, state: State) -> dict[int, int]:
    """Return the first calls of a run without a past, by index, where the first round has refuted it."""
    if not question.past or state.belief.recalled > REFUTED or len(state.memories_mb) == 1:
        return {}
    calls = {state.memories_mb.index(memory_mb): count for memory_mb, count in _cheap_calls(state.memories_mb).items()}
    return {index: count for index, count in calls.items() if not state.counts[index]}


def _neighbours_that_matter(state: State) -> dict[int, int]:
    """Return a call of each memory size beside the leader that was never called and, with a kink, would be better."""
    value = state.values.log_value
    front = value[state.leader]
    return {
        index: 1
        for index in (state.leader - 1, state.leader + 1)
        if 0 <= index < len(value) and any(value[index][draw] < front[draw] for draw in state.belief.kinked[index])
    }


def _may_get_faster(state: State) -> bool:
    """Return whether the leader may not have settled; an earlier run that all is as before had calls that had."""
    return state.settling.unsettled[state.leader] > MAX_UNSETTLED and state.belief.recalled <= LIKELY_SAME


def _comparing(state: State) -> dict[int, int]:
    """Return the calls that show each large payload at the leader and at the memory size that comes next."""
    leader = state.leader
    lacking = state.lacking[leader] if state.lacking else Lacking()
    others = [index for index in range(len(state.memories_mb)) if index != leader]
    calls = {leader: lacking.here}
    if others:
        calls[min(others, key=state.regret.__getitem__)] = lacking.elsewhere
    return {index: count for index, count in calls.items() if count}


def _offer(question: Question, state: State, rounds: int) -> tuple[Offer, float]:
    """Return calls with their prices, and what was spent, in shares of a sweep of ten with all that it costs."""
    overhead = question.overhead
    sweep = (
        state.sweep_cost_usd
        + overhead.of_rounds(1, state.candidates)
        + SWEEP_CALLS * state.candidates * overhead.call_usd
    )
    call_cost = [(usd + overhead.call_usd) / sweep for usd in state.call_usd]
    begun = overhead.of_rounds(rounds, sum(1 for count in state.counts if count)) / sweep
    offer = Offer(
        log_value=state.values.log_value,
        log_body=state.belief.log_body,
        kinked=state.belief.kinked,
        kink_chance=kink_chances(state.memories_mb),
        call_variance=state.belief.call_variance,
        call_cost=call_cost,
        leader=state.leader,
        round_cost=overhead.round_usd / sweep,
        memory_cost=overhead.memory_usd / sweep,
    )
    return offer, begun + sum(map(mul, state.counts, call_cost))


def _with_current(question: Question, state: State, batch: dict[int, int], budget: Budget) -> dict[int, int]:
    """Return a batch that measures the current memory size too, where this is the last chance to.

    Nobody is told to leave it for a gain that is not certain, and a gain that is certain now may not be after this
    round.
    """
    current = current_index(question, state)
    if current is None or state.counts[current] or not batch:
        return batch
    if budget.rounds > 1 and budget.holds(state, {current: 1} | batch):
        return batch
    certain = gain_in_doubt(question, state) is None
    return {current: 1 if certain else EFFORTS[question.confidence].confirmations} | batch
