"""What a survey says of one function."""

from dataclasses import dataclass
from enum import StrEnum

from power_tuner.engine.priors import REGRET_TOLERANCE, SIGNIFICANT
from power_tuner.engine.question import Interval
from power_tuner.survey.expectation import Expectation
from power_tuner.survey.monthly_use import MonthlyUse
from power_tuner.tuning.arn import name_of, region_of
from power_tuner.tuning.own_functions import CALLS_ONCE, own_functions_usd
from power_tuner.tuning.pricing import Prices, prices_for
from power_tuner.tuning.production import Production
from power_tuner.tuning.run_input import DEFAULT_MEMORY_HEADROOM
from power_tuner.tuning.target import FunctionSnapshot
from power_tuner.tuning.transitions import Work, count_transitions


class Verdict(StrEnum):
    """How the memory size of a function stands; the words are those of the table."""

    SHOWN = "shown"
    SHORT = "short of memory"
    TOO_HIGH = "too high"
    TOO_LOW = "too low"
    RIGHT = "right"
    OPEN = "open"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A function, and what production tells of it.

    Attributes:
        use: None if nobody invoked it in the days that were counted.
        production: what was read of its log; None if it was not read.
        expectation: what tuning would bring; None if nothing can be known.
        unknown: why nothing can be known; empty if something is.
    """

    function: FunctionSnapshot
    use: MonthlyUse | None
    production: Production | None = None
    expectation: Expectation | None = None
    unknown: str = ""

    @property
    def name(self) -> str:
        """Return its name."""
        return name_of(self.function.arn)

    @property
    def region(self) -> str:
        """Return its region."""
        return region_of(self.function.arn)

    @property
    def prices(self) -> Prices:
        """Return the prices of its region and architecture."""
        return prices_for(self.region, self.function.architecture)

    @property
    def cost(self) -> float:
        """Return what it costs in a month at the memory size that it has now."""
        return self.call_cost + self.init_cost

    @property
    def call_cost(self) -> float:
        """Return the part of it that requests and durations cost."""
        return self.use.cost(self.prices, self.function.memory_mb) if self.use else 0.0

    @property
    def init_cost(self) -> float:
        """Return the part of it that inits cost, as far as its log was read."""
        calls = self.production.calls if self.production else 0
        if self.use is None or self.production is None or not calls:
            return 0.0
        # A restored sandbox bills its snapshot, not an init.
        inits = ((each.cold_calls - each.restores, each.init_ms or 0.0) for each in self.production.sizes)
        init_ms = sum(count * mean_ms for count, mean_ms in inits) / calls
        return self.use.invocations * init_ms * self.prices.per_ms(self.function.memory_mb)

    @property
    def floor_mb(self) -> float | None:
        """Return the least memory that it may have; None if its peak is not known."""
        return floor_of(self.production)

    @property
    def saved(self) -> Interval | None:
        """Return what tuning would save in a month of requests and durations; None if that cannot be known.

        Near its limit a function may take many times as long as any curve says, so nothing is said of one that is short
        of memory.
        """
        if self.expectation is None or self.verdict is Verdict.SHORT:
            return None
        gain = self.expectation.gain
        return Interval(*(self.call_cost * share for share in (gain.estimate, gain.low, gain.high)))

    @property
    def expected(self) -> float:
        """Return by how much it is worth a look: what tuning is expected to save in a month, at least nothing."""
        return self.call_cost * self.expectation.upside if self.expectation else 0.0

    @property
    def verdict(self) -> Verdict:
        """Return how its memory size stands."""
        expectation = self.expectation
        if self.floor_mb is not None and self.floor_mb > self.function.memory_mb:
            return Verdict.SHORT
        if expectation is None:
            return Verdict.UNKNOWN
        if expectation.move is not None:
            return Verdict.SHOWN
        if expectation.too_high >= SIGNIFICANT:
            return Verdict.TOO_HIGH
        if expectation.too_low >= SIGNIFICANT:
            return Verdict.TOO_LOW
        return Verdict.RIGHT if expectation.gain.high <= REGRET_TOLERANCE else Verdict.OPEN

    @property
    def run_cost(self) -> float | None:
        """Return what a run with ten invocations of each candidate costs; a smart run takes less."""
        expectation = self.expectation
        if expectation is None:
            return None
        sizes = expectation.sizes
        work = Work(
            rounds=1, publisher_calls=1, branches=sizes, executor_calls=sizes, finished_batches=sizes, first_tries=1
        )
        own = own_functions_usd(self.region, seconds=expectation.sweep_ms / 1000, calls=CALLS_ONCE + sizes)
        return expectation.sweep_cost + count_transitions(work) * self.prices.transition + own

    @property
    def worthwhile(self) -> bool:
        """Return whether a run is expected to pay for itself within a month, and has not been saved by production."""
        waits_for_a_run = {Verdict.TOO_HIGH, Verdict.TOO_LOW, Verdict.OPEN, Verdict.SHORT}
        return self.run_cost is not None and self.verdict in waits_for_a_run and self.expected > self.run_cost


def floor_of(production: Production | None) -> float | None:
    """Return the least memory that a function may have; None if its peak is not known."""
    peak_mb = production.peak_memory_mb if production else None
    return None if peak_mb is None else peak_mb / (1 - DEFAULT_MEMORY_HEADROOM)
