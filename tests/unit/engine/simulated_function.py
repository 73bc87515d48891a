"""Functions with a known curve, invoked as the engine asks."""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from power_tuner.engine.decide import next_step
from power_tuner.engine.question import Decision, Invoke, Measured, Progress, Question
from power_tuner.tuning.strategies import strategy_named

MEMORIES_MB = (128, 256, 512, 1024, 1769, 3008)
USD_PER_MB_MS = 1.6e-11


def cpu_bound(memory_mb: int) -> float:
    """Take 1,769 MB x 1 s: inverse proportion up to one vCPU."""
    return 1000 * 1769 / min(memory_mb, 1769)


def waiting(_memory_mb: int) -> float:
    """Take the same at each memory size."""
    return 400.0


def mixed(memory_mb: int) -> float:
    """Wait half a second, compute the rest."""
    return 500 + 300 * 1769 / min(memory_mb, 1769)


@dataclass(slots=True)
class SimulatedFunction:
    """A target whose calls scatter about a curve."""

    curve: Callable[[int], float]
    noise: float = 0.05
    tail_rate: float = 0.0
    tail_factor: float = 10.0
    broken: frozenset[int] = frozenset()
    seed: int = 1
    init: Callable[[int], float] = lambda _: 0.0
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - a test's noise, no secret

    def invoke(self, memory_mb: int) -> Measured:
        """Take one call's time."""
        duration = self.curve(memory_mb) * self.chance.lognormvariate(0, self.noise)
        if self.chance.random() < self.tail_rate:
            duration *= self.tail_factor
        return Measured(duration_ms=duration, billed_ms=math.ceil(duration))

    def start(self, memory_mb: int) -> Measured:
        """Take one cold call's time: the initialization is waited for, and billed."""
        warm, init = self.invoke(memory_mb), self.init(memory_mb) * self.chance.lognormvariate(0, self.noise)
        return Measured(warm.duration_ms + init, math.ceil(warm.duration_ms + init), cold=True)


@dataclass(frozen=True, slots=True)
class Tuning:
    """A tuning that has ended, and all that was asked on the way."""

    decision: Decision
    rounds: list[Mapping[int, int]]
    progress: Progress

    @property
    def calls(self) -> int:
        """Count every invocation asked for."""
        return sum(sum(asked.values()) for asked in self.rounds)

    @property
    def invocations(self) -> int:
        """Count every invocation made, cold starts too."""
        return sum(len(samples) for samples in self.progress.samples.values())


def prices(memories_mb: tuple[int, ...] = MEMORIES_MB) -> dict[int, float]:
    return {memory_mb: memory_mb * USD_PER_MB_MS for memory_mb in memories_mb}


def question(strategy: str = "cost", memories_mb: tuple[int, ...] = MEMORIES_MB, **changes: object) -> Question:
    """Ask with the defaults, changed here and there."""
    objective = strategy_named(strategy, lambda _: None)
    asked = Question(memories_mb=memories_mb, price_per_ms_usd=prices(memories_mb), objective=objective)
    return replace(asked, **changes)  # type: ignore[arg-type]


def tune(asked: Question, function: SimulatedFunction) -> Tuning:
    """Invoke what the engine asks for until it decides; first calls are cold if the question says so."""
    samples: dict[int, list[Measured]] = {}
    failed: set[int] = set()
    rounds: list[Mapping[int, int]] = []
    while True:
        progress = Progress(samples=samples, rounds=len(rounds), failed=frozenset(failed))
        step = next_step(asked, progress)
        if not isinstance(step, Invoke):
            return Tuning(step, rounds, progress)
        rounds.append(step.invocations)
        for memory_mb, count in step.invocations.items():
            if memory_mb in function.broken:
                failed.add(memory_mb)
                continue
            if memory_mb not in samples:
                samples[memory_mb] = [function.start(memory_mb) for _ in range(asked.overhead.lost_calls)]
            samples[memory_mb].extend(function.invoke(memory_mb) for _ in range(count))
