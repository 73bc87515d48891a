"""The strategies: what is best, and how a memory size is chosen by it.

A strategy is a class in this module and its entry in ``STRATEGIES``. Its fields are the numbers that it takes from a
run's input. The classic sweep chooses among averages (``choose``), the decision engine by the draws of its belief
(``log_values``); where nothing is in doubt both have to prefer the same memory size.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, get_args

from power_tuner.engine.objective import Draws, Limit, Statistic
from power_tuner.engine.priors import LIMIT_SLOPE, LIMIT_STEP, TOLERANCE_STEP
from power_tuner.errors import InvalidInput

STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
DEFAULT_STRATEGY = "cost"
DEFAULT_BALANCED_WEIGHT = 0.5
DEFAULT_STATISTIC: Statistic = "p95"
DEFAULT_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Candidate:
    """One memory size with its averages, and the statistics of its durations (``mean``, ``p95``, ...)."""

    memory_mb: int
    duration_ms: float
    cost_usd: float
    statistics_ms: Mapping[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy(ABC):
    """What is best, with the numbers that it needs."""

    name: ClassVar[str]
    meaning: ClassVar[str]

    @property
    def limit(self) -> Limit | None:
        """Return what the duration must not exceed; None where the strategy limits nothing."""
        return None

    @abstractmethod
    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the best of at least one candidate; of full equals the first."""

    @abstractmethod
    def log_values(self, draws: Draws) -> list[list[float]]:
        """Return the logarithm of the value of each memory size in each draw; the smallest is the best."""

    @staticmethod
    def gain(cost_saved: float, time_saved: float) -> float:
        """Return which of two shares saved counts when a change has to be worth it: by default the larger."""
        return max(cost_saved, time_saved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Strategy):
    """The cheapest; of two equals the faster."""

    name: ClassVar[str] = "cost"
    meaning: ClassVar[str] = "the cheapest"

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the cheapest."""
        return min(candidates, key=lambda c: (c.cost_usd, c.duration_ms))

    def log_values(self, draws: Draws) -> list[list[float]]:
        """Return the logarithm of the cost."""
        return _logs(draws.cost_usd)

    @staticmethod
    def gain(cost_saved: float, time_saved: float) -> float:  # noqa: ARG004 - only the cost counts
        """Return the cost saved."""
        return cost_saved


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed(Strategy):
    """The fastest; of two equals the cheaper."""

    name: ClassVar[str] = "speed"
    meaning: ClassVar[str] = "the fastest"

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the fastest."""
        return min(candidates, key=lambda c: (c.duration_ms, c.cost_usd))

    def log_values(self, draws: Draws) -> list[list[float]]:
        """Return the logarithm of the duration."""
        return _logs(draws.duration_ms)

    @staticmethod
    def gain(cost_saved: float, time_saved: float) -> float:  # noqa: ARG004 - only the time counts
        """Return the time saved."""
        return time_saved


