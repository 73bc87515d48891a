"""The bars that the engine is held against, each with what was reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench_decisions.scores import Score


@dataclass(frozen=True, slots=True)
class Bar:
    """One demand and its outcome."""

    name: str
    reached: float
    demanded: float
    at_most: bool
    percent: bool = True

    @property
    def met(self) -> bool:
        """Say whether the demand is met."""
        return self.reached <= self.demanded if self.at_most else self.reached >= self.demanded


def bars(overall: Mapping[str, Score], groups: Mapping[str, Sequence[Score]]) -> list[Bar]:
    """Hold the engines played against what is demanded of them.

    Args:
        overall: Each engine's score over all certain pairs.
        groups: Each engine's scores per strategy and per source.
    """
    found: list[Bar] = []
    if "default" in overall:
        ours, sweep = overall["default"], overall["sweep 10"]
        found += [
            Bar("default: mean cost (S10)", ours.mean_cost, 0.15, at_most=True, percent=False),
            Bar("default: geometric cost (S10)", ours.geometric_cost, 0.06, at_most=True, percent=False),
            Bar("default: mean regret, as sweep 10", ours.mean_regret, sweep.mean_regret, at_most=True),
            Bar("default: within 2 %, as sweep 10", ours.within, sweep.within, at_most=False),
            Bar("default: worst pair's mean regret", ours.worst_pair_regret, 0.05, at_most=True),
        ]
    if "highest" in overall:
        ours, sweep = overall["highest"], overall["sweep 50"]
        found += [
            Bar("highest: mean cost (S10)", ours.mean_cost, 1.0, at_most=True, percent=False),
            Bar("highest: mean regret, as sweep 50", ours.mean_regret, sweep.mean_regret, at_most=True),
            Bar("highest: within 2 %, as sweep 50", ours.within, sweep.within, at_most=False),
        ]
    for engine in overall:
        calibrated = [one for one in groups.get(engine, ()) if one.mean_confidence is not None]
        if calibrated:
            gap = max(abs((one.mean_confidence or 0.0) - one.within) for one in calibrated)
            found.append(Bar(f"{engine}: largest gap of stated confidence", gap, 0.03, at_most=True))
            covered = overall[engine].covered or 0.0
            found.append(Bar(f"{engine}: cost interval holds the truth", covered, 0.93, at_most=False))
    return found
