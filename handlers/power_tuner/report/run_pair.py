"""Two runs over one another: what they are called, and how they differ at each memory size that either knows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from power_tuner.report.figures import duration_text, memory_text, money_text, outcome_text, per_million
from power_tuner.report.wording import change_words
from power_tuner.tuning.result import Branch, EstimatedBranch, Interval, MeasuredBranch, Result

_TO_THE_SECOND = len("2026-11-23T12:00:00")
# A normal distribution's, for the interval that holds a mean in about 95 of 100 runs, as the smart mode's does.
_STANDARD_ERRORS = 1.96


@dataclass(frozen=True, slots=True)
class Pair:
    """One memory size in both runs; a branch is None where a run did not invoke it."""

    memory_mb: int
    first: Branch | None
    second: Branch | None

    @property
    def measured(self) -> tuple[MeasuredBranch, MeasuredBranch] | None:
        """Return the branches if both were measured."""
        if isinstance(self.first, MeasuredBranch) and isinstance(self.second, MeasuredBranch):
            return self.first, self.second
        return None

    @property
    def duration_change(self) -> float | None:
        """Return the relative change of the mean duration; None if it is not known."""
        return self.measured and self.measured[1].average_duration_ms / self.measured[0].average_duration_ms - 1

    @property
    def cost_change(self) -> float | None:
        """Return the relative change of the cost; None if it is not known."""
        if self.measured is None or not self.measured[0].average_cost_usd:
            return None
        return self.measured[1].average_cost_usd / self.measured[0].average_cost_usd - 1

    @property
    def durations_differ(self) -> bool:
        """Return whether the durations differ by more than what their samples leave open."""
        if self.measured is None:
            return False
        (low, high), (other_low, other_high) = map(_mean_interval, self.measured)
        return high < other_low or other_high < low


def pairs_of(first: Result, second: Result) -> list[Pair]:
    """Return the memory sizes that either run invoked, in their order."""
    ones, others = ({branch.memory_mb: branch for branch in result.branches} for result in (first, second))
    return [Pair(each, ones.get(each), others.get(each)) for each in sorted({*ones, *others})]


def names_of(first: Result, second: Result) -> tuple[str, str]:
    """Return what tells the runs apart: their functions, their architectures, or else when they ended."""
    tellings = (
        (first.target.name, second.target.name),
        (first.target.architecture, second.target.architecture),
    )
    differing = [pair for pair in tellings if pair[0] != pair[1]] or [(_ended(first), _ended(second))]
    one, other = (" on ".join(pair[place] for pair in differing) for place in range(2))
    return (one, other) if one != other else (first.run_id, second.run_id)


def pair_sentence(pairs: Sequence[Pair], names: tuple[str, str]) -> str:
    """Return how the second run differs from the first, over the memory sizes that both measured."""
    both = [pair for pair in pairs if pair.measured]
    if not both:
        return "No memory size was measured by both runs."
    cost, duration = (
        math.exp(fmean(math.log1p(change) for change in changes)) - 1 if changes else 0.0
        for changes in (
            [pair.cost_change for pair in both if pair.cost_change is not None],
            [pair.duration_change for pair in both if pair.duration_change is not None],
        )
    )
    if len(both) == 1:
        over = f"at {memory_text(both[0].memory_mb)}, which alone both measured"
    else:
        over = f"over the {len(both)} memory sizes that both measured"
    doubt = "" if any(pair.durations_differ for pair in both) else " The samples leave open whether they differ."
    return f"{names[1]}: {change_words(cost, duration, names[0])}, {over}.{doubt}"


def pair_reading(pair: Pair, names: tuple[str, str], currency: str) -> str:
    """Return a memory size of both runs in a sentence."""
    texts = [_branch_text(branch, currency) for branch in (pair.first, pair.second)]
    text = f"{memory_text(pair.memory_mb)}: {' → '.join(texts)}"
    if pair.duration_change is None or pair.cost_change is None:
        return text
    doubt = "" if pair.durations_differ else "; the samples leave open whether the durations differ"
    return f"{text}: {change_words(pair.cost_change, pair.duration_change, names[0])}{doubt}"


def _branch_text(branch: Branch | None, currency: str) -> str:
    if branch is None:
        return "not invoked"
    if not isinstance(branch, MeasuredBranch):
        return outcome_text(branch.outcome)
    cost = money_text(per_million(branch.average_cost_usd), currency)
    return f"{duration_text(branch.average_duration_ms)}, {cost} a million"


def _mean_interval(branch: MeasuredBranch) -> Interval:
    if isinstance(branch, EstimatedBranch):
        return branch.duration_interval_ms
    margin = _STANDARD_ERRORS * branch.duration_ms.stddev / math.sqrt(max(branch.samples, 1))
    return branch.average_duration_ms - margin, branch.average_duration_ms + margin


def _ended(result: Result) -> str:
    return f"{result.finished_at[:_TO_THE_SECOND].replace('T', ' ')} UTC"
