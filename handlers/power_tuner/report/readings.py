"""What is known of each memory size of a run, in a sentence each: for who points at a mark, or walks through them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from power_tuner.report.figures import (
    chance_text,
    duration_text,
    memory_text,
    money_text,
    outcome_text,
    per_million,
    range_text,
)
from power_tuner.report.safety import not_offered
from power_tuner.report.wording import change_words
from power_tuner.tuning.result import Branch, EstimatedBranch, MeasuredBranch, Prediction, Result


@dataclass(frozen=True, slots=True)
class Reading:
    """One memory size in words.

    Attributes:
        duration_ms: its mean; None if nothing was measured or it is not safe to choose, as ``cost_usd``.
        against_now: how it differs from the current memory size; empty if that is not known, or is this one.
        predicted: it was not invoked.
    """

    memory_mb: int
    text: str
    duration_ms: float | None = None
    cost_usd: float | None = None
    against_now: str = ""
    predicted: bool = False


def readings_of(result: Result) -> list[Reading]:
    """Return the readings of a run, in the order of the memory sizes."""
    currency = result.spent.currency
    measured = {branch.memory_mb: branch for branch in result.branches if isinstance(branch, MeasuredBranch)}
    now = measured.get(result.target.memory_mb)
    unsafe = {each.memory_mb for each in not_offered(result)}
    choosable = {memory_mb: branch for memory_mb, branch in measured.items() if memory_mb not in unsafe} or measured
    readings = [
        Reading(
            branch.memory_mb,
            branch_text(branch, currency) + ("; not offered: it is not safe" if branch.memory_mb in unsafe else ""),
            choosable[branch.memory_mb].average_duration_ms if branch.memory_mb in choosable else None,
            choosable[branch.memory_mb].average_cost_usd if branch.memory_mb in choosable else None,
            _against(branch, now),
        )
        for branch in result.branches
    ]
    readings += [
        Reading(each.memory_mb, prediction_text(each, currency), each.duration_ms, each.cost_usd, predicted=True)
        for each in result.predictions
    ]
    return sorted(readings, key=lambda reading: reading.memory_mb)


def branch_text(branch: Branch, currency: str) -> str:
    """Return a branch in a sentence."""
    if not isinstance(branch, MeasuredBranch):
        return f"{memory_text(branch.memory_mb)}: {outcome_text(branch.outcome)}"
    samples = f"{branch.samples} sample{'' if branch.samples == 1 else 's'}"
    if isinstance(branch, EstimatedBranch):
        duration = _within(duration_text(branch.average_duration_ms), branch.duration_interval_ms, duration_text)
        cost = _money(branch.average_cost_usd, branch.cost_interval_usd, currency)
        samples += f", {chance_text(branch.chance_of_best)} the best"
    else:
        spread = branch.duration_ms
        duration = (
            f"{duration_text(branch.average_duration_ms)}, half of the samples between "
            f"{range_text((spread.p25, spread.p75), duration_text).replace(' to ', ' and ')}, "
            f"p95 {duration_text(spread.p95)}"
        )
        cost = _money(branch.average_cost_usd, (), currency)
    return f"{memory_text(branch.memory_mb)}: mean {duration}; {cost} a million invocations; {samples}"


def prediction_text(prediction: Prediction, currency: str) -> str:
    """Return a prediction in a sentence."""
    duration = _within(duration_text(prediction.duration_ms), prediction.duration_interval_ms, duration_text)
    cost = _money(prediction.cost_usd, prediction.cost_interval_usd, currency)
    return f"{memory_text(prediction.memory_mb)}, not invoked: by prediction {duration}; {cost} a million invocations"


def _within(text: str, interval: Sequence[float], write: Callable[[float], str]) -> str:
    return f"{text} ({range_text(interval, write)})" if interval else text


def _money(amount_usd: float, interval_usd: Sequence[float], currency: str) -> str:
    def write(amount: float) -> str:
        return money_text(per_million(amount), currency)

    return _within(write(amount_usd), interval_usd, write)


def _against(branch: Branch, now: MeasuredBranch | None) -> str:
    if now is None or branch is now or not isinstance(branch, MeasuredBranch):
        return ""
    cost_change = branch.average_cost_usd / now.average_cost_usd - 1 if now.average_cost_usd else 0.0
    duration_change = branch.average_duration_ms / now.average_duration_ms - 1
    return change_words(cost_change, duration_change, f"now ({memory_text(now.memory_mb)})")
