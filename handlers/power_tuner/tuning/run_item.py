"""The item that history keeps of each run."""

from collections.abc import Mapping
from typing import Any

from power_tuner.tuning.arn import name_of

# A run that failed before it knew its target still has a place.
UNKNOWN_TARGET = "unknown"


def completed_item(result: Mapping[str, Any], keys: Mapping[str, str], expires_at_s: int) -> dict[str, Any]:
    """Build the item of a completed run from its result document.

    Args:
        result: the finished result document.
        keys: ``resultKey`` and ``reportKey``.
        expires_at_s: epoch second at which the table forgets the item.
    """
    decision = result["decision"] or {}
    comparison = result["comparison"] or {}
    return {
        **_identity(result["target"]["arn"], result["startedAt"], result["runId"]),
        "status": "completed",
        "finishedAt": result["finishedAt"],
        "executionArn": result["executionArn"],
        "codeSha256": result["target"]["codeSha256"],
        "currentPower": result["target"]["memoryMb"],
        "power": decision.get("power"),
        "costUsd": decision.get("costUsd"),
        "durationMs": decision.get("durationMs"),
        "costChange": comparison.get("costChange"),
        "durationChange": comparison.get("durationChange"),
        "significant": comparison.get("significant"),
        "confidence": decision.get("confidence"),
        "rounds": decision.get("rounds"),
        "sentence": result["sentence"],
        "strategy": result["input"]["strategy"],
        "num": result["input"]["num"],
        "mode": result["input"]["mode"],
        "currency": result["spent"]["currency"],
        "spentUsd": result["spent"]["lambdaCostUsd"] + result["spent"]["executionCostUsd"],
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
