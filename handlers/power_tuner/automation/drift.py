"""Drift: whether a function became slower or faster than it was, beyond chance.

The trimmed means of the logarithms of the durations are compared (Yuen's test). A change is therefore relative to the
function's duration, and a few slow calls do not matter. Drift is a change that is significant and beyond the threshold.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from msgspec import Struct

from power_tuner.tuning.target import FunctionSnapshot

TRIM = 0.2
# Fewer do not show the spread.
MIN_SAMPLES = 8
# Two-sided; with the threshold besides, far fewer than one check in twenty raises a false alarm.
CONFIDENCE = 0.95


class Level(Struct, frozen=True):
    """How long a function takes and how certain that is: enough for a comparison, without the durations.

    Attributes:
        samples: how many durations.
        mean_log: the trimmed mean of their logarithms.
        error_log: the standard error of that.
        freedom: degrees of freedom of that error.
    """

    samples: int
    mean_log: float
    error_log: float
    freedom: int

    @property
    def typical_ms(self) -> float:
        """Return the typical duration."""
        return math.exp(self.mean_log)


class Baseline(Struct, frozen=True, kw_only=True):
    """What a target was after its latest run.

    Attributes:
        source: ``read`` from production's logs, or ``measure`` by a run.
        run_id: that run.
    """

    run_id: str
    source: str
    code_sha256: str
    memory_mb: int
    runtime: str
    architecture: str
    timeout_s: int
    level: Level | None


@dataclass(frozen=True, slots=True)
class Change:
    """How a function's duration changed.

    Attributes:
        change: as a share: 0.3 is 30 % slower.
        low: where the confidence interval begins.
        high: where it ends.
        drifted: significant, and beyond the threshold.
    """

    change: float
    low: float
    high: float
    drifted: bool


class DriftCheck(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a drift check found.

    Attributes:
        outcome: ``drifted`` and ``replaced`` start a run, and so does ``never-tuned``.
        run_id: the run that was started.
        reason: what changed.
        baseline_ms: the typical duration then; None, as the other figures, if durations were not compared.
        change: 0.3 is 30 % slower.
        interval: the confidence interval of the change.
        samples: the number of durations.
    """

    target_arn: str
    outcome: Literal["not-enrolled", "busy", "never-tuned", "baseline", "no-data", "unchanged", "drifted", "replaced"]
    run_id: str | None = None
    reason: str | None = None
    baseline_ms: float | None = None
    current_ms: float | None = None
    change: float | None = None
    interval: tuple[float, float] | None = None
    samples: int | None = None


def level_of(durations_ms: Sequence[float]) -> Level | None:
    """Return the level of durations; None if they are too few."""
    logs = sorted(math.log(max(each, 1e-3)) for each in durations_ms)
    count = len(logs)
    if count < MIN_SAMPLES:
        return None
    cut = int(TRIM * count)
    kept = logs[cut : count - cut]
    winsorized = [min(max(each, kept[0]), kept[-1]) for each in logs]
    center = sum(winsorized) / count
    scatter = sum((each - center) ** 2 for each in winsorized)
    held = len(kept)
    return Level(count, sum(kept) / held, math.sqrt(scatter / (held * (held - 1))), held - 1)


def compare(before: Level, now: Level, threshold: float) -> Change:
    """Return the change between two levels.

    Args:
        before: the baseline's.
        now: the present one.
        threshold: the share of change that matters.
    """
    error = math.hypot(before.error_log, now.error_log)
    difference = now.mean_log - before.mean_log
    half = _quantile(_freedom(before, now)) * error if error else 0.0
    low, high = math.expm1(difference - half), math.expm1(difference + half)
    return Change(math.expm1(difference), low, high, drifted=abs(difference) > max(half, math.log1p(threshold)))


def replaced(baseline: Baseline, current: FunctionSnapshot) -> str | None:
    """Return what other than its speed changed about a function, None if nothing did."""
    for what, then, now in (
        ("code", baseline.code_sha256, current.code_sha256),
        ("memory", f"{baseline.memory_mb} MB", f"{current.memory_mb} MB"),
        ("runtime", baseline.runtime, current.runtime),
        ("architecture", baseline.architecture, current.architecture),
        ("timeout", f"{baseline.timeout_s} s", f"{current.timeout_s} s"),
    ):
        if then != now:
            return f"its {what} was {then} and is {now}"
    return None


def _freedom(before: Level, now: Level) -> float:
    """Return Welch's degrees of freedom of the difference; one of the two errors is not 0."""
    a, b = before.error_log**2, now.error_log**2
    return (a + b) ** 2 / (a**2 / before.freedom + b**2 / now.freedom)


def _quantile(freedom: float) -> float:
    """Return the quantile of Student's t, by the Cornish-Fisher expansion: within 1 % from 4 degrees of freedom on."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
