"""What the engine is asked and what it answers, as values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from power_tuner.engine.objective import Objective
from power_tuner.engine.priors import REGRET_TOLERANCE

Confidence = Literal["default", "high", "highest"]
Start = Literal["warm", "cold"]
StopReason = Literal["sure", "rounds", "invocations", "cost", "duration", "day", "nothing-measured"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One invocation of the target that gave a report.

    `payload` says which of several it had, and `place` how many calls its sandbox had before, if that is known.
    """

    duration_ms: float
    billed_ms: float
    cold: bool = False
    payload: int | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run ends even if the engine is not sure yet."""

    max_invocations: int | None = None
    max_cost_usd: float | None = None
    max_duration_s: float | None = None
    max_rounds: int | None = None


@dataclass(frozen=True, slots=True)
class ColdStarts:
    """The calls of production that are cold; a question about warm calls is then about both.

    Attributes:
        share: Of all calls.
        restore_usd: What restoring a snapshot of a memory size costs beside the bill of its time.
    """

    share: float
    restore_usd: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overhead:
    """What asking costs beside the target's bill; all zero where rounds are free.

    Attributes:
        round_usd: A round.
        memory_usd: A memory size that takes part in a round.
        call_usd: An invocation: its time, and the load on what the target calls.
        lost_calls: Invocations of a memory size that are billed before its first one counts.
    """

    round_usd: float = 0.0
    memory_usd: float = 0.0
    call_usd: float = 0.0
    lost_calls: int = 0

    def of_rounds(self, rounds: int, memories: int) -> float:
        """Return what rounds cost in which so many memory sizes took part, each at least once."""
        return rounds * self.round_usd + max(rounds, memories) * self.memory_usd


# A memory size, and how long its calls took.
Durations = tuple[int, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Past:
    """Calls from before the run, warm or cold as it asks; they may be of other code, so new ones decide their worth.

    Attributes:
        durations_ms: Of earlier runs.
        production: What callers got lately at the memory size that the function has.
    """

    durations_ms: tuple[Durations, ...] = ()
    production: Durations | None = None

    def __post_init__(self) -> None:
        """Refuse a past without calls, or with calls that took no time."""
        every = (*self.durations_ms, *((self.production,) if self.production else ()))
        if not every:
            raise ValueError("a past without calls: leave it out")
        for memory_mb, durations_ms in every:
            if not durations_ms or not all(0 < one < math.inf for one in durations_ms):
                raise ValueError(f"earlier calls of memory size {memory_mb}: give their durations, each above 0 ms")


@dataclass(frozen=True, slots=True)
class Question:
    """One tuning problem; it stays the same from round to round.

    `barred_mb` may be called, to compare with, and are chosen only where nothing else was measured. `payload_weights`
    are those of the payloads that the calls have; where they are not told, each is as frequent as it was in the calls.
    """

    memories_mb: tuple[int, ...]
    price_per_ms_usd: Mapping[int, float]
    objective: Objective
    request_price_usd: float = 0.0
    current_memory_mb: int | None = None
    confidence: Confidence = "default"
    regret_tolerance: float = REGRET_TOLERANCE
    limits: Limits = field(default_factory=Limits)
    overhead: Overhead = field(default_factory=Overhead)
    start: Start = "warm"
    seed: int = 0
    past: Past | None = None
    barred_mb: frozenset[int] = frozenset()
    cold_starts: ColdStarts | None = None
    payload_weights: Mapping[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a question that cannot be answered."""
        if not self.memories_mb:
            raise ValueError("no memory size to choose from: give at least one")
        missing = [memory_mb for memory_mb in self.memories_mb if not self.price_per_ms_usd.get(memory_mb, 0) > 0]
        if missing:
            raise ValueError(f"no price per millisecond for memory size {missing[0]}: give one above 0 for each")
        for payload, weight in self.payload_weights.items():
            if not 0 < weight < math.inf:
                raise ValueError(f"weight {weight} of payload {payload}: give a number above 0")


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything observed so far; the engine keeps no state of its own.

    `failed` holds memory sizes that cannot run the target (out of memory, timeout); what their invocations cost is
    in `wasted_cost_usd` and `wasted_invocations`.
    """

    samples: Mapping[int, Sequence[Measured]] = field(default_factory=dict)
    rounds: int = 0
    elapsed_s: float = 0.0
    failed: frozenset[int] = frozenset()
    wasted_invocations: int = 0
    wasted_cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the bounds that hold it in about 95 of 100 runs."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """What is believed of one memory size; without a sample it is a prediction."""

    memory_mb: int
    samples: int
    cost_usd: Interval
    duration_ms: Interval
    chance_of_best: float


@dataclass(frozen=True, slots=True)
class Gain:
    """What the choice changes against the current memory size; negative is less."""

    current_memory_mb: int
    cost_change: Interval
    duration_change: Interval
    significant: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """What the run used, and what a sweep of ten invocations per memory size would have."""

    invocations: int
    cost_usd: float
    rounds: int
    sweep_cost_usd: float


@dataclass(frozen=True, slots=True)
class Invoke:
    """The invocations of each memory size to make before asking again."""

    invocations: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Decision:
    """The memory size to take; `memory_mb` is None only if nothing could be measured.

    `as_before` is the chance that the function is as its earlier calls say, up to its scale; None without any.
    `slower_calls` is how many calls a sandbox of the choice had before it settled; None where calls did not get faster.
    """

    memory_mb: int | None
    confidence: float
    stopped_by: StopReason
    estimates: tuple[MemoryEstimate, ...]
    gain: Gain | None
    spent: Spent
    model_fits: bool
    meets_slo: float | None = None
    predictions: tuple[MemoryEstimate, ...] = ()
    as_before: float | None = None
    slower_calls: int | None = None
