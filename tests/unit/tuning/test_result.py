"""The result document, from its draft to its end."""

import json
from dataclasses import replace
from typing import Any

from msgspec import structs, to_builtins

from power_tuner.tuning.analysis import compare, decide, draft_result, finish_result
from power_tuner.tuning.result import Spent
from power_tuner.tuning.result_document import write
from unit.tuning.few_branches import ARN, FAILED, branch, plan

SPENT = Spent(
    invocations=11,
    lambda_cost_usd=35.25,
    billed_ms=30,
    invocations_without_report=1,
    state_transitions=20,
    execution_cost_usd=0.2,
    snap_start_cost_usd=0.3,
    own_functions_cost_usd=0.4,
    currency="USD",
)


def finished(*, with_stats: bool = False, memory_mb: int = 1024, **run_input: Any) -> dict[str, Any]:
    planned = plan(**run_input)
    planned = replace(planned, target=structs.replace(planned.target, memory_mb=memory_mb, latest_memory_mb=896))
    branches = [FAILED, branch(512, 2.0, 3.0), branch(1024, 1.0, 4.0)]
    decision = None if run_input.get("dryRun") else decide(branches, planned)
    comparison = compare(branches, decision, memory_mb) if decision else None
    draft = draft_result(
        planned,
        branches,
        SPENT,
        decision=decision,
        comparison=comparison,
        sentence="512 MB is the best.",
        visualization_base_url="https://v/",
    )
    result = finish_result(draft, finished_at="2026-11-23T12:01:00.000Z", with_stats=with_stats)
    document: dict[str, Any] = json.loads(write(result))
    return document


def test_the_output_is_the_peers() -> None:
    """Power, cost, duration and what the run cost, under the peer's names; what is measured is told from estimates."""

    assert {
        "power": 512,
        "cost": 3.0,
        "duration": 2.0,
        "stateMachine": {
            "executionCost": 0.2,
            "lambdaCost": 35.25,
            "visualization": "https://v/#AAIABA==;AAAAQAAAgD8=;AABAQAAAgEA=",
            "measured": {"lambdaCost": 35.25},
            "estimated": {"executionCost": 0.2, "snapStartCost": 0.3, "ownFunctionsCost": 0.4},
        },
    } == finished()["output"]


def test_the_output_has_stats_on_demand() -> None:
    """With includeOutputResults the output lists the measured memory sizes, sorted by power."""

    assert [
        {"value": 512, "averagePrice": 3.0, "averageDuration": 2.0},
        {"value": 1024, "averagePrice": 4.0, "averageDuration": 1.0},
    ] == finished(with_stats=True)["output"]["stats"]


def test_the_result_counts_what_was_spent() -> None:
    """Under the names of the schema."""

    assert {
        "invocations": 11,
        "lambdaCostUsd": 35.25,
        "billedMs": 30,
        "invocationsWithoutReport": 1,
        "stateTransitions": 20,
        "executionCostUsd": 0.2,
        "snapStartCostUsd": 0.3,
        "ownFunctionsCostUsd": 0.4,
        "currency": "USD",
    } == finished()["spent"]


def test_the_result_says_what_was_tuned_and_when() -> None:
    """The document is of one run of one target; what the viewer is asked is in the output alone."""
    result = finished()
    of_the_run = {name: result.pop(name) for name in ("decision", "comparison", "sentence", "spent", "output", "input")}

    assert {
        "schemaVersion": 1,
        "runId": "run-1",
        "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        "startedAt": "2026-11-23T12:00:00.000Z",
        "finishedAt": "2026-11-23T12:01:00.000Z",
        "status": "completed",
        "target": {
            "arn": ARN,
            "name": "thumbnailer",
            "region": "eu-west-1",
            "architecture": "arm64",
            "runtime": "python3.13",
            "codeSha256": "code-1",
            "memoryMb": 1024,
            "latestMemoryMb": 896,
            "timeoutS": 30,
        },
        "predictions": [],
        "coldStarts": {
            "share": 0.0,
            "basis": "A sweep counts none unless coldStartShare is given.",
            "coldQuantiles": [],
        },
        "branches": [to_builtins(each) for each in (FAILED, branch(512, 2.0, 3.0), branch(1024, 1.0, 4.0))],
    } == result
    assert plan().public_input() == of_the_run["input"]


def test_the_result_is_compared_with_now() -> None:
    """Decision and comparison agree."""
    result = finished()

    assert (512, {"currentPower": 1024, "costChange": -0.25, "durationChange": 1.0}) == (
        result["decision"]["power"],
        result["comparison"],
    )


def test_the_result_has_the_sentence() -> None:
    """It is written by whoever writes for people."""

    assert "512 MB is the best." == finished()["sentence"]


def test_a_dry_run_decides_nothing() -> None:
    """A dry run has no decision, and so no power in its output."""
    result = finished(dryRun=True)

    assert (None, None, ["stateMachine"]) == (result["decision"], result["comparison"], list(result["output"]))


def test_the_result_shows_no_payload() -> None:
    """Payloads are counted, not shown."""
    result = finished(payload=[{"payload": {"card": "4111"}, "weight": 1}, {"payload": 2, "weight": 1}])

    assert 2 == result["input"]["payloads"]
    assert "4111" not in str(result)
