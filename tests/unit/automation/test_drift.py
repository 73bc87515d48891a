"""Drift: a change is found, noise is not."""

import math
import random
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import convert, to_builtins
from msgspec.structs import replace

from power_tuner.automation.drift import Baseline, Level, compare, level_of, replaced
from power_tuner.tuning.target import FunctionSnapshot

# The quantile 0.975 of Student's t by degrees of freedom: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
T_TABLE = {
    5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201, 12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131,
    20: 2.086, 25: 2.060, 30: 2.042, 40: 2.021, 60: 2.000, 80: 1.990, 100: 1.984,
}  # fmt: skip


def noisy(chance: random.Random, count: int, typical_ms: float, spread: float) -> list[float]:
    """Return durations with a spread, and one call in twenty that takes three times as long."""
    return [typical_ms * math.exp(chance.gauss(0, spread)) * (3 if chance.random() < 0.05 else 1) for _ in range(count)]


def level(durations_ms: Sequence[float]) -> Level:
    """Return the level of enough durations."""
    found = level_of(durations_ms)
    assert found
    return found


def found(slower: float, seed: int, *, checks: int = 100, spread: float = 0.2) -> int:
    """Count in how many checks drift is found, of 30 durations against 50."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    return sum(
        compare(level(noisy(chance, 30, 80, spread)), level(noisy(chance, 50, 80 * slower, spread)), 0.15).drifted
        for _ in range(checks)
    )


def known(error_log: float, freedom: int, mean_log: float = 0.0) -> Level:
    return Level(freedom + 1, mean_log, error_log, freedom)


def quantile(before: Level, now: Level) -> float:
    """Return how many standard errors the interval reaches to each side."""
    change = compare(before, now, 0.15)
    return (math.log1p(change.high) - math.log1p(change.low)) / 2 / math.hypot(before.error_log, now.error_log)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_no_drift(seed: int) -> None:
    """An unchanged noisy function raises an alarm in at most 5 of 100 checks."""
    assert found(1.0, seed) <= 5


@pytest.mark.parametrize("seed", range(5))
def test_slower_is_drift(seed: int) -> None:
    """A function that became 30 % slower is found in at least 95 of 100 checks."""
    assert found(1.3, seed) >= 95


@pytest.mark.parametrize(("spread", "seed"), [(0.5, 11), (0.6, 12), (0.7, 13), (0.8, 14)])
def test_much_noise_is_no_drift(spread: float, seed: int) -> None:
    """Where chance alone exceeds the threshold, significance holds the false alarms at one in twenty (3 sigma: 8 %)."""
    assert found(1.0, seed, checks=400, spread=spread) <= 32


def test_faster_is_drift_too() -> None:
    """What needs less time may need less memory."""
    assert found(1 / 1.3, 7) >= 95


def test_what_does_not_matter_is_no_drift() -> None:
    """5 % are significant with enough samples, and below the threshold."""
    change = compare(level([80, 81, 79] * 200), level([84, 85, 83] * 200), 0.15)

    assert change.low > 0
    assert not change.drifted


def test_few_samples_are_not_enough() -> None:
    """Seven durations have no spread to speak of, eight have."""
    assert level_of([80.0] * 7) is None
    assert 8 == level([80.0] * 8).samples


def test_a_level_is_yuens() -> None:
    """Ten logarithms, worked by hand: the mean of six, the winsorized squares 40.1 over 6 * 5, 5 degrees of freedom."""
    found = level([math.exp(log) for log in (20, 4, 1, 5, 2, 3, 9, 8, 6, 5)])

    assert (10, 5) == (found.samples, found.freedom)
    assert pytest.approx(31 / 6, rel=1e-12) == found.mean_log
    assert pytest.approx(math.sqrt(40.1 / 30), rel=1e-12) == found.error_log
    assert pytest.approx(math.exp(31 / 6), rel=1e-12) == found.typical_ms


@pytest.mark.parametrize(("samples", "freedom"), [(8, 5), (9, 6), (10, 5), (50, 29), (54, 33), (55, 32)])
def test_a_fifth_is_cut_at_each_end(samples: int, freedom: int) -> None:
    """Rounded down; what is left has one degree of freedom less."""
    assert freedom == level([80.0 + number for number in range(samples)]).freedom


def test_no_duration_has_a_logarithm_too() -> None:
    """What takes no time at all counts as a thousandth of a millisecond; half a millisecond counts as that."""
    assert pytest.approx(0.001, rel=1e-12) == level([0.0] * 8).typical_ms
    assert pytest.approx(0.5, rel=1e-12) == level([0.5] * 8).typical_ms


def test_a_change_has_its_interval() -> None:
    """The share, and where it may lie."""
    change = compare(level([100.0, 102.0] * 10), level([130.0, 132.0] * 10), 0.15)

    assert change.low < change.change < change.high
    assert pytest.approx(0.297, abs=0.005) == change.change


@pytest.mark.parametrize(("freedom", "expected"), T_TABLE.items())
def test_the_interval_reaches_as_far_as_students_t(freedom: int, expected: float) -> None:
    """The published table is met within 0.0035 at 5 degrees of freedom, and within its rounding from 8 on."""
    tolerance = 0.0006 if freedom >= 8 else 0.0035

    assert pytest.approx(expected, abs=tolerance) == quantile(known(0.3, freedom), known(0.0, 50))


def chance_within(t: float, freedom: int) -> float:
    """Return the probability of -t to t under Student's t (Abramowitz and Stegun 26.7.4, even degrees of freedom)."""
    cos_squared = freedom / (freedom + t * t)
    terms = [1.0]
    for k in range(2, freedom, 2):
        terms.append(terms[-1] * cos_squared * (k - 1) / k)
    return math.sqrt(1 - cos_squared) * math.fsum(terms)


