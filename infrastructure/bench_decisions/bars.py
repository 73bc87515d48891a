"""The bars that the engine is held against, each with what was reached and how far luck may have moved it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench_decisions.scores import Played, score, standard_error


@dataclass(frozen=True, slots=True)
class Bar:
    """One demand and its outcome.

    `error` is the standard error of the distance to the bar over the pairs played: another folder of as many pairs
    would move it by about so much.
    """

    name: str
    reached: float
    demanded: float
    at_most: bool
    percent: bool = True
    error: float | None = None

    @property
    def met(self) -> bool:
        """Return whether the demand is met."""
        return self.reached <= self.demanded if self.at_most else self.reached >= self.demanded

    @property
    def within_error(self) -> bool:
        """Return whether what is missing, if anything, is no more than luck may have moved it by."""
        missing = self.reached - self.demanded if self.at_most else self.demanded - self.reached
        return missing <= (self.error or 0.0)


def bars(played: Sequence[Played], ours: Sequence[str]) -> list[Bar]:
    """Return what is demanded of the settings of our engine and what they reached, over pairs with a certain best.

    The interval of the cost has to hold the truth in the runs of all pairs.
    """
    engines: dict[str, list[Played]] = {}
    for one in played:
        if not one.pair.uncertain:
            engines.setdefault(one.engine, []).append(one)
    found: list[Bar] = []
    if "default" in engines:
        reached = score(engines["default"])
        found += [
            Bar("default: mean cost (S10)", reached.mean_cost, 0.16, at_most=True, percent=False),
            Bar("default: geometric cost (S10)", reached.geometric_cost, 0.08, at_most=True, percent=False),
            *as_good_as(engines, "default", "sweep 10"),
            Bar("default: worst pair's mean regret", reached.worst_pair_regret, 0.05, at_most=True),
        ]
    if "highest" in engines:
        reached = score(engines["highest"])
        found += [
            Bar("highest: mean cost (S10)", reached.mean_cost, 1.0, at_most=True, percent=False),
            *as_good_as(engines, "highest", "sweep 50"),
        ]
    for engine in ours:
        covered = [one.covered for one in played if one.engine == engine and one.covered is not None]
        if engine in engines:
            found.append(_largest_gap(engine, engines[engine]))
        found.append(Bar(f"{engine}: cost interval holds the truth", float(np.mean(covered)), 0.93, at_most=False))
    return found


def hard_bars(played: Sequence[Played], engine: str) -> list[Bar]:
    """Return what is demanded on a hard kind: not worse than a sweep of ten, not dearer, and honest."""
    engines: dict[str, list[Played]] = {}
    for one in played:
        engines.setdefault(one.engine, []).append(one)
    ours, sweep = score(engines[engine]), score(engines["sweep 10"])
    gap = abs(float(np.mean([one.gap for one in engines[engine] if one.gap is not None])))
    return [
        *as_good_as(engines, engine, "sweep 10"),
        Bar(f"{engine}: mean cost (S10)", ours.mean_cost, sweep.mean_cost, at_most=True, percent=False),
        Bar(f"{engine}: gap of stated confidence", gap, 0.05, at_most=True, error=ours.gap_error),
    ]


def as_good_as(engines: Mapping[str, Sequence[Played]], engine: str, sweep: str) -> list[Bar]:
    """Return the bars of regret and of the share within the tolerance: those of a sweep on the same pairs."""

    def bar(name: str, value: Callable[[Played], float], *, at_most: bool) -> Bar:
        pairs = zip(engines[engine], engines[sweep], strict=True)
        one, other = np.array([(value(ours), value(theirs)) for ours, theirs in pairs]).T
        return Bar(
            f"{engine}: {name}, as {sweep}",
            float(one.mean()),
            float(other.mean()),
            at_most=at_most,
            error=standard_error(one - other),
        )

    return [
        bar("mean regret", lambda played: float(played.regret.mean()), at_most=True),
        bar("within 2 %", lambda played: played.within, at_most=False),
    ]


def _largest_gap(engine: str, played: Sequence[Played]) -> Bar:
    """Return the bar for the group whose stated confidence is furthest from the share within the tolerance."""
    groups: dict[str, list[float]] = {}
    for one in played:
        if one.gap is not None:
            groups.setdefault(f"strategy {one.pair.strategy}", []).append(one.gap)
            groups.setdefault(f"source {one.pair.source}", []).append(one.gap)
    name = max(groups, key=lambda group: abs(np.mean(groups[group])))
    gap = abs(float(np.mean(groups[name])))
    error = standard_error(np.array(groups[name]))
    return Bar(f"{engine}: largest gap of stated confidence ({name})", gap, 0.03, at_most=True, error=error)
