"""What tuning a function would bring, as the engine believes it from what production measured, with no invocation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from power_tuner.engine.priors import CHANGE_TAILS, PRIOR_ROUNDING_MS, REGRET_TOLERANCE, SIGNIFICANT, SWEEP_CALLS
from power_tuner.engine.question import Interval, Measured, Question
from power_tuner.engine.state import State, consider
from power_tuner.tuning.strategies import Cost

if TYPE_CHECKING:
    from power_tuner.tuning.pricing import Prices

# So many calls of a memory size say what it takes.
ENOUGH_CALLS = 10


@dataclass(frozen=True, slots=True)
class Move:
    """A memory size at which production has run already, and is sure to be cheaper there.

    Attributes:
        cost_change: against the current memory size; negative is cheaper.
    """

    memory_mb: int
    cost_change: Interval


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is believed of a function without a run.

    Attributes:
        gain: which share of its cost the best memory size saves: the mean of what is believed, and an interval.
        upside: the mean where what would cost more is left as it is.
        too_high: how likely a smaller memory size is cheaper by more than the tolerance, and the best.
        too_low: how likely a larger one is.
        move: what production shows without a run; None if it shows nothing.
        sweep_cost: of ten invocations at each memory size.
        sweep_ms: what these take together.
        sizes: how many memory sizes these are.
    """

    gain: Interval
    upside: float
    too_high: float
    too_low: float
    move: Move | None
    sweep_cost: float
    sweep_ms: float
    sizes: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What production measured of a function.

    Attributes:
        durations_ms: of warm, successful invocations, by memory size.
        current_memory_mb: the memory size that the function has.
        choices_mb: the memory sizes that a run would choose from, without those below the floor.
        longest_ms: the longest successful invocation, by memory size.
        most_ms: what an invocation may take.
    """

    durations_ms: Mapping[int, Sequence[float]]
    current_memory_mb: int
    choices_mb: tuple[int, ...]
    longest_ms: Mapping[int, float]
    most_ms: float


def expect(evidence: Evidence, prices: "Prices") -> Expectation:
    """Return what is believed; at least one memory size must have a duration."""
    current_mb = evidence.current_memory_mb
    memories_mb = tuple(sorted({*evidence.choices_mb, current_mb, *evidence.durations_ms}))
    question = Question(
        memories_mb=memories_mb,
        price_per_ms_usd={each: prices.per_ms(each) for each in memories_mb},
        objective=Cost(),
        request_price_usd=prices.request,
        current_memory_mb=current_mb,
    )
    usable = {
        each: [Measured(one, one + PRIOR_ROUNDING_MS) for one in evidence.durations_ms.get(each, ())]
        for each in memories_mb
    }
    return _expectation(consider(question, memories_mb, usable), evidence)


def _expectation(state: State, evidence: Evidence) -> Expectation:
    current_mb, costs = evidence.current_memory_mb, dict(zip(state.memories_mb, state.values.cost_usd, strict=True))
    current = costs[current_mb]
    allowed = [each for each in state.memories_mb if each in evidence.choices_mb] or [current_mb]
    longest = _longest_ms(state, evidence)
    gains: list[float] = []
    smaller = larger = 0
    for draw, now in enumerate(current):
        # The current memory size has taken what production sent it.
        in_time = [each for each in allowed if each == current_mb or longest[each][draw] <= evidence.most_ms]
        best_mb = min(in_time or [current_mb], key=lambda each: costs[each][draw])
        gains.append(1 - costs[best_mb][draw] / now)
        if gains[-1] > REGRET_TOLERANCE:
            smaller += best_mb < current_mb
            larger += best_mb > current_mb
    return Expectation(
        gain=_interval(gains),
        upside=fmean(max(0.0, each) for each in gains),
        too_high=smaller / len(gains),
        too_low=larger / len(gains),
        move=_move(state, evidence, costs, allowed),
        sweep_cost=state.sweep_cost_usd,
        sweep_ms=SWEEP_CALLS * sum(fmean(column) for column in state.values.duration_ms),
        sizes=state.candidates,
    )


def _longest_ms(state: State, evidence: Evidence) -> dict[int, list[float]]:
    """Return in each draw what the longest invocation takes at each memory size, scaled as the mean is."""
    means = dict(zip(state.memories_mb, state.values.duration_ms, strict=True))
    factors = [
        max(longest_ms / means[each][draw] for each, longest_ms in evidence.longest_ms.items())
        for draw in range(len(state.least))
    ]
    return {
        memory_mb: [factor * mean_ms for factor, mean_ms in zip(factors, column, strict=True)]
        for memory_mb, column in means.items()
    }


def _move(
    state: State, evidence: Evidence, costs: Mapping[int, Sequence[float]], allowed: Sequence[int]
) -> Move | None:
    """Return the cheapest memory size at which production has run, if it is sure to be cheaper than the current one."""
    current_mb = evidence.current_memory_mb
    seen = [each for each in allowed if len(evidence.durations_ms.get(each, ())) >= ENOUGH_CALLS]
    if current_mb not in evidence.durations_ms or not seen:
        return None
    regret = dict(zip(state.memories_mb, state.regret, strict=True))
    best_mb = min(seen, key=regret.__getitem__)
    changes = [ours / now - 1 for ours, now in zip(costs[best_mb], costs[current_mb], strict=True)]
    if sum(change < -REGRET_TOLERANCE for change in changes) < SIGNIFICANT * len(changes):
        return None
    return Move(best_mb, _interval(changes))


def _interval(column: Sequence[float]) -> Interval:
    ordered = sorted(column)
    last = len(ordered) - 1
    below, above = CHANGE_TAILS
    return Interval(fmean(column), ordered[round(below * last)], ordered[round((1 - above) * last)])
