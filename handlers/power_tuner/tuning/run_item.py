"""The item that history keeps of each run."""

from collections.abc import Mapping
from typing import Any

from power_tuner.tuning.arn import name_of
from power_tuner.tuning.result import Result, SmartDecision

# A run that failed before it knew its target still has a place.
UNKNOWN_TARGET = "unknown"


def completed_item(result: Result, keys: Mapping[str, str], expires_at_s: int) -> dict[str, Any]:
    """Build the item of a completed run from its result.

    Args:
        result: the result.
        keys: ``resultKey`` and ``reportKey``.
        expires_at_s: epoch second at which the table forgets the item.
    """
    decision, comparison = result.decision, result.comparison
    smart = decision if isinstance(decision, SmartDecision) else None
    return {
        **_identity(result.target.arn, result.started_at, result.run_id),
        "status": "completed",
        "finishedAt": result.finished_at,
        "executionArn": result.execution_arn,
        "codeSha256": result.target.code_sha256,
        "currentPower": result.target.memory_mb,
        "power": decision.memory_mb if decision else None,
        "costUsd": decision.cost_usd if decision else None,
        "durationMs": decision.duration_ms if decision else None,
        "costChange": comparison.cost_change if comparison else None,
        "durationChange": comparison.duration_change if comparison else None,
        "significant": comparison.significant if comparison else None,
        "confidence": smart.confidence if smart else None,
        "rounds": smart.rounds if smart else None,
        "sentence": result.sentence,
        "strategy": result.run_input["strategy"],
        "num": result.run_input["num"],
        "mode": result.run_input["mode"],
        "currency": result.spent.currency,
        "spentUsd": result.spent.lambda_cost_usd + result.spent.execution_cost_usd,
        "expiresAt": expires_at_s,
        **keys,
    }


def failed_item(
    *,
    run_id: str,
    execution_arn: str,
    target_arn: str | None,
    started_at: str,
    finished_at: str,
    error: str,
    cause: str,
    expires_at_s: int,
) -> dict[str, Any]:
    """Build the item of a failed run."""
    return {
        **_identity(target_arn or UNKNOWN_TARGET, started_at, run_id),
        "status": "failed",
        "finishedAt": finished_at,
        "executionArn": execution_arn,
        "error": error,
        "cause": cause,
        "expiresAt": expires_at_s,
    }


def skipped_item(
    *,
    skip_id: str,
    target_arn: str,
    skipped_at: str,
    reason: str,
    trigger: str,
    expires_at_s: int,
    code_sha256: str | None = None,
) -> dict[str, Any]:
    """Build the item that says why a deployment started no run."""
    return {
        **_identity(target_arn, skipped_at, skip_id),
        "status": "skipped",
        "finishedAt": skipped_at,
        "reason": reason,
        "trigger": trigger,
        "codeSha256": code_sha256,
        "expiresAt": expires_at_s,
    }


def _identity(target_arn: str, started_at: str, run_id: str) -> dict[str, Any]:
    return {
        "runId": run_id,
        "targetArn": target_arn,
        "targetName": name_of(target_arn),
        "startedAt": started_at,
    }