@pytest.mark.parametrize("freedom", [6, 10, 20, 50, 100, 1000])
def test_the_quantile_is_good_to_the_fourth_order(freedom: int) -> None:
    """Three terms of the expansion are exact: what is missing shrinks with the fourth power of the freedom."""
    missing = 0.95 - chance_within(quantile(known(1.0, freedom), known(0.0, 50)), freedom)

    assert 0 < missing * freedom**4 < 0.2


@pytest.mark.parametrize(
    ("variances", "freedoms", "expected"), [((2, 1), (8, 4), 12), ((1, 2), (8, 4), 8), ((2, 1), (8, 10), 15)]
)
def test_two_errors_have_welchs_freedom(variances: tuple[int, int], freedoms: tuple[int, int], expected: int) -> None:
    """Worked by hand: 3 * 3 over (2 * 2 / 8 + 1 * 1 / 4) are 12 degrees of freedom."""
    before, now = (known(math.sqrt(each), freedom) for each, freedom in zip(variances, freedoms, strict=True))

    assert pytest.approx(T_TABLE[expected], abs=0.0006) == quantile(before, now)


def test_a_published_example_of_welchs_test() -> None:
    """Two samples of cars' mileage: T = -12.94627 at 136.8750 degrees of freedom.

    NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.3: 249 with mean 20.14458 and standard deviation 6.41470, 79
    with 30.48101 and 6.10771. The quantile at 136.875 lies between those of 120 (1.97993) and 140 (1.97705).
    """
    before = known(6.41470 / math.sqrt(249), 248, mean_log=20.14458)
    now = known(6.10771 / math.sqrt(79), 78, mean_log=30.48101)
    change = compare(before, now, 0.15)
    error = (math.log1p(change.high) - math.log1p(change.change)) / 1.977447

    assert pytest.approx(12.94627, abs=5e-4) == math.log1p(change.change) / error


def test_the_interval_is_around_the_change() -> None:
    """On the scale of logarithms it reaches as far down as up."""
    change = compare(known(0.1, 12, 4.3), known(0.2, 9, 4.6), 0.15)

    assert pytest.approx(0.3) == math.log1p(change.change)
    assert pytest.approx(0.6) == math.log1p(change.low) + math.log1p(change.high)


@pytest.mark.parametrize(("factor", "drifted"), [(0.99, False), (1.01, True)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_drift_is_what_exceeds_its_error(sign: int, factor: float, *, drifted: bool) -> None:
    """However far from the threshold, a change within the interval of its error may be chance."""
    assert drifted is compare(known(0.3, 10), known(0.0, 50, sign * factor * 0.3 * 2.228), 0.15).drifted


@pytest.mark.parametrize(("factor", "drifted"), [(0.99, False), (1.0, False), (1.01, True)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_drift_is_what_exceeds_the_threshold(sign: int, factor: float, *, drifted: bool) -> None:
    """However certain, a change of the threshold itself does not matter yet; slower and faster count alike."""
    assert drifted is compare(known(1e-6, 10), known(0.0, 50, sign * factor * math.log1p(0.15)), 0.15).drifted


def test_durations_that_do_not_vary_are_compared() -> None:
    """No spread, no division by it: eight times 80 ms have no rounding error either."""
    steady = level([80.0] * 8)
    same, slower = compare(steady, steady, 0.15), compare(steady, level([96.0] * 8), 0.15)

    assert 0.0 == steady.error_log
    assert (0.0, 0.0, 0.0, False) == (same.change, same.low, same.high, same.drifted)
    assert slower.change == slower.low == slower.high
    assert slower.drifted


BASELINE = Baseline(
    run_id="run-1",
    source="measure",
    code_sha256="code-1",
    memory_mb=1024,
    runtime="python3.13",
    architecture="arm64",
    timeout_s=30,
    level=level_of([80.0, 90.0] * 5),
)


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
    assert baseline == convert(to_builtins(baseline), Baseline)
