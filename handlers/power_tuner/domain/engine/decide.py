"""Decide: given everything observed so far, what to invoke next, or which power value to take."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from power_tuner.domain.engine.allocation import Offer, Price, worthwhile_calls
from power_tuner.domain.engine.belief import Belief, believe
from power_tuner.domain.engine.objectives import Values, evaluate, losses, rounding
from power_tuner.domain.engine.question import (
    Confidence,
    Decision,
    Interval,
    Invoke,
    Measured,
    Progress,
    Question,
    SizeEstimate,
    Spent,
    StopReason,
)

SWEEP_CALLS = 10


@dataclass(frozen=True, slots=True)
class Effort:
    """How much a confidence setting pays: regret saved (a share) per cost of a sweep of ten, and calls at least."""

    per_sweep: float
    per_growth: float
    confirmations: int
    follow: float
    growth: float


EFFORTS: dict[Confidence, Effort] = {
    "default": Effort(per_sweep=0.012, per_growth=0.001, confirmations=2, follow=0.6, growth=0.6),
    "high": Effort(per_sweep=0.006, per_growth=0.0005, confirmations=4, follow=0.5, growth=0.8),
    "highest": Effort(per_sweep=0.002, per_growth=0.0003, confirmations=8, follow=0.4, growth=1.0),
}


@dataclass(frozen=True, slots=True)
class _State:
    """The belief of one round, its values, and who leads."""

    sizes_mb: tuple[int, ...]
    counts: list[int]
    belief: Belief
    values: Values
    regret: list[float]
    least: list[float]
    sweep_cost_usd: float
    call_cost: list[float]


def next_step(question: Question, progress: Progress) -> Invoke | Decision:
    """Answer with the next invocations, or with the decision."""
    sizes = tuple(sorted(size for size in set(question.sizes_mb) if size not in progress.failed))
    usable = {size: _usable(question, progress.samples.get(size, ())) for size in sizes}
    spent_calls, spent_usd = _spent(question, progress)
    if not sizes:
        return _nothing(progress, spent_calls, spent_usd)
    stop = _limit_met(question, progress, spent_calls, spent_usd)
    if not any(usable.values()):
        return _nothing(progress, spent_calls, spent_usd) if stop else Invoke(_first_round(question, sizes))
    state = _consider(question, sizes, usable)
    leader = min(range(len(sizes)), key=lambda place: state.regret[place])
    if stop is None:
        calls = _next_calls(question, state, leader)
        calls = _within_limits(question, state, calls, spent_calls, spent_usd)
        if calls:
            return Invoke({sizes[place]: number for place, number in sorted(calls.items())})
        stop = "sure"
    measured = [place for place, number in enumerate(state.counts) if number]
    choice = min(measured, key=lambda place: state.regret[place])
    return _decide(question, state, choice, stop, Spent(spent_calls, spent_usd, progress.rounds, state.sweep_cost_usd))


def _usable(question: Question, samples: Sequence[Measured]) -> list[Measured]:
    cold = question.start == "cold"
    return [sample for sample in samples if sample.cold == cold or cold]


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
    return "rounds" if progress.rounds >= limits.max_rounds else None


def _first_round(question: Question, sizes: tuple[int, ...]) -> dict[int, int]:
    if len(sizes) == 1:
        return {sizes[0]: EFFORTS[question.confidence].confirmations}
    second = min(sizes[1:], key=lambda size: abs(math.log(size / (4 * sizes[0]))))
    wanted = {sizes[0], second}
    most = question.limits.max_invocations
    return dict.fromkeys(sorted(wanted)[: most or len(wanted)], 1)


def _consider(question: Question, sizes: tuple[int, ...], usable: dict[int, list[Measured]]) -> _State:
    belief = believe(sizes, [[sample.duration_ms for sample in usable[size]] for size in sizes], question.seed)
    pairs = {size: [(one.duration_ms, one.billed_ms) for one in samples] for size, samples in usable.items()}
    values = evaluate(question, sizes, belief, rounding(pairs, sizes))
    regret, least = losses(values.log_value)
    mean_cost = [_trimmed_mean(column) for column in values.cost_usd]
    sweep = SWEEP_CALLS * sum(mean_cost)
    return _State(
        sizes_mb=sizes,
        counts=[len(usable[size]) for size in sizes],
        belief=belief,
        values=values,
        regret=regret,
        least=least,
        sweep_cost_usd=sweep,
        call_cost=[cost / sweep for cost in mean_cost],
    )


def _trimmed_mean(column: Sequence[float]) -> float:
    ordered = sorted(column)
    cut = len(ordered) // 10
    return sum(ordered[cut:-cut]) / (len(ordered) - 2 * cut)


def _next_calls(question: Question, state: _State, leader: int) -> dict[int, int]:
    effort = EFFORTS[question.confidence]
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
    return {leader: lacking} if lacking > 0 else {}


def _within_limits(
    question: Question, state: _State, calls: dict[int, int], spent_calls: int, spent_usd: float
) -> dict[int, int]:
    limits = question.limits
    kept: dict[int, int] = {}
    calls_left = math.inf if limits.max_invocations is None else limits.max_invocations - spent_calls
    usd_left = math.inf if limits.max_cost_usd is None else limits.max_cost_usd - spent_usd
    for place, wanted in calls.items():
        price = state.call_cost[place] * state.sweep_cost_usd
        number = min(wanted, calls_left, usd_left // price)
        if number >= 1:
            kept[place] = int(number)
            calls_left -= number
            usd_left -= number * price
    return kept


def _decide(question: Question, state: _State, choice: int, stop: StopReason, spent: Spent) -> Decision:
    values = state.values.log_value
    margin = math.log1p(question.regret_tolerance)
    draws = len(state.least)
    within = sum(value <= least + margin for value, least in zip(values[choice], state.least, strict=True))
    estimates = tuple(
        SizeEstimate(
            size_mb=size,
            samples=state.counts[place],
            cost_usd=_interval(state.values.cost_usd[place]),
            duration_ms=_interval(state.values.duration_ms[place]),
            chance_of_best=sum(value <= least for value, least in zip(values[place], state.least, strict=True)) / draws,
        )
        for place, size in enumerate(state.sizes_mb)
        if state.counts[place]
    )
    return Decision(
        choice_mb=state.sizes_mb[choice],
        confidence=within / draws,
        stopped_by=stop,
        estimates=estimates,
        gain=None,
        spent=spent,
        model_fits=state.belief.departure < 0.08,
    )


def _interval(column: Sequence[float]) -> Interval:
    ordered = sorted(column)
    last = len(ordered) - 1
    return Interval(
        estimate=ordered[len(ordered) // 2],
        low=ordered[round(0.015 * last)],
        high=ordered[round(0.985 * last)],
    )


def _nothing(progress: Progress, calls: int, usd: float) -> Decision:
    return Decision(
        choice_mb=None,
        confidence=0.0,
        stopped_by="nothing-measured",
        estimates=(),
        gain=None,
        spent=Spent(calls, usd, progress.rounds, 0.0),
        model_fits=False,
    )
