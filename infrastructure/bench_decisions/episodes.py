"""Episodes: the engine plays a workload, its calls drawn from the measured ones with replacement."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np

from bench_decisions.workloads import Workload, plain_strategy
from power_tuner.engine.decide import next_step
from power_tuner.engine.question import (
    Confidence,
    Decision,
    Invoke,
    Measured,
    Past,
    Progress,
    Question,
)


@dataclass(frozen=True, slots=True)
class Episode:
    """What an engine chose and what it took."""

    choice: int
    spent_usd: float
    calls: int
    memories_tried: int
    rounds: int
    confidence: float | None = None
    cost_covered: bool | None = None
    interval_width: float | None = None


def play(workload: Workload, strategy: str, *, confidence: Confidence, seed: int, past: Past | None = None) -> Episode:
    """Play one episode: the engine, told of earlier calls or not, asks until it decides."""
    decision, _ = tune(workload, strategy, confidence=confidence, seed=seed, past=past)
    return _episode(workload, decision)


def tune(
    workload: Workload, strategy: str, *, confidence: Confidence, seed: int, past: Past | None = None
) -> tuple[Decision, dict[int, list[Measured]]]:
    """Return the engine's decision, and the calls that it was made by."""
    generator = np.random.default_rng([seed, 5])
    places = np.random.default_rng([seed, 6])
    prices = workload.price_per_ms_usd()
    question = Question(
        memories_mb=workload.memories_mb,
        price_per_ms_usd=prices,
        objective=plain_strategy(strategy),
        confidence=confidence,
        seed=seed,
        past=past,
        payload_weights=dict(enumerate(workload.weights)),
    )
    samples: dict[int, list[Measured]] = {}
    went = {memory_mb: np.zeros(0, dtype=np.int64) for memory_mb in workload.memories_mb}
    rounds = 0
    while isinstance(step := next_step(question, Progress(samples=samples, rounds=rounds)), Invoke):
        rounds += 1
        for memory_mb, count in step.invocations.items():
            index = workload.memories_mb.index(memory_mb)
            made = samples.setdefault(memory_mb, [])
            picked = workload.picked(index, len(made), count, generator)
            went[memory_mb] = np.append(went[memory_mb], places.integers(0, workload.sandboxes, count))
            slower = workload.slower(index, went[memory_mb])[len(made) :]
            drawn = (workload.durations_ms[index][picked] * slower).tolist()
            had = workload.payloads[index][picked].tolist() if workload.payloads else [None] * count
            # as a run sees it: how many calls each of its sandboxes had on average
            made.extend(
                Measured(one, float(np.ceil(one)), payload=payload, place=place // workload.sandboxes)
                for place, one, payload in zip(range(len(made), len(made) + count), drawn, had, strict=True)
            )
    return step, samples


def _episode(workload: Workload, decision: Decision) -> Episode:
    choice = workload.memories_mb.index(cast("int", decision.memory_mb))
    estimate = next(one for one in decision.estimates if one.memory_mb == decision.memory_mb)
    truth = float(workload.mean_cost_usd()[choice])
    return Episode(
        choice=choice,
        spent_usd=decision.spent.cost_usd,
        calls=decision.spent.invocations,
        memories_tried=len(decision.estimates),
        rounds=decision.spent.rounds,
        confidence=decision.confidence,
        cost_covered=estimate.cost_usd.low <= truth <= estimate.cost_usd.high,
        interval_width=(estimate.cost_usd.high - estimate.cost_usd.low) / truth,
    )


Player = Callable[[Workload, str, int], Episode]
