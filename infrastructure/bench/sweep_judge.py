"""Judge an answer of the smart mode by the averages of a long sweep of the same function."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TOLERANCE = 0.02
SHARE_OF_INVOCATIONS = 0.2
# Of a normal distribution, the quartiles lie this many standard deviations apart.
_QUARTILES_APART = 1.349
_TWO_SIDED_95 = 1.96


@dataclass(frozen=True, slots=True)
class Judgement:
    """How an answer compares with that of the sweep.

    Attributes:
        regret: By how much the choice is worse than the sweep's, by the sweep's own averages and for the strategy of
            both; infinite where the sweep found that the choice does not work.
        allowed: The tolerance of 2 %, and what the averages of both values may be off by chance.
    """

    memory_mb: int
    sweep_choice_mb: int
    regret: float
    allowed: float
    invocations: int
    sweep_invocations: int

    @property
    def as_good(self) -> bool:
        """Tell whether the answer is the same or no worse."""
        return self.regret <= self.allowed

    @property
    def cheap(self) -> bool:
        """Tell whether it took at most a fifth of the invocations."""
        return self.invocations <= SHARE_OF_INVOCATIONS * self.sweep_invocations


def judge(sweep: Mapping[str, Any], smart: Mapping[str, Any], *, sweep_invocations: int | None = None) -> Judgement:
    """Judge a result of the smart mode.

    The noise counted is that between calls (from the quartiles, because the averages are trimmed), at 95 % for the
    difference of two averages. That sandboxes of the same size differ is not counted, which is to the answer's harm.

    Args:
        sweep: a classic result of the same function, strategy and power values.
        smart: what is judged.
        sweep_invocations: what the answer's invocations are held against, else those of the sweep.
    """
    branches = {branch["powerValue"]: branch for branch in sweep["branches"] if branch["outcome"] == "ok"}
    choice, best = smart["decision"]["power"], sweep["decision"]["power"]
    regret, allowed = math.inf, TOLERANCE
    if choice in branches:
        score = _scores(sweep)
        regret = score[choice] / score[best] - 1
        errors = (_standard_error(branches[choice]), _standard_error(branches[best]))
        allowed = TOLERANCE + (_TWO_SIDED_95 * math.hypot(*errors) if choice != best else 0.0)
    return Judgement(
        choice, best, regret, allowed, smart["spent"]["invocations"], sweep_invocations or sweep["spent"]["invocations"]
    )


def _scores(sweep: Mapping[str, Any]) -> dict[int, float]:
    """Value each power value as the sweep's strategy does; smaller is better."""
    measured = [branch for branch in sweep["branches"] if branch["outcome"] == "ok"]
    weight = {"cost": 1.0, "speed": 0.0, "balanced": sweep["input"]["balancedWeight"]}[sweep["input"]["strategy"]]
    dearest = max(branch["averageCostUsd"] for branch in measured)
    slowest = max(branch["averageDurationMs"] for branch in measured)
    return {
        branch["powerValue"]: weight * branch["averageCostUsd"] / dearest
        + (1 - weight) * branch["averageDurationMs"] / slowest
        for branch in measured
    }


def _standard_error(branch: Mapping[str, Any]) -> float:
    """Estimate by which share the average of a branch is off."""
    spread = branch["durationMs"]
    deviation_ms = (spread["p75"] - spread["p25"]) / _QUARTILES_APART
    return float(deviation_ms / math.sqrt(branch["samples"]) / branch["averageDurationMs"])
