"""What the smart mode's result says besides a classic one, for people: in the report page and in the terminal alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from power_tuner.report.figures import (
    chance_text,
    change_text,
    currency_of,
    duration_text,
    memory_text,
    money_text,
    range_text,
)

_STOPPED_BY = {
    "sure": "no further invocation was worth its cost",
    "rounds": "the most rounds that a run may have",
    "invocations": "maxInvocations was reached",
    "cost": "maxCostUsd was reached",
    "duration": "maxDurationSeconds was reached",
}
_MOST_LISTED = 12


def is_smart(result: Mapping[str, Any]) -> bool:
    """Tell whether the decision engine chose what to invoke."""
    return bool((result.get("decision") or {}).get("mode") == "smart")


def untried(result: Mapping[str, Any]) -> list[int]:
    """Return the candidates that were never invoked."""
    tried = {branch["powerValue"] for branch in result.get("branches", ())}
    return [memory_mb for memory_mb in result.get("input", {}).get("powerValues", ()) if memory_mb not in tried]


def untried_text(result: Mapping[str, Any]) -> str:
    """List the candidates that were never invoked, or count them if they are many; empty if there are none."""
    memories_mb = untried(result)
    if len(memories_mb) > _MOST_LISTED:
        return f"{len(memories_mb)} of {len(result['input']['powerValues'])} candidates"
    return f"{', '.join(map(str, memories_mb))} MB" if memories_mb else ""


def certainty_facts(result: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield how sure the answer is: pairs of a name and a text."""
    decision = result["decision"]
    yield "Confidence", f"{chance_text(decision['confidence'])} that no other candidate is more than 2 % better"
    meets = decision.get("chanceOfMeetingSlo")
    if meets is not None:
        given = result["input"]
        limit = f"{given.get('statistic', '')} stays under {duration_text(given.get('maxDurationMs') or 0)}"
        yield "Limit", f"{chance_text(meets)} that the {limit}"
    yield from _gain(result)
    yield "Stopped because", _STOPPED_BY.get(decision["stoppedBy"], str(decision["stoppedBy"]))
    if not decision["modelFits"]:
        yield "Model", "the measurements follow no power curve; each value was judged by its own"


def effort_facts(result: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield what the answer took, against a sweep: pairs of a name and a text."""
    decision, currency = result["decision"], currency_of(result)
    spent_on_lambda, sweep = result["spent"]["lambdaCostUsd"], decision["sweepCostUsd"]
    yield "Rounds", str(decision["rounds"])
    times = f", {sweep / spent_on_lambda:.1f} times as much" if spent_on_lambda > 0 else ""
    yield "Invocations of a sweep of ten", f"{money_text(sweep, currency)} by estimate{times}"


def change_range_text(change: float, bounds: Sequence[float]) -> str:
    """Write a relative change with its interval, as in "−41 % (−49 to −30 %)"."""  # noqa: RUF002 - minus signs
    return f"{change_text(change)} ({range_text(bounds, change_text)})"


def _gain(result: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    comparison, current_memory_mb = result.get("comparison"), result["target"].get("memoryMb")
    if comparison is None:
        if current_memory_mb is not None:
            yield "Gain", f"not known: {memory_text(current_memory_mb)}, the current value, was no candidate"
        return
    current = memory_text(comparison["currentPower"])
    if comparison["currentPower"] == result["decision"]["power"]:
        yield "Gain", f"no value is better than {current}, the current one, with a chance of 95 %"
        return
    yield f"Cost against {current}", change_range_text(comparison["costChange"], comparison["costChangeInterval"])
    yield (
        f"Duration against {current}",
        change_range_text(comparison["durationChange"], comparison["durationChangeInterval"]),
    )
    yield "Gain", "significant" if comparison["significant"] else "not significant"
