"""Judge an answer of the smart mode by the averages of a long sweep of the same function."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import convert

from power_tuner.engine.objective import Draws
from power_tuner.tuning.analysis import measured_of
from power_tuner.tuning.run_input import FIELDS
from power_tuner.tuning.strategies import strategy_named

if TYPE_CHECKING:
    from power_tuner.tuning.result import MeasuredBranch, Result

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
        """Return whether the answer is the same or no worse."""
        return self.regret <= self.allowed

    @property
    def cheap(self) -> bool:
        """Return whether it took at most a fifth of the invocations."""
        return self.invocations <= SHARE_OF_INVOCATIONS * self.sweep_invocations


def judge(sweep: Result, smart: Result, *, sweep_invocations: int | None = None) -> Judgement:
    """Judge a result of the smart mode.

    The noise counted is that between calls (from the quartiles, because the averages are trimmed), at 95 % for the
    difference of two averages. That sandboxes of the same size differ is not counted, which is to the answer's harm.

    Args:
        sweep: a classic result of the same function, strategy and memory sizes.
        smart: what is judged.
        sweep_invocations: what the answer's invocations are held against, else those of the sweep.

    Raises:
        ValueError: one of them decided nothing.
    """
    if sweep.decision is None or smart.decision is None:
        raise ValueError("a dry run decides nothing: give two runs with a decision")
    branches = {branch.memory_mb: branch for branch in measured_of(sweep.branches)}
    choice, best = smart.decision.memory_mb, sweep.decision.memory_mb
    regret, allowed = math.inf, TOLERANCE
    if choice in branches:
        values = _log_values(sweep)
        regret = math.expm1(values[choice] - values[best])
        errors = (_standard_error(branches[choice]), _standard_error(branches[best]))
        allowed = TOLERANCE + (_TWO_SIDED_95 * math.hypot(*errors) if choice != best else 0.0)
    return Judgement(
        choice, best, regret, allowed, smart.spent.invocations, sweep_invocations or sweep.spent.invocations
    )


def _log_values(sweep: Result) -> dict[int, float]:
    """Return the logarithm of each memory size's value by the sweep's own strategy; smaller is better."""
    measured = measured_of(sweep.branches)
    asked = {FIELDS[name].attribute: value for name, value in sweep.run_input.items() if name in FIELDS}
    strategy = strategy_named(convert(asked["strategy"], str), asked.get)
    limit = strategy.limit
    draws = Draws(
        [[branch.average_cost_usd] for branch in measured],
        [[branch.average_duration_ms] for branch in measured],
        [[branch.duration_ms.statistic(limit.statistic)] for branch in measured] if limit else (),
    )
    values = strategy.log_values(draws)
    return {branch.memory_mb: value for branch, (value,) in zip(measured, values, strict=True)}


def _standard_error(branch: MeasuredBranch) -> float:
    """Estimate by which share the average of a branch is off."""
    deviation_ms = (branch.duration_ms.p75 - branch.duration_ms.p25) / _QUARTILES_APART
    return deviation_ms / math.sqrt(branch.samples) / branch.average_duration_ms
