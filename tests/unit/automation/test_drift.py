"""Drift: a change is found, noise is not."""

import math
import random
from dataclasses import replace
from typing import Any

import pytest

from power_tuner.automation.drift import Baseline, Level, compare, level_of, replaced
from power_tuner.tuning.target import FunctionSnapshot

CHECKS = 100


def noisy(chance: random.Random, count: int, typical_ms: float) -> list[float]:
    """Return durations with a spread of 20 %, and one call in twenty that takes three times as long."""
    return [typical_ms * math.exp(chance.gauss(0, 0.2)) * (3 if chance.random() < 0.05 else 1) for _ in range(count)]


def found(slower: float, seed: int, *, before: int = 30, now: int = 50) -> int:
    """Count in how many of 100 checks drift is found."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    drifted = 0
    for _ in range(CHECKS):
        baseline, present = level_of(noisy(chance, before, 80)), level_of(noisy(chance, now, 80 * slower))
        assert baseline
        assert present
        drifted += compare(baseline, present, 0.15).drifted
    return drifted


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_no_drift(seed: int) -> None:
    """An unchanged noisy function raises an alarm in at most 5 of 100 checks."""
    assert found(1.0, seed) <= 5


@pytest.mark.parametrize("seed", range(5))
def test_slower_is_drift(seed: int) -> None:
    """A function that became 30 % slower is found in at least 95 of 100 checks."""
    assert found(1.3, seed) >= 95


def test_faster_is_drift_too() -> None:
    """What needs less time may need less memory."""
    assert found(1 / 1.3, 7) >= 95


def test_what_does_not_matter_is_no_drift() -> None:
    """5 % are significant with enough samples, and below the threshold."""
    before, now = level_of([80, 81, 79] * 200), level_of([84, 85, 83] * 200)
    assert before
    assert now

    change = compare(before, now, 0.15)

    assert change.low > 0
    assert not change.drifted


def test_few_samples_are_not_enough() -> None:
    """Seven durations have no spread to speak of."""
    assert (None, 8) == (level_of([80.0] * 7), (level_of([80.0] * 8) or Level(0, 0, 0, 0)).samples)


def test_a_change_has_its_interval() -> None:
    """The share, and where it may lie."""
    before, now = level_of([100.0, 102.0] * 10), level_of([130.0, 132.0] * 10)
    assert before
    assert now

    change = compare(before, now, 0.15)

    assert change.low < change.change < change.high
    assert pytest.approx(0.297, abs=0.005) == change.change


def test_durations_that_do_not_vary_are_compared() -> None:
    """No spread, no division by it."""
    before, now = level_of([100.0] * 10), level_of([100.0] * 10)
    assert before
    assert now

    assert (0.0, False) == (compare(before, now, 0.15).change, compare(before, now, 0.15).drifted)


BASELINE = Baseline("run-1", "measure", "code-1", 1024, "python3.13", "arm64", 30, level_of([80.0, 90.0] * 5))


def configuration(**changes: Any) -> FunctionSnapshot:
    return FunctionSnapshot.from_configuration(
        {
            "FunctionArn": "arn",
            "Version": "$LATEST",
            "Runtime": "python3.13",
            "CodeSha256": "code-1",
            "Timeout": 30,
            "MemorySize": 1024,
            "Architectures": ["arm64"],
            "RevisionId": "1",
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"Runtime": "python3.14"}, "its runtime was python3.13 and is python3.14"),
        ({"Architectures": ["x86_64"]}, "its architecture was arm64 and is x86_64"),
        ({"Timeout": 60}, "its timeout was 30 s and is 60 s"),
        ({"CodeSha256": "code-2"}, "its code was code-1 and is code-2"),
        ({"MemorySize": 512}, "its memory was 1024 MB and is 512 MB"),
    ],
)
def test_another_configuration_is_told(changes: dict[str, Any], reason: str | None) -> None:
    """A changed runtime, architecture or timeout counts as drift."""
    assert reason == replaced(BASELINE, configuration(**changes))


@pytest.mark.parametrize("baseline", [BASELINE, replace(BASELINE, level=None)])
def test_a_baseline_survives_its_json(baseline: Baseline) -> None:
    """As the table keeps it."""
    assert baseline == Baseline.from_dict(baseline.to_dict())
