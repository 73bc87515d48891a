"""The decision: which memory size, how sure, with what intervals, and the gain over the current one."""

import math
from collections.abc import Callable, Sequence

from power_tuner.engine.payload_priors import PAYLOAD_DOUBT, UNSEEN_DOUBT
from power_tuner.engine.priors import (
    BARRED_STEP,
    CALIBRATION_NOISE,
    CALIBRATION_SHIFT,
    CALIBRATION_SLOPE,
    CHANGE_TAILS,
    LIKELY_NO_LOSS,
    MAX_DEPARTURE,
    MEAN_TAILS,
    SIGNIFICANT,
    USUAL_SPREAD,
)
from power_tuner.engine.question import (
    Decision,
    Gain,
    Interval,
    MemoryEstimate,
    Question,
    Spent,
    StopReason,
)
from power_tuner.engine.settling_priors import MAX_UNSETTLED, SETTLING_TRUST, UNSETTLED_DOUBT
from power_tuner.engine.state import State


def decide(question: Question, state: State, stop: StopReason, spent: Spent) -> Decision:
    """Return the best measured memory size, or the current one if the gain over it may be chance."""
    choice = state.best_measured
    current = current_index(question, state)
    gain = None
    if question.current_memory_mb is not None and current is not None and state.counts[current]:
        # A memory size that must not be chosen is left for any other; whether that gains something is another question.
        barred = question.current_memory_mb in question.barred_mb
        significant = state.chance_better(choice, current, BARRED_STEP if barred else 0.0) >= SIGNIFICANT
        if not significant and not barred:
            choice = current
        gain = Gain(
            current_memory_mb=question.current_memory_mb,
            cost_change=_change(state.values.cost_usd[choice], state.values.cost_usd[current]),
            duration_change=_change(state.values.duration_ms[choice], state.values.duration_ms[current]),
            significant=significant and choice != current,
        )
    return Decision(
        memory_mb=state.memories_mb[choice],
        confidence=_stated(state, choice, question.regret_tolerance),
        stopped_by=stop,
        estimates=_estimates(state, lambda samples: samples > 0),
        predictions=_estimates(state, lambda samples: samples == 0),
        gain=gain,
        spent=spent,
        model_fits=state.belief.departure < MAX_DEPARTURE,
        meets_slo=_meets(question, state, choice),
        as_before=state.belief.recalled if question.past else None,
        slower_calls=state.settling.settled.slower_calls[choice] if state.settling.settled else None,
    )


def _stated(state: State, choice: int, tolerance: float) -> float:
    """Return the share of the draws, corrected so that it comes true as often as stated.

    No prior holds every function: on generated functions the share is too high, the more so the noisier their calls
    are. The correction is a logistic regression on those (docs/engine.md).
    """
    if len(state.memories_mb) == 1:
        return 1.0
    draws = len(state.least)
    # half a draw for and half a draw against, so that no share is 0 or 1
    share = (state.chance_within(choice, tolerance) * draws + 0.5) / (draws + 1)
    odds = CALIBRATION_SLOPE * math.log(share / (1 - share)) + CALIBRATION_SHIFT
    odds -= CALIBRATION_NOISE * math.log(state.belief.spread / USUAL_SPREAD)
    if state.settling.unsettled[choice] > MAX_UNSETTLED:
        odds -= UNSETTLED_DOUBT * state.settling.unsettled[choice]
    if state.settling.settled:
        odds += SETTLING_TRUST
    if not state.lacking:
        return 1 / (1 + math.exp(-odds))
    return (1 - UNSEEN_DOUBT * state.lacking[choice].bill_share) / (1 + math.exp(PAYLOAD_DOUBT - odds))


def undecided(spent: Spent) -> Decision:
    """Return the decision where nothing could be measured."""
    return Decision(
        memory_mb=None,
        confidence=0.0,
        stopped_by="nothing-measured",
        estimates=(),
        gain=None,
        spent=spent,
        model_fits=False,
    )


def gain_in_doubt(question: Question, state: State) -> int | None:
    """Return the index of what to measure next if the gain over the current memory size is not certain.

    That is the current memory size while it is unmeasured. Later, where staying would likely give up a real gain, it is
    whichever of the two was called less.
    """
    best, current = state.best_measured, current_index(question, state)
    if current is None or current == best or state.chance_better(best, current) >= SIGNIFICANT:
        return None
    if state.counts[current] and state.chance_within(current, question.regret_tolerance) >= LIKELY_NO_LOSS:
        return None
    return min(current, best, key=state.counts.__getitem__)


def current_index(question: Question, state: State) -> int | None:
    """Return the index of the memory size that the function has now, if it is among the candidates."""
    if question.current_memory_mb is None or question.current_memory_mb not in state.memories_mb:
        return None
    return state.memories_mb.index(question.current_memory_mb)


def _estimates(state: State, wanted: Callable[[int], bool]) -> tuple[MemoryEstimate, ...]:
    """Return what is believed of each memory size with a wanted number of samples."""
    draws = len(state.least)
    return tuple(
        MemoryEstimate(
            memory_mb=memory_mb,
            samples=state.counts[index],
            cost_usd=_interval(state.values.cost_usd[index], MEAN_TAILS),
            duration_ms=_interval(state.values.duration_ms[index], MEAN_TAILS),
            chance_of_best=sum(
                value <= least for value, least in zip(state.values.log_value[index], state.least, strict=True)
            )
            / draws,
        )
        for index, memory_mb in enumerate(state.memories_mb)
        if wanted(state.counts[index])
    )


def _change(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    return _interval([one / two - 1 for one, two in zip(ours, theirs, strict=True)], CHANGE_TAILS)


def _interval(column: Sequence[float], tails: tuple[float, float]) -> Interval:
    """Return the bounds that leave out the given shares of the draws, and the median."""
    ordered = sorted(column)
    last = len(ordered) - 1
    below, above = tails
    return Interval(
        estimate=ordered[len(ordered) // 2],
        low=ordered[round(below * last)],
        high=ordered[round((1 - above) * last)],
    )


def _meets(question: Question, state: State, choice: int) -> float | None:
    limit = question.objective.limit
    if limit is None or state.values.limited_ms is None:
        return None
    column = state.values.limited_ms[choice]
    return sum(value <= limit.max_ms for value in column) / len(column)
