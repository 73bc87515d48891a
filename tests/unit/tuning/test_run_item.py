"""Items of the history."""

import dataclasses
from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from fakes import NOON
from power_tuner.tuning.result import Result
from power_tuner.tuning.run_item import CompletedRun, completed_item
from results import classic_result, smart_result
from run_items import APPLIED, APPLYING, ARN, RESTORED, completed_run, failed_run, skipped_run
from unit.tuning.few_branches import plan


def item_of(result: Result, *, late: bool = False, **run_input: Any) -> CompletedRun:
    return completed_item(
        result,
        dataclasses.replace(plan(**run_input), fingerprint="0a1b"),
        result_key="results/date=2026-11-23/run-1.json",
        report_key="reports/run-1.html",
        trigger="drift",
        settings="0f3b",
        late=late,
        expires_at_s=1_800_000_000,
    )


def test_a_completed_run_keeps_its_answer() -> None:
    """What a query asks for stands in the item; the document is only pointed to."""
    result = classic_result(run_id="run-1")

    assert result.comparison
    assert CompletedRun(
        run_id="run-1",
        target_arn=ARN,
        target_name="thumbnailer",
        started_at=result.started_at,
        finished_at=result.finished_at,
        trigger="drift",
        settings="0f3b",
        expires_at_s=1_800_000_000,
        execution_arn=result.execution_arn,
        code_sha256=result.target.code_sha256,
        fingerprint="0a1b",
        current_memory_mb=3008,
        latest_memory_mb=3008,
        memory_mb=1536,
        cost_usd=result.output.cost_usd,
        duration_ms=result.output.duration_ms,
        cost_change=result.comparison.cost_change,
        duration_change=result.comparison.duration_change,
        sentence=result.sentence,
        strategy="speed",
        num=7,
        mode="classic",
        currency="USD",
        spent_usd=result.spent.lambda_cost_usd + 0.001125,
        result_key="results/date=2026-11-23/run-1.json",
        report_key="reports/run-1.html",
    ) == item_of(result, num=7, strategy="speed")


def test_a_smart_run_keeps_how_sure_it_is() -> None:
    """What only the smart mode says stands in the item too."""
    item = item_of(smart_result(confidence=0.875, significant=False), num=None)

    assert (0.875, 4, False) == (item.confidence, item.rounds, item.significant)
    assert (None, "smart") == (item.num, item.mode)


def test_a_run_without_decision_has_no_numbers() -> None:
    """A dry run is kept, with nothing where its answer would be."""
    item = item_of(classic_result(chosen=None))

    assert (None, None, None) == (item.memory_mb, item.cost_usd, item.duration_ms)
    assert (None, None) == (item.cost_change, item.duration_change)


def test_a_late_record_is_known_by_its_item() -> None:
    """The run had failed before."""

    assert item_of(classic_result(), late=True).recorded_late


@pytest.mark.parametrize(
    ("run", "in_force"),
    [
        (completed_run(applied=APPLYING), True),
        (completed_run(applied=APPLIED), True),
        (completed_run(applied=APPLYING, rolled_back=RESTORED), False),
        (completed_run(applying=APPLYING), False),
        (completed_run(), False),
    ],
)
def test_a_decision_is_in_force_until_it_is_rolled_back(run: CompletedRun, *, in_force: bool) -> None:
    """Applied, and not rolled back."""

    assert in_force is run.in_force


def test_a_refused_decision_is_not_in_force() -> None:
    """Its note says why it was not applied."""
    refused = replace(APPLYING, applied=False, reason="its policy is never to apply")

    assert not completed_run(applied=refused).in_force


def test_a_failed_run_keeps_its_reason() -> None:
    """Error and cause stand in the item, under the names that queries use."""

    assert {
        "status": "failed",
        "runId": "run-1",
        "targetArn": ARN,
        "targetName": "thumbnailer",
        "startedAt": NOON,
        "finishedAt": "2026-11-23T12:00:09.000Z",
        "trigger": "direct",
        "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        "error": "NothingMeasured",
        "cause": "No memory size could be measured.",
        "expiresAt": 1_800_000_000,
    } == to_builtins(failed_run())


def test_a_deployment_that_started_no_run_has_an_item() -> None:
    """It says why."""

    assert {
        "status": "skipped",
        "runId": "skip-7",
        "targetArn": ARN,
        "targetName": "thumbnailer",
        "startedAt": NOON,
        "finishedAt": NOON,
        "reason": "it is not enrolled",
        "trigger": "deployment",
        "codeSha256": "code-2",
        "expiresAt": 1_800_000_000,
    } == to_builtins(skipped_run(code_sha256="code-2"))