@dataclass(frozen=True, slots=True, kw_only=True)
class Balanced(Strategy):
    """The smallest weighted sum of relative cost and relative duration; of two equals the first.

    The formula is the peer's (its analyzer's ``findBalanced``): ``weight * cost / largest cost + (1 - weight) *
    duration / largest duration``. A weight of 1 counts the cost alone, 0 the duration alone.
    """

    name: ClassVar[str] = "balanced"
    meaning: ClassVar[str] = "a balance"
    balanced_weight: float = DEFAULT_BALANCED_WEIGHT

    def __post_init__(self) -> None:
        """Refuse a weight that is no share."""
        if not 0 <= self.balanced_weight <= 1:
            raise InvalidInput(
                field="balancedWeight", value=self.balanced_weight, allowed="a number from 0 (speed) to 1 (cost)"
            )

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the candidate with the smallest sum."""
        weight = self.balanced_weight
        most_usd = max(c.cost_usd for c in candidates)
        most_ms = max(c.duration_ms for c in candidates)
        return min(
            candidates,
            # In the peer's order of operations, so that rounding decides the same.
            key=lambda c: weight * c.cost_usd / (most_usd or 1.0) + (1 - weight) * c.duration_ms / most_ms,
        )

    def log_values(self, draws: Draws) -> list[list[float]]:
        """Return the logarithm of the sum, relative to the largest cost and duration of the same draw."""
        weight = self.balanced_weight
        most_usd = [max(draw) for draw in zip(*draws.cost_usd, strict=True)]
        most_ms = [max(draw) for draw in zip(*draws.duration_ms, strict=True)]
        return [
            [
                math.log(weight * cost / cost_top + (1 - weight) * duration / duration_top)
                for cost, duration, cost_top, duration_top in zip(
                    cost_column, duration_column, most_usd, most_ms, strict=True
                )
            ]
            for cost_column, duration_column in zip(draws.cost_usd, draws.duration_ms, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo(Strategy):
    """The cheapest whose statistic keeps to a limit; if none does, the one that comes closest."""

    name: ClassVar[str] = "slo"
    meaning: ClassVar[str] = "the cheapest within `maxDurationMs`"
    statistic: Statistic = DEFAULT_STATISTIC
    max_duration_ms: float

    def __post_init__(self) -> None:
        """Refuse to choose by a limit that nothing can keep."""
        if not self.max_duration_ms or not self.max_duration_ms > 0:
            raise InvalidInput(
                field="maxDurationMs", value=self.max_duration_ms, allowed="a number above 0; strategy slo needs it"
            )

    @property
    def limit(self) -> Limit:
        """Return the limit."""
        return Limit(self.statistic, self.max_duration_ms)

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the cheapest within the limit; of two equals the faster."""
        within = [c for c in candidates if c.statistics_ms[self.statistic] <= self.max_duration_ms]
        if within:
            return min(within, key=lambda c: (c.cost_usd, c.duration_ms))
        return min(candidates, key=lambda c: (c.statistics_ms[self.statistic], c.cost_usd))

    def log_values(self, draws: Draws) -> list[list[float]]:
        """Return the logarithm of the cost, with a penalty beyond the limit."""
        most_ms = self.max_duration_ms
        return [
            [
                math.log(cost) + (LIMIT_SLOPE * math.log(limited / most_ms) + LIMIT_STEP if limited > most_ms else 0.0)
                for cost, limited in zip(cost_column, limited_column, strict=True)
            ]
            for cost_column, limited_column in zip(draws.cost_usd, draws.limited_ms, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance(Strategy):
    """The fastest that costs little more than the cheapest; of two equals the cheaper."""

    name: ClassVar[str] = "tolerance"
    meaning: ClassVar[str] = "the fastest that costs at most `tolerance` more than the cheapest"
    tolerance: float = DEFAULT_TOLERANCE

    def __post_init__(self) -> None:
        """Refuse a tolerance that even the cheapest exceeds."""
        if not self.tolerance >= 0:
            raise InvalidInput(
                field="tolerance", value=self.tolerance, allowed="a share of at least 0, such as 0.05 for 5 %"
            )

    def choose(self, candidates: Sequence[Candidate]) -> Candidate:
        """Return the fastest within the tolerance."""
        most_usd = min(c.cost_usd for c in candidates) * (1 + self.tolerance)
        return min((c for c in candidates if c.cost_usd <= most_usd), key=lambda c: (c.duration_ms, c.cost_usd))

    def log_values(self, draws: Draws) -> list[list[float]]:
        """Return the logarithm of the duration, with a penalty beyond the tolerated cost."""
        allowed_usd = [min(draw) * (1 + self.tolerance) for draw in zip(*draws.cost_usd, strict=True)]
        return [
            [
                math.log(took) + (LIMIT_SLOPE * math.log(cost / most) + TOLERANCE_STEP if cost > most else 0.0)
                for cost, took, most in zip(cost_column, duration_column, allowed_usd, strict=True)
            ]
            for cost_column, duration_column in zip(draws.cost_usd, draws.duration_ms, strict=True)
        ]


STRATEGIES: Mapping[str, type[Strategy]] = {each.name: each for each in (Cost, Speed, Balanced, Slo, Tolerance)}


def strategy_named(name: str, value_of: Callable[[str], Any]) -> Strategy:  # type: ignore[explicit-any]  # each field's own
    """Return a strategy with its numbers.

    Args:
        name: one of ``STRATEGIES``.
        value_of: returns what was given for a field of the strategy, None for nothing.

    Raises:
        InvalidInput: there is no such strategy, or a number is missing or makes no sense.
    """
    if name not in STRATEGIES:
        raise InvalidInput(field="strategy", value=name, allowed=", ".join(STRATEGIES))
    strategy = STRATEGIES[name]
    given = {each: value_of(each) for each in field_names(strategy)}
    needed = needed_fields(strategy)
    return strategy(**{each: value for each, value in given.items() if value is not None or each in needed})


def field_names(strategy: type[Strategy]) -> tuple[str, ...]:
    """Return the attributes of a run's input that a strategy uses."""
    return tuple(each.name for each in fields(strategy))


def needed_fields(strategy: type[Strategy]) -> tuple[str, ...]:
    """Return those of its fields without which a strategy means nothing."""
    return tuple(each.name for each in fields(strategy) if each.default is MISSING)


def meanings() -> str:
    """Return what all strategies mean, in one sentence."""
    *most, last = (strategy.meaning for strategy in STRATEGIES.values())
    sentence = f"{', '.join(most)}, or {last}."
    return sentence[0].upper() + sentence[1:]


def _logs(columns: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[math.log(value) for value in column] for column in columns]
