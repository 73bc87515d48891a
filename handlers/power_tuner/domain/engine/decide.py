"""Decide: given everything observed so far, what to invoke next, or which power value to take.

The engine keeps no state: every call forms its belief anew from all observations, so that a Lambda can be asked
round after round, and the same observations and seed always give the same answer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from power_tuner.domain.engine.allocation import Offer, Price, worthwhile_calls
from power_tuner.domain.engine.question import (
    Confidence,
    Decision,
    Invoke,
    Measured,
    Progress,
    Question,
    Spent,
    StopReason,
)
from power_tuner.domain.engine.state import State, consider
from power_tuner.domain.engine.verdict import decide, gain_in_doubt, undecided

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
        rounds: Rounds at most, if the question sets no limit.
    """

    per_sweep: float
    per_growth: float
    confirmations: int
    follow: float
    growth: float
    rounds: int


EFFORTS: dict[Confidence, Effort] = {
    "default": Effort(0.003, 0.0035, confirmations=2, follow=0.6, growth=0.6, rounds=8),
    "high": Effort(0.001, 0.0006, confirmations=4, follow=0.4, growth=1.0, rounds=8),
    "highest": Effort(0.0002, 0.00005, confirmations=16, follow=0.2, growth=2.0, rounds=10),
}


def next_step(question: Question, progress: Progress) -> Invoke | Decision:
    """Answer with the next invocations, or with the decision."""
    sizes = tuple(sorted(set(question.sizes_mb) - progress.failed))
    usable = {size: _usable(question, progress.samples.get(size, ())) for size in sizes}
    calls, usd = _spent(question, progress)
    stop = _limit_met(question, progress, calls, usd)
    if not any(usable.values()):
        if stop or not sizes:
            return undecided(Spent(calls, usd, progress.rounds, 0.0))
        return Invoke(_first_round(question, sizes, calls))
    state = consider(question, sizes, usable)
    if stop is None:
        wanted = _within_limits(question, state, _next_calls(question, state), calls, usd)
        if wanted:
            return Invoke({state.sizes_mb[place]: number for place, number in sorted(wanted.items())})
        stop = "sure"
    return decide(question, state, stop, Spent(calls, usd, progress.rounds, state.sweep_cost_usd))


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


def _limit_met(question: Question, progress: Progress, calls: int, usd: float) -> StopReason | None:
    limits = question.limits
    if limits.max_invocations is not None and calls >= limits.max_invocations:
        return "invocations"
    if limits.max_cost_usd is not None and usd >= limits.max_cost_usd:
        return "cost"
    if limits.max_duration_s is not None and progress.elapsed_s >= limits.max_duration_s:
        return "duration"
    most = EFFORTS[question.confidence].rounds if limits.max_rounds is None else limits.max_rounds
    return "rounds" if progress.rounds >= most else None


def _first_round(question: Question, sizes_mb: tuple[int, ...], spent_calls: int) -> dict[int, int]:
    """Begin where calls are cheap: the smallest size, and one that shows how the function scales."""
    if len(sizes_mb) == 1:
        wanted = {sizes_mb[0]: EFFORTS[question.confidence].confirmations}
    else:
        second = min(sizes_mb[1:], key=lambda size: abs(math.log(size / (FIRST_STEP * sizes_mb[0]))))
        wanted = dict(zip((sizes_mb[0], second), FIRST_CALLS, strict=True))
    most = question.limits.max_invocations
    left = len(wanted) * EFFORTS["highest"].confirmations if most is None else most - spent_calls
    kept: dict[int, int] = {}
    for size, number in wanted.items():
        if left > 0:
            kept[size] = min(number, left)
            left -= kept[size]
    return kept


def _next_calls(question: Question, state: State) -> dict[int, int]:
    effort = EFFORTS[question.confidence]
    leader = state.leader
    if len(state.sizes_mb) > 1:
        spent = sum(map(mul, state.counts, state.call_cost))
        calls = worthwhile_calls(
            Offer(
                log_value=state.values.log_value,
                log_body=state.belief.log_body,
                call_variance=state.belief.call_variance,
                call_cost=state.call_cost,
                leader=leader,
            ),
            Price(effort.per_sweep, effort.per_growth, spent),
            follow=effort.follow,
            most_cost=effort.growth * spent,
        )
        if calls:
            return calls
    lacking = effort.confirmations - state.counts[leader]
    if lacking > 0:
        return {leader: lacking}
    doubted = gain_in_doubt(question, state)
    return {} if doubted is None else {doubted: effort.confirmations}


def _within_limits(
    question: Question, state: State, wanted: dict[int, int], spent_calls: int, spent_usd: float
) -> dict[int, int]:
    limits = question.limits
    calls_left = math.inf if limits.max_invocations is None else limits.max_invocations - spent_calls
    usd_left = math.inf if limits.max_cost_usd is None else limits.max_cost_usd - spent_usd
    kept: dict[int, int] = {}
    for place, number in wanted.items():
        price = state.call_cost[place] * state.sweep_cost_usd
        allowed = min(number, calls_left, usd_left // price)
        if allowed >= 1:
            kept[place] = int(allowed)
            calls_left -= allowed
            usd_left -= allowed * price
    return kept
