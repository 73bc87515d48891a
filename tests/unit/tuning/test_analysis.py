"""From samples to branches, and from branches to a decision."""

from typing import Any

import pytest

from power_tuner.tuning.analysis import analyze_branch, candidates_of, compare, decide
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.strategies import Candidate
from unit.tuning.few_branches import FAILED, PRICES, branch, plan


def test_a_branch_is_measured() -> None:
    """A cold start's duration has its init, its bill has it already; the rest is trimmed and priced."""
    cold = Sample(10.0, 510, init_ms=500.0, max_memory_used_mb=90)
    warm = [Sample(ms, 11, max_memory_used_mb=80) for ms in (9.0, 10.0, 11.0, 12.0)]

    found = analyze_branch(1024, [cold, *warm], None, plan(), PRICES)

    durations = found.pop("durationMs")
    assert {
        "powerValue": 1024,
        "outcome": "ok",
        "reason": None,
        "invocations": 5,
        "samples": 5,
        "coldSamples": 1,
        "totalCostUsd": 510 + 44 + 2.5,
        "averageDurationMs": 11.0,
        "averageCostUsd": 11.0,
        "maxMemoryUsedMb": 90,
    } == found
    assert (9.0, 11.0, 510.0) == (durations["min"], durations["p50"], durations["max"])


def test_a_restore_is_billed_once() -> None:
    """The billed duration of a SnapStart start has the billed restore already."""
    restored = [Sample(127.1, 154, restore_ms=398.97)] * 5

    found = analyze_branch(1024, restored, None, plan(), PRICES)

    assert (pytest.approx(526.07), 154.0) == (found["averageDurationMs"], found["averageCostUsd"])


def test_a_failed_branch_has_no_averages() -> None:
    """What ended the branch is its outcome; what it cost is kept."""
    outcome = {"outcome": "out-of-memory", "reason": "the function needs more memory than this"}

    assert {
        "powerValue": 1024,
        **outcome,
        "invocations": 2,
        "samples": 1,
        "coldSamples": 0,
        "totalCostUsd": 30.0 + 1.0,
    } == analyze_branch(1024, [Sample(9.0, 10), Sample(19.0, 20, status="out-of-memory")], outcome, plan(), PRICES)


def test_what_fails_is_paid_for_as_far_as_it_is_known() -> None:
    """An invocation without a REPORT costs its request; what it billed nobody knows."""
    outcome = {"outcome": "throttled", "reason": "too many at once"}
    samples = [Sample(7.3, 8), Sample(None, None, status="throttled")]

    assert 8 * 0.5 + 2 * 0.5 == analyze_branch(512, samples, outcome, plan(), PRICES)["totalCostUsd"]


def test_what_bills_nothing_costs_its_request() -> None:
    """A duration below the billing's grain."""
    found = analyze_branch(1024, [Sample(0.3, 0)] * 5, None, plan(), PRICES)

    assert (0.0, 5 * 0.5) == (found["averageCostUsd"], found["totalCostUsd"])


def test_memory_that_no_report_tells_is_not_known() -> None:
    """The averages are none the less."""
    found = analyze_branch(1024, [Sample(7.3, 8)] * 5, None, plan(), PRICES)

    assert (None, 7.3, 8.0) == (found["maxMemoryUsedMb"], found["averageDurationMs"], found["averageCostUsd"])


@pytest.mark.parametrize(
    ("discarded", "duration_ms", "cost_usd"), [(0.0, 41.4, 43.0), (0.2, 14.0, 15.0), (0.4, 13.0, 14.0)]
)
def test_a_branch_is_trimmed_as_asked(discarded: float, duration_ms: float, cost_usd: float) -> None:
    """Durations and bills alike; what was billed is averaged before it is priced."""
    samples = [Sample(ms, int(ms) + 1) for ms in (9.0, 13.0, 12.0, 17.0, 156.0)]

    found = analyze_branch(1024, samples, None, plan(discardTopBottom=discarded), PRICES)

    assert (pytest.approx(duration_ms), pytest.approx(cost_usd)) == (
        found["averageDurationMs"],
        found["averageCostUsd"],
    )


