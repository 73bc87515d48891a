"""From samples to a result."""

from typing import Any

import pytest

from power_tuner.tuning.analysis import (
    analyze_branch,
    candidates_of,
    compare,
    decide,
    draft_result,
    finish_result,
)
from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import PlannedTarget, RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.strategies import Candidate

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
# One USD per ms and 1024 MB, half a USD per request.
PRICES = Prices(gb_second=1000.0, request=0.5, transition=0.01, currency="USD")


def plan(**wanted: Any) -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=PlannedTarget(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", 1024, 1024, 30),
        wanted=parse_run_input(
            {"lambdaARN": ARN, "num": 5, "powerValues": [128, 512, 1024], **wanted}, default_power_values=()
        ),
    )


def branch(power: int, duration_ms: float, cost_usd: float) -> dict[str, Any]:
    return {
        "powerValue": power,
        "outcome": "ok",
        "reason": None,
        "invocations": 5,
        "averageDurationMs": duration_ms,
        "averageCostUsd": cost_usd,
        "totalCostUsd": 5 * cost_usd,
    }


FAILED = {
    "powerValue": 128,
    "outcome": "out-of-memory",
    "reason": "the function needs more memory than this",
    "invocations": 1,
    "totalCostUsd": 0.25,
}


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


def slo_branch(power: int, p95_ms: float, cost_usd: float) -> dict[str, Any]:
    return {**branch(power, p95_ms / 2, cost_usd), "durationMs": {"p95": p95_ms}}


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
    """Changes are relative to the branch of the current memory."""
    branches = [branch(512, 2.0, 3.0), branch(1024, 1.0, 4.0)]

    assert {"currentPower": 1024, "costChange": -0.25, "durationChange": 1.0} == compare(
        branches, {"costUsd": 3.0, "durationMs": 2.0}, 1024
    )


@pytest.mark.parametrize("current_mb", [128, 2048])
def test_without_a_measurement_of_now_nothing_is_compared(current_mb: int) -> None:
    """A current memory that failed, or was not asked for, has no numbers."""

    assert compare([FAILED, branch(512, 2.0, 3.0)], {"costUsd": 3.0, "durationMs": 2.0}, current_mb) is None


def finished(*, with_stats: bool = False, **wanted: Any) -> dict[str, Any]:
    branches = [FAILED, branch(512, 2.0, 3.0), branch(1024, 1.0, 4.0)]
    decision = None if wanted.get("dryRun") else decide(branches, plan(**wanted))
    draft = draft_result(
        plan(**wanted),
        branches,
        PRICES,
        decision=decision,
        comparison=compare(branches, decision, 1024) if decision else None,
        transitions=20,
        visualization_base_url="https://v/",
    )
    return finish_result(draft, finished_at="2026-11-23T12:01:00.000Z", with_stats=with_stats)


def test_the_output_is_the_peers() -> None:
    """Power, cost, duration and what the run cost, under the peer's names."""

    assert {
        "power": 512,
        "cost": 3.0,
        "duration": 2.0,
        "stateMachine": {
            "executionCost": 0.2,
            "lambdaCost": 0.25 + 15.0 + 20.0,
            "visualization": "https://v/#AAIABA==;AAAAQAAAgD8=;AABAQAAAgEA=",
        },
    } == finished()["output"]


def test_the_output_has_stats_on_demand() -> None:
    """With includeOutputResults the output lists the measured power values, sorted by power."""

    assert [
        {"value": 512, "averagePrice": 3.0, "averageDuration": 2.0},
        {"value": 1024, "averagePrice": 4.0, "averageDuration": 1.0},
    ] == finished(with_stats=True)["output"]["stats"]


def test_the_result_counts_what_was_spent() -> None:
    """Every invocation is counted, those of failed branches too."""

    assert {
        "invocations": 11,
        "lambdaCostUsd": 35.25,
        "stateTransitions": 20,
        "executionCostUsd": 0.2,
        "currency": "USD",
    } == finished()["spent"]


def test_the_result_is_compared_with_now() -> None:
    """Decision, comparison and sentence agree."""
    result = finished()

    assert (512, {"currentPower": 1024, "costChange": -0.25, "durationChange": 1.0}) == (
        result["decision"]["power"],
        result["comparison"],
    )
    assert result["sentence"].startswith("512 MB: 25 % cheaper and ")


def test_a_dry_run_decides_nothing() -> None:
    """A dry run has no decision, and so no power in its output."""
    result = finished(dryRun=True)

    assert (None, None, ["stateMachine"]) == (result["decision"], result["comparison"], list(result["output"]))


def test_the_result_shows_no_payload() -> None:
    """Payloads are counted, not shown."""
    result = finished(payload=[{"payload": {"card": "4111"}, "weight": 1}, {"payload": 2, "weight": 1}])

    assert 2 == result["input"]["payloads"]
    assert "4111" not in str(result)
