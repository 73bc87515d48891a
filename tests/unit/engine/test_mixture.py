"""Cost, duration and limits of warm and cold calls together."""

import math
import random
from statistics import fmean

import pytest

from power_tuner.engine.mixture import believe_cold, mixed, mixed_quantile
from power_tuner.engine.priors import COLD_SPREAD
from power_tuner.engine.question import ColdStarts, Decision, Measured, Overhead
from power_tuner.tuning.strategies import Slo
from unit.engine.simulated_function import SimulatedFunction, question, tune, waiting

SIZES_MB = (128, 512, 2048)


def cold(duration_ms: float) -> Measured:
    return Measured(duration_ms, duration_ms, cold=True)


def slow_start(memory_mb: int) -> float:
    """Initialize in 4 s at 128 MB, in inverse proportion to memory."""
    return 4000 * 128 / memory_mb


def decided(share: float, strategy: str = "cost") -> Decision:
    """Decide for a function that waits 400 ms, however much memory it has, and starts slowly."""
    asked = question(strategy, overhead=Overhead(lost_calls=1), cold_starts=ColdStarts(share))
    return tune(asked, SimulatedFunction(waiting, noise=0.02, init=slow_start)).decision


def test_without_a_cold_call_nothing_is_believed() -> None:
    """No cold call, no belief."""
    assert believe_cold(SIZES_MB, [[], [], []], seed=0) is None


def test_one_cold_call_speaks_of_all_sizes() -> None:
    """About as long elsewhere, less where there is more memory, and less certain."""
    found = believe_cold(SIZES_MB, [[cold(1000)], [], []], seed=0)

    assert found
    small, middle, large = (sorted(column) for column in found.total_ms)
    half = len(small) // 2
    assert small[half] == pytest.approx(1000, rel=0.05)
    assert 1000 > middle[half] > large[half] > 250
    assert large[-10] / large[10] > 2 * small[-10] / small[10]


def test_cold_calls_of_several_sizes_show_the_slope() -> None:
    """What is between them follows."""
    found = believe_cold(SIZES_MB, [[cold(1600)] * 3, [], [cold(400)] * 3], seed=0)

    assert found
    assert fmean(found.total_ms[1]) == pytest.approx(800, rel=0.15)


def test_the_bill_of_a_restore_is_less_than_what_a_caller_waits() -> None:
    """Most of a restore is not billed."""
    found = believe_cold(SIZES_MB, [[Measured(500, 150, cold=True)], [], []], seed=0)

    assert found
    assert found.billed_share == pytest.approx(0.3)


def test_the_mean_is_that_of_all_calls() -> None:
    """A quarter of 1,000 ms and three quarters of 100."""
    assert mixed(0.25, [[100.0]], [[1000.0]]) == [[325.0]]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.06, 0.3, 1.0])
@pytest.mark.parametrize("rank", [0.5, 0.95, 0.99])
def test_a_quantile_is_that_of_all_calls(share: float, rank: float) -> None:
    """As many of 200,000 calls are faster as its rank says."""
    chance = random.Random(7)  # noqa: S311 - a test's noise
    logs = [
        chance.gauss(math.log(8), COLD_SPREAD) if chance.random() < share else chance.gauss(0, 0.1)
        for _ in range(200_000)
    ]
    found = mixed_quantile(rank, share, 0.1, math.log(8))

    assert sum(log < found for log in logs) / len(logs) == pytest.approx(rank, abs=0.003)


def test_cold_calls_change_what_is_fastest() -> None:
    """What takes the same however much memory it has, takes longer with less of it where calls are cold."""
    assert decided(0.0).memory_mb == 128
    assert decided(0.5).memory_mb == 128
    assert decided(0.5, "speed").memory_mb == 3008
    assert decided(0.0, "speed").estimates[0].duration_ms.estimate == pytest.approx(400, rel=0.05)
    assert decided(0.5).estimates[0].duration_ms.estimate == pytest.approx(400 + 2000, rel=0.15)


@pytest.mark.parametrize(("share", "chosen_mb"), [(0.04, 128), (0.06, 512)])
def test_a_p95_with_six_percent_cold_calls_is_a_cold_call(share: float, chosen_mb: int) -> None:
    """A limit of 1.7 s that the warm calls keep everywhere is kept by the cold ones from 512 MB on."""
    asked = question(
        overhead=Overhead(lost_calls=1),
        cold_starts=ColdStarts(share),
        objective=Slo(max_duration_ms=1700, statistic="p95"),
    )
    decision = tune(asked, SimulatedFunction(waiting, noise=0.02, init=slow_start)).decision

    assert decision.memory_mb == chosen_mb
    assert decision.meets_slo is not None
    assert decision.meets_slo > 0.9


def test_a_restore_is_paid_for() -> None:
    """What restoring costs beside its time counts where calls are cold."""
    free = decided(0.5)
    dear = question(overhead=Overhead(lost_calls=1), cold_starts=ColdStarts(0.5, dict.fromkeys((128,), 1.0)))
    paid = tune(dear, SimulatedFunction(waiting, noise=0.02, init=slow_start)).decision

    assert free.memory_mb == 128
    assert paid.memory_mb != 128