@pytest.mark.parametrize(("missing", "outcome"), [(1, "ok"), (2, "unmeasurable")])
def test_too_few_reports_measure_nothing(missing: int, outcome: str) -> None:
    """Averages need a report of four in five invocations; missing ones never count as 0."""
    samples = [Sample(10.0, 10)] * (5 - missing) + [Sample(None, None, status="unmeasurable")] * missing

    found = analyze_branch(1024, samples, None, plan(), PRICES)

    assert outcome == found["outcome"]
    assert {"ok": 10.0, "unmeasurable": None}[outcome] == found.get("averageDurationMs")


def test_the_reason_counts_the_reports() -> None:
    """An unmeasurable branch says how many invocations told their duration."""
    found = analyze_branch(128, [Sample(None, None, status="unmeasurable")] * 5, None, plan(), PRICES)

    assert "only 0 of 5 invocations have a REPORT that tells their duration" == found["reason"]


def test_the_reason_counts_what_was_lost() -> None:
    """Invocations of which nothing is known were run_input none the less."""
    found = analyze_branch(128, [Sample(7.3, 8)] * 3, None, plan(), PRICES)

    assert "only 3 of 5 invocations have a REPORT that tells their duration" == found["reason"]


def test_the_reason_counts_the_cold_starts() -> None:
    """With onlyColdStarts what was warm measures nothing."""
    samples = [Sample(7.3, 8, init_ms=91.5)] * 3 + [Sample(7.3, 8)] * 2

    found = analyze_branch(128, samples, None, plan(onlyColdStarts=True), PRICES)

    assert ("unmeasurable", 3) == (found["outcome"], found["coldSamples"])
    assert "only 3 of 5 invocations were cold starts" == found["reason"]


@pytest.mark.parametrize("invocations", [3, 0])
def test_the_smart_mode_measures_nothing_without_a_report(invocations: int) -> None:
    """Without num one duration is enough, and none is too few."""
    samples = [Sample(None, None, status="unmeasurable")] * invocations

    found = analyze_branch(128, samples, None, plan(num=None), PRICES)

    assert "unmeasurable" == found["outcome"]
    assert f"only 0 of {invocations} invocations have a REPORT that tells their duration" == found["reason"]
    assert "ok" == analyze_branch(128, [*samples, Sample(7.3, 8)], None, plan(num=None), PRICES)["outcome"]


def test_failed_branches_are_no_candidates() -> None:
    """Only measured branches are chosen from, in the order of power."""

    assert [Candidate(512, 2.0, 3.0), Candidate(1024, 1.0, 4.0)] == candidates_of(
        [branch(1024, 1.0, 4.0), FAILED, branch(512, 2.0, 3.0)]
    )


def test_a_decision_names_its_strategy() -> None:
    """The decision has the numbers of the branch that won."""

    assert {"power": 1024, "costUsd": 4.0, "durationMs": 1.0, "strategy": "speed", "mode": "classic"} == decide(
        [branch(512, 2.0, 3.0), branch(1024, 1.0, 4.0)], plan(strategy="speed")
    )


def test_a_slo_is_met_at_the_lowest_cost() -> None:
    """Of the power values under the limit the cheapest wins; the decision says that it meets it."""
    branches = [slo_branch(128, 90.0, 1.0), slo_branch(512, 40.0, 2.0), slo_branch(1024, 20.0, 3.0)]

    found = decide(branches, plan(strategy="slo", maxDurationMs=50, statistic="p95"))

    assert (512, True) == (found["power"], found["meetsSlo"])


