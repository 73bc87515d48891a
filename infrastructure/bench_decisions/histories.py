"""Runs that know of earlier calls: each workload's calls are split into an earlier and a later half.

The earlier half, or a change of it, is the history; the later half is played, and says what is true.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench_decisions.episodes import play, tune
from bench_decisions.scores import Pair, Played, of_episodes, standard_error
from bench_decisions.workloads import Workload, is_uncertain
from power_tuner.engine.question import Confidence, Past

Pools = Sequence[NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Told:
    """One kind of history against the fresh engine, on the same pairs and calls; errors are over the pairs."""

    kind: str
    pairs: int
    regret: float
    regret_change: float
    regret_error: float | None
    within: float
    within_change: float
    within_error: float | None
    mean_cost: float
    geometric_cost: float
    calls: float
    confidence_gap: float
    gap_error: float | None


def halves(workload: Workload) -> tuple[Workload, Workload]:
    """Return the earlier and the later calls of a workload, each a workload."""
    pools = workload.durations_ms
    earlier, later = zip(*[(pool[: len(pool) // 2], pool[len(pool) // 2 :]) for pool in pools], strict=True)
    return replace(workload, durations_ms=earlier), replace(workload, durations_ms=later)


def play_histories(
    workloads: Sequence[Workload], strategies: Sequence[str], *, confidence: Confidence, episodes: int, seed: int
) -> list[Told]:
    """Return what each kind of history changes."""
    pairs = [
        (index, strategy)
        for index, workload in enumerate(workloads)
        for strategy in strategies
        if not is_uncertain(halves(workload)[1], strategy)
    ]
    played: dict[str, list[Played]] = {kind: [] for kind in ("fresh", *KINDS)}
    for index, strategy in pairs:
        later = halves(workloads[index])[1]
        pair = Pair(later.name, later.source, strategy, uncertain=False)
        for kind, ones in played.items():
            found = []
            for number in range(seed, seed + episodes):
                past = KINDS[kind](workloads, index, strategy, number) if kind in KINDS else None
                found.append(play(later, strategy, confidence=confidence, seed=number, past=past))
            ones.append(of_episodes(later, pair, kind, found))
    return [_against(played["fresh"], played[kind]) for kind in KINDS] if pairs else []


def _against(fresh: Sequence[Played], told: Sequence[Played]) -> Told:
    regret, fresh_regret = _each(told, lambda one: one.regret.mean()), _each(fresh, lambda one: one.regret.mean())
    within, fresh_within = _each(told, lambda one: one.within), _each(fresh, lambda one: one.within)
    cost, fresh_cost = _each(told, lambda one: one.cost.mean()), _each(fresh, lambda one: one.cost.mean())
    gap = _each(told, lambda one: one.gap or 0.0)
    return Told(
        kind=told[0].engine,
        pairs=len(told),
        regret=float(regret.mean()),
        regret_change=float((regret - fresh_regret).mean()),
        regret_error=standard_error(regret - fresh_regret),
        within=float(within.mean()),
        within_change=float((within - fresh_within).mean()),
        within_error=standard_error(within - fresh_within),
        mean_cost=float(cost.mean() / fresh_cost.mean()),
        geometric_cost=float(np.exp(np.log(cost / fresh_cost).mean())),
        calls=float(_each(told, lambda one: one.calls).mean()),
        confidence_gap=float(gap.mean()),
        gap_error=standard_error(gap),
    )


def _each(played: Sequence[Played], value: Callable[[Played], float]) -> NDArray[np.float64]:
    return np.array([value(one) for one in played])


def _past(workload: Workload, factors: NDArray[np.float64]) -> Past:
    return Past(
        tuple(
            (memory_mb, tuple((pool * factor).tolist()))
            for memory_mb, pool, factor in zip(workload.memories_mb, workload.durations_ms, factors, strict=True)
        )
    )


def _changed(
    change: Callable[[np.random.Generator, NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
) -> "History":
    """Return a history that is the earlier half with a factor on each memory size, by memory sizes and means."""

    def history(workloads: Sequence[Workload], index: int, _strategy: str, seed: int) -> Past:
        earlier = halves(workloads[index])[0]
        generator = np.random.default_rng([seed, index, 9])
        memories = np.array(earlier.memories_mb, dtype=np.float64)
        return _past(earlier, change(generator, memories, earlier.mean_duration_ms()))

    return history


def _run(workloads: Sequence[Workload], index: int, strategy: str, seed: int) -> Past:
    """Return the calls that an earlier run made, instead of the whole earlier half."""
    _, samples = tune(halves(workloads[index])[0], strategy, confidence="default", seed=seed + 777)
    return Past(tuple((memory_mb, tuple(one.duration_ms for one in calls)) for memory_mb, calls in samples.items()))


def _foreign(workloads: Sequence[Workload], index: int, _strategy: str, seed: int, *, alike: bool = False) -> Past:
    """Return the history of another workload; alike is one that takes as long on average."""
    generator = np.random.default_rng([seed, index, 9])
    other = halves(workloads[(index + 1 + int(generator.integers(max(1, len(workloads) - 1)))) % len(workloads)])[0]
    own = halves(workloads[index])[0]
    shift = np.log(own.mean_duration_ms()).mean() - np.log(other.mean_duration_ms()).mean()
    return _past(other, np.full(len(other.memories_mb), np.exp(shift) if alike else 1.0))


def _alike(workloads: Sequence[Workload], index: int, strategy: str, seed: int) -> Past:
    return _foreign(workloads, index, strategy, seed, alike=True)


def _blended(
    generator: np.random.Generator, _memories: NDArray[np.float64], means: NDArray[np.float64]
) -> NDArray[np.float64]:
    share = generator.uniform(0.2, 0.7)
    return np.asarray(share + (1 - share) * means[len(means) // 2] / means)


def _turned(
    generator: np.random.Generator, memories: NDArray[np.float64], _means: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray((memories / 512) ** (generator.choice([-1, 1]) * generator.uniform(0.15, 0.6)))


History = Callable[[Sequence[Workload], int, str, int], Past]
KINDS: Mapping[str, History] = {
    "same": _changed(lambda _generator, memories, _means: np.ones(len(memories))),
    "same, as a run left it": _run,
    "scaled by 0.5 to 2": _changed(
        lambda generator, memories, _means: np.full(len(memories), np.exp(generator.uniform(np.log(0.5), np.log(2))))
    ),
    "turned: another power of memory": _changed(_turned),
    "turned: more or less waiting": _changed(_blended),
    "turned: mirrored": _changed(lambda _generator, _memories, means: means[::-1] / means),
    "foreign": _foreign,
    "foreign, but as long": _alike,
}
