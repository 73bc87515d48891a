"""Items of the history."""

from typing import Any

import pytest

from power_tuner.tuning.run_item import completed_item, failed_item, skipped_item
from results import classic_result, smart_result

KEYS = {"resultKey": "results/date=2026-11-23/run-1.json", "reportKey": "reports/run-1.html"}
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


def failed(target_arn: str | None = ARN) -> dict[str, Any]:
    return failed_item(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        target_arn=target_arn,
        started_at="2026-11-23T12:00:00.000Z",
        finished_at="2026-11-23T12:00:09.000Z",
        error="NothingMeasured",
        cause="No memory size could be measured.",
        expires_at_s=1_800_000_000,
    )


def test_a_completed_run_keeps_its_answer() -> None:
    """What a query asks for stands in the item; the document is only pointed to."""
    result = classic_result(run_id="run-1")
    item = completed_item(result, KEYS, expires_at_s=1_800_000_000)

    assert result.comparison
    assert {
        "runId": "run-1",
        "targetArn": ARN,
        "targetName": "thumbnailer",
        "status": "completed",
        "startedAt": result.started_at,
        "finishedAt": result.finished_at,
        "executionArn": result.execution_arn,
        "codeSha256": result.target.code_sha256,
        "currentPower": 3008,
        "power": 1536,
        "costUsd": result.output.cost_usd,
        "durationMs": result.output.duration_ms,
        "costChange": result.comparison.cost_change,
        "durationChange": result.comparison.duration_change,
        "sentence": result.sentence,
        "strategy": "cost",
        "num": 10,
        "mode": "classic",
        "significant": None,
        "confidence": None,
        "rounds": None,
        "currency": "USD",
        "spentUsd": result.spent.lambda_cost_usd + 0.001125,
        "expiresAt": 1_800_000_000,
        **KEYS,
    } == item


def test_a_smart_run_keeps_how_sure_it_is() -> None:
    """What only the smart mode says stands in the item too."""
    item = completed_item(smart_result(confidence=0.875, significant=False), KEYS, expires_at_s=0)

    assert (0.875, 4, False) == (item["confidence"], item["rounds"], item["significant"])


@pytest.mark.parametrize("name", ["power", "costUsd", "durationMs", "costChange", "durationChange"])
def test_a_run_without_decision_has_no_numbers(name: str) -> None:
    """A dry run is kept, with nothing where its answer would be."""

    assert completed_item(classic_result(chosen=None), KEYS, expires_at_s=0)[name] is None


def test_a_failed_run_keeps_its_reason() -> None:
    """Error and cause stand in the item."""

    assert {
        "runId": "run-1",
        "targetArn": ARN,
        "targetName": "thumbnailer",
        "status": "failed",
        "startedAt": "2026-11-23T12:00:00.000Z",
        "finishedAt": "2026-11-23T12:00:09.000Z",
        "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        "error": "NothingMeasured",
        "cause": "No memory size could be measured.",
        "expiresAt": 1_800_000_000,
    } == failed()


@pytest.mark.parametrize(
    ("target_arn", "name"), [(ARN, "thumbnailer"), ("arn:aws:lambda:nowhere", "arn:aws:lambda:nowhere")]
)
def test_a_deployment_that_started_no_run_has_an_item(target_arn: str, name: str) -> None:
    """It says why; a target that is no function's ARN is named by what it is."""
    item = skipped_item(
        skip_id="skip-7",
        target_arn=target_arn,
        skipped_at="2026-11-23T12:00:00.000Z",
        reason="it is not enrolled",
        trigger="deployment",
        expires_at_s=1_800_000_000,
        code_sha256="code-2",
    )

    assert {
        "runId": "skip-7",
        "targetArn": target_arn,
        "targetName": name,
        "startedAt": "2026-11-23T12:00:00.000Z",
        "status": "skipped",
        "finishedAt": "2026-11-23T12:00:00.000Z",
        "reason": "it is not enrolled",
        "trigger": "deployment",
        "codeSha256": "code-2",
        "expiresAt": 1_800_000_000,
    } == item


def test_a_run_that_never_knew_its_target_has_a_place() -> None:
    """A refused input is kept too."""
    item = failed(target_arn=None)

    assert ("unknown", "unknown") == (item["targetArn"], item["targetName"])
