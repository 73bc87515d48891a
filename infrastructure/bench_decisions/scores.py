"""Scores: what engines reached, per (workload, strategy) pair and over groups of pairs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench_decisions.classic import sweep, sweep_cost_usd
from bench_decisions.episodes import Episode
from bench_decisions.workloads import Workload, regrets

TOLERANCE = 0.02
WIDE_TOLERANCE = 0.05
SWEEPS = (5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Pair:
    """One workload under one strategy."""

    workload: str
    source: str
    strategy: str
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Played:
    """All episodes of one engine on one pair; costs are shares of the sweep with num=10."""

    pair: Pair
    engine: str
    regret: NDArray[np.float64]
    cost: NDArray[np.float64]
    calls: float
    memories_tried: float
    rounds: float
    confidence: NDArray[np.float64] | None = None
    covered: float | None = None

    @property
    def within(self) -> float:
        """Return the share of the episodes that ended within the tolerance."""
        return float((self.regret <= TOLERANCE).mean())

    @property
    def gap(self) -> float | None:
        """Return stated confidence less the share within the tolerance; a sweep states none."""
        return None if self.confidence is None else float(self.confidence.mean()) - self.within


@dataclass(frozen=True, slots=True)
class Score:
    """One engine over a group of pairs; every pair counts alike.

    `gap_error` is the standard error, over the pairs, of stated confidence less the share within the tolerance.
    """

    engine: str
    pairs: int
    mean_regret: float
    p95_regret: float
    within: float
    within_wide: float
    mean_cost: float
    geometric_cost: float
    calls: float
    memories_tried: float
    rounds: float
    worst_pair_regret: float
    mean_confidence: float | None
    gap_error: float | None
    covered: float | None


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """Decisions given with a confidence in a band, and how many of them were within the tolerance."""

    low: float
    high: float
    decisions: int
    stated: float
    reached: float


def play_sweeps(workload: Workload, pair: Pair, *, episodes: int, seed: int) -> list[Played]:
    """Return what the classic sweep reaches with every num."""
    missed = regrets(workload, pair.strategy)
    played = []
    for num in SWEEPS:
        choices, spent = sweep(workload, pair.strategy, num=num, episodes=episodes, seed=seed)
        played.append(
            Played(
                pair=pair,
                engine=f"sweep {num}",
                regret=missed[choices],
                cost=spent / sweep_cost_usd(workload, 10),
                calls=float(num * len(workload.memories_mb)),
                memories_tried=float(len(workload.memories_mb)),
                rounds=1.0,
            )
        )
    return played


def of_episodes(workload: Workload, pair: Pair, engine: str, episodes: Sequence[Episode]) -> Played:
    """Return what an engine did on a pair."""
    missed = regrets(workload, pair.strategy)
    return Played(
        pair=pair,
        engine=engine,
        regret=missed[[episode.choice for episode in episodes]],
        cost=np.array([episode.spent_usd for episode in episodes]) / sweep_cost_usd(workload, 10),
        calls=_mean(episode.calls for episode in episodes),
        memories_tried=_mean(episode.memories_tried for episode in episodes),
        rounds=_mean(episode.rounds for episode in episodes),
        confidence=np.array([episode.confidence for episode in episodes]),
        covered=_mean(bool(episode.cost_covered) for episode in episodes),
    )


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def score(played: Sequence[Played]) -> Score:
    """Return the score of one engine over a group of pairs.

    The geometric mean of the cost is taken over the pairs' mean costs.
    """
    regret = np.array([one.regret.mean() for one in played])
    cost = np.array([one.cost.mean() for one in played])
    confidences = [one.confidence.mean() for one in played if one.confidence is not None]
    gaps = [one.gap for one in played if one.gap is not None]
    covered = [one.covered for one in played if one.covered is not None]
    return Score(
        engine=played[0].engine,
        pairs=len(played),
        mean_regret=float(regret.mean()),
        p95_regret=_mean(float(np.quantile(one.regret, 0.95)) for one in played),
        within=_mean(one.within for one in played),
        within_wide=_mean(float((one.regret <= WIDE_TOLERANCE).mean()) for one in played),
        mean_cost=float(cost.mean()),
        geometric_cost=float(np.exp(np.log(cost).mean())),
        calls=_mean(one.calls for one in played),
        memories_tried=_mean(one.memories_tried for one in played),
        rounds=_mean(one.rounds for one in played),
        worst_pair_regret=float(regret.max()),
        mean_confidence=float(np.mean(confidences)) if confidences else None,
        gap_error=standard_error(np.array(gaps)) if gaps else None,
        covered=float(np.mean(covered)) if covered else None,
    )


def standard_error(per_pair: NDArray[np.float64]) -> float | None:
    """Return by how much the mean would vary between choices of pairs; None for a single pair, which cannot tell."""
    if len(per_pair) == 1:
        return None
    return float(per_pair.std(ddof=1) / np.sqrt(len(per_pair)))


def calibration(played: Sequence[Played]) -> list[CalibrationRow]:
    """Return stated confidence beside the share that really is within the tolerance, by bands."""
    stated = np.concatenate([one.confidence for one in played if one.confidence is not None])
    reached = np.concatenate([one.regret <= TOLERANCE for one in played if one.confidence is not None])
    rows = []
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01)):
        inside = (stated >= low) & (stated < high)
        if inside.any():
            rows.append(
                CalibrationRow(
                    low, high, int(inside.sum()), float(stated[inside].mean()), float(reached[inside].mean())
                )
            )
    return rows
