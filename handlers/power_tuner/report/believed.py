"""What is believed of the memory sizes of a run, measured or predicted: the points of a curve."""

from collections.abc import Sequence
from dataclasses import dataclass

from power_tuner.report.figures import per_million
from power_tuner.report.readings import prediction_text
from power_tuner.tuning.result import EstimatedBranch, Interval, MeasuredBranch, Prediction


@dataclass(frozen=True, slots=True)
class Believed:
    """A mean at one memory size.

    Attributes:
        interval: the ends of what holds it; empty if none is known.
        predicted: in words, if it was not measured.
    """

    memory_mb: int
    value: float
    interval: Sequence[float] = ()
    predicted: str = ""


def durations_believed(
    measured: Sequence[MeasuredBranch], predictions: Sequence[Prediction], currency: str
) -> list[Believed]:
    """Return the mean durations."""
    found = [Believed(each.memory_mb, each.average_duration_ms, duration_interval(each)) for each in measured]
    return found + [
        Believed(each.memory_mb, each.duration_ms, each.duration_interval_ms, prediction_text(each, currency))
        for each in predictions
    ]


def costs_believed(
    measured: Sequence[MeasuredBranch], predictions: Sequence[Prediction], currency: str
) -> list[Believed]:
    """Return the costs of a million invocations."""
    found = [Believed(each.memory_mb, per_million(each.average_cost_usd), cost_interval(each)) for each in measured]
    return found + [
        Believed(
            each.memory_mb,
            per_million(each.cost_usd),
            _millions(each.cost_interval_usd),
            prediction_text(each, currency),
        )
        for each in predictions
    ]


def duration_interval(branch: MeasuredBranch) -> tuple[float, ...]:
    """Return what holds the mean duration; nothing where only the spread of samples is known."""
    return branch.duration_interval_ms if isinstance(branch, EstimatedBranch) else ()


def cost_interval(branch: MeasuredBranch) -> tuple[float, ...]:
    """Return what holds the cost of a million invocations; nothing where it is not known."""
    return _millions(branch.cost_interval_usd) if isinstance(branch, EstimatedBranch) else ()


def ends_of(believed: Sequence[Believed]) -> list[float]:
    """Return the ends of all intervals."""
    return [end for each in believed for end in each.interval]


def _millions(interval_usd: Interval) -> tuple[float, ...]:
    low, high = interval_usd
    return per_million(low), per_million(high)