def test_a_slo_that_nothing_meets_is_missed_by_least() -> None:
    """When no power value stays under the limit, the nearest is taken, and the decision says so."""
    branches = [slo_branch(128, 90.0, 1.0), slo_branch(512, 40.0, 2.0)]

    found = decide(branches, plan(strategy="slo", maxDurationMs=30))

    assert (512, False) == (found["power"], found["meetsSlo"])


def slo_branch(memory_mb: int, p95_ms: float, cost_usd: float) -> dict[str, Any]:
    return {**branch(memory_mb, p95_ms / 2, cost_usd), "durationMs": {"p95": p95_ms, "p50": p95_ms / 3}}


@pytest.mark.parametrize(
    ("statistic", "limit_ms", "expected"),
    [("p95", 42, (512, True)), ("p95", 41.9, (1024, True)), ("p50", 30, (256, True)), ("p50", 6.9, (1024, False))],
)
def test_a_slo_is_of_its_statistic(statistic: str, limit_ms: float, expected: tuple[int, bool]) -> None:
    """The limit itself is met; a branch that failed has no statistic, and is not asked for it."""
    branches = [FAILED, slo_branch(256, 90.0, 1.7), slo_branch(512, 42.0, 2.1), slo_branch(1024, 21.0, 3.4)]

    found = decide(branches, plan(strategy="slo", maxDurationMs=limit_ms, statistic=statistic))

    assert expected == (found["power"], found["meetsSlo"])


def test_only_a_slo_is_met_or_missed() -> None:
    """A limit that no strategy asks for decides nothing, and the decision does not speak of it."""
    branches = [slo_branch(128, 90.0, 1.7), slo_branch(512, 42.0, 2.1)]

    found = decide(branches, plan(strategy="cost", maxDurationMs=50))

    assert {"power": 128, "costUsd": 1.7, "durationMs": 45.0, "strategy": "cost", "mode": "classic"} == found


@pytest.mark.parametrize(("weight", "expected"), [(0.9, 128), (0.1, 1024)])
def test_balance_is_weighed_as_asked(weight: float, expected: int) -> None:
    """More weight on cost, or more on time."""
    branches = [branch(128, 9.3, 1.1), branch(1024, 1.7, 2.9)]

    assert expected == decide(branches, plan(strategy="balanced", balancedWeight=weight))["power"]


def test_a_little_more_may_be_paid_for_speed() -> None:
    """With strategy tolerance the fastest wins that costs at most that share more than the cheapest."""
    branches = [branch(128, 9.0, 1.0), branch(512, 3.0, 1.05), branch(1024, 1.0, 1.2)]

    assert 512 == decide(branches, plan(strategy="tolerance", tolerance=0.1))["power"]


def test_the_smart_mode_describes_what_it_kept() -> None:
    """Without num cold starts are counted and paid for, and are in no average."""
    samples = [Sample(10.0, 510, init_ms=500.0), Sample(10.0, 10), Sample(12.0, 12)]

    found = analyze_branch(1024, samples, None, plan(num=None), PRICES)

    assert (3, 2, 0, 11.0) == (
        found["invocations"],
        found["samples"],
        found["coldSamples"],
        found["averageDurationMs"],
    )
    assert 532 + 1.5 == found["totalCostUsd"]


def test_a_decision_is_related_to_now() -> None:
    """Changes are relative to the branch of the current memory: less of one, more of the other."""
    branches = [branch(512, 3.5, 3.0), branch(1024, 2.0, 4.0), branch(2048, 1.5, 7.0)]

    assert {"currentPower": 1024, "costChange": -0.25, "durationChange": 0.75} == compare(
        branches, {"costUsd": 3.0, "durationMs": 3.5}, 1024
    )


@pytest.mark.parametrize("current_memory_mb", [128, 2048])
def test_without_a_measurement_of_now_nothing_is_compared(current_memory_mb: int) -> None:
    """A current memory that failed, or was not asked for, has no numbers."""

    assert compare([FAILED, branch(512, 2.0, 3.0)], {"costUsd": 3.0, "durationMs": 2.0}, current_memory_mb) is None
