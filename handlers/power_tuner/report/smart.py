"""What only a smart run's result contains, as text: for the report page and the terminal alike."""

from collections.abc import Iterable

from msgspec import UNSET, convert

from power_tuner.report.figures import (
    chance_text,
    change_text,
    duration_text,
    memory_text,
    money_text,
    range_text,
)
from power_tuner.report.safety import not_offered
from power_tuner.tuning.result import Comparison, Interval, Result, SmartDecision

_STOPPED_BY = {
    "sure": "no further invocation was worth its cost",
    "rounds": "the most rounds that a run may have",
    "invocations": "maxInvocations was reached",
    "cost": "maxCostUsd was reached",
    "duration": "maxDurationSeconds was reached",
    "day": "the stack's maxInvocationsPerDay was reached",
}
_MOST_LISTED = 12


def untried(result: Result) -> list[int]:
    """Return the candidates that were not invoked."""
    tried = {branch.memory_mb for branch in result.branches} | {each.memory_mb for each in not_offered(result)}
    return [memory_mb for memory_mb in sorted(result.candidates_mb) if memory_mb not in tried]


def untried_text(result: Result) -> str:
    """Return the candidates that were not invoked, as text; their number if they are many."""
    memories_mb = untried(result)
    if len(memories_mb) > _MOST_LISTED:
        return f"{len(memories_mb)} of {len(result.candidates_mb)} candidates"
    return f"{', '.join(map(str, memories_mb))} MB" if memories_mb else ""


def certainty_facts(result: Result, decision: SmartDecision) -> Iterable[tuple[str, str]]:
    """Yield how certain the decision is: pairs of a name and a text."""
    yield "Confidence", f"{chance_text(decision.confidence)} that no other candidate is more than 2 % better"
    if decision.chance_of_meeting_slo is not None:
        max_duration_ms = convert(result.run_input["maxDurationMs"], float)
        limit = f"{result.run_input['statistic']} stays under {duration_text(max_duration_ms)}"
        yield "Limit", f"{chance_text(decision.chance_of_meeting_slo)} that the {limit}"
    yield from _gain(decision, result.comparison, result.target.memory_mb)
    yield "Stopped because", _STOPPED_BY.get(decision.stopped_by, decision.stopped_by)
    if not decision.model_fits:
        yield "Model", "the measurements follow no power curve; each value was judged by its own"
    if decision.slower_calls is not UNSET:
        slower = f"the first {decision.slower_calls} invocations of a sandbox" if decision.slower_calls else "some"
        yield "Warming up", f"{slower} took longer; what counts is what they take once it has settled"


def effort_facts(result: Result, decision: SmartDecision) -> Iterable[tuple[str, str]]:
    """Yield what the decision cost, compared with a sweep: pairs of a name and a text."""
    lambda_cost_usd, sweep_cost_usd = result.spent.lambda_cost_usd, decision.sweep_cost_usd
    yield "Rounds", str(decision.rounds)
    times = f", {sweep_cost_usd / lambda_cost_usd:.1f} times as much" if lambda_cost_usd > 0 else ""
    sweep = money_text(sweep_cost_usd, result.spent.currency)
    yield "Invocations of a sweep of ten", f"{sweep} by estimate{times}"


def _change_text(change: float, interval: Interval | None) -> str:
    """Return a relative change with its interval as text, such as "−41 % (−49 to −30 %)"."""  # noqa: RUF002 - minus signs
    return f"{change_text(change)} ({range_text(interval, change_text)})" if interval else change_text(change)


def _gain(decision: SmartDecision, comparison: Comparison | None, current_memory_mb: int) -> Iterable[tuple[str, str]]:
    if comparison is None:
        yield "Gain", f"not known: {memory_text(current_memory_mb)}, the current value, was no candidate"
        return
    current = memory_text(comparison.current_memory_mb)
    if comparison.current_memory_mb == decision.memory_mb:
        yield "Gain", f"none is certain: no value was shown, with a chance of 95 %, to be better than {current}"
        return
    yield f"Cost against {current}", _change_text(comparison.cost_change, comparison.cost_change_interval)
    yield f"Duration against {current}", _change_text(comparison.duration_change, comparison.duration_change_interval)
    yield "Gain", "significant" if comparison.significant else "not significant"
