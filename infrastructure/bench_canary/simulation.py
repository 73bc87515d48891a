"""Canaries on the durations of measured workloads, judged as the stack judges them."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from power_tuner.automation.canary import Evidence, Seen, Stage, judge
from power_tuner.automation.sequential_test import Errors
from power_tuner.tuning.canary_settings import CanarySettings

CALLS_PER_LOOK = 200
LOOKS_PER_STAGE = 5
MOST_CALLS = 100_000
_SANDBOX_CALLS = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """What is true of a new version.

    Attributes:
        slower: how much longer its calls take, as a share.
        error_share: the share of failed calls of both versions.
        more_errors: how many points more of its calls fail.
        sandbox_spread: how much sandboxes of one version differ, as the spread of the logarithm.
    """

    slower: float = 0.0
    error_share: float = 0.001
    more_errors: float = 0.0
    sandbox_spread: float = 0.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How one canary ended.

    Attributes:
        how: ``promoted``, ``back``, or ``open`` after as many calls as are played at most.
        calls: of the alias until then.
        tried: those of the new version among them.
    """

    how: Literal["promoted", "back", "open"]
    calls: int
    tried: int


def play(pool_ms: NDArray[np.float64], true: Difference, settings: CanarySettings, seed: int) -> Ended:
    """Play one canary; both versions draw their durations from what was measured."""
    generator = np.random.default_rng(seed)
    same = replace(true, slower=0.0, more_errors=0.0)
    look_s = settings.pace_s / LOOKS_PER_STAGE
    evidence = Evidence()
    stage = Stage(0, 0, 0.0)
    for calls in range(CALLS_PER_LOOK, MOST_CALLS + 1, CALLS_PER_LOOK):
        tried = int(generator.binomial(CALLS_PER_LOOK, settings.weights[stage.number]))
        evidence = Evidence(
            _see(evidence.trusted, pool_ms, CALLS_PER_LOOK - tried, same, generator),
            _see(evidence.tried, pool_ms, tried, true, generator),
        )
        stage = Stage(stage.number, stage.calls + tried, stage.lasted_s + look_s)
        verdict = judge(evidence, settings, 0.0)
        if verdict.found == "worse":
            return Ended("back", calls, evidence.tried.errors.calls)
        if stage.is_over(settings):
            if not stage.is_last(settings):
                stage = Stage(stage.number + 1, 0, 0.0)
            elif verdict.found == "proven":
                return Ended("promoted", calls, evidence.tried.errors.calls)
    return Ended("open", MOST_CALLS, evidence.tried.errors.calls)


def _see(
    before: Seen, pool_ms: NDArray[np.float64], calls: int, true: Difference, generator: np.random.Generator
) -> Seen:
    failed = int(generator.binomial(calls, true.error_share + true.more_errors))
    count = calls - failed
    durations_ms = generator.choice(pool_ms, count) * (1 + true.slower)
    if true.sandbox_spread:
        sandboxes = -(-count // _SANDBOX_CALLS)
        effects = np.exp(generator.normal(0, true.sandbox_spread, sandboxes))
        durations_ms *= np.repeat(effects, _SANDBOX_CALLS)[:count]
    return Seen(
        before.durations.plus(durations_ms.tolist()),
        Errors(before.errors.calls + calls, before.errors.failed + failed),
    )
