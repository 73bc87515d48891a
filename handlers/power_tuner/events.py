"""The events that this app emits; their schemas are in ``events/schemas``."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import to_builtins

from power_tuner.automation.trigger import Origin
from power_tuner.tuning.result import Branch, Result
from power_tuner.tuning.run_input import FIELDS

SOURCE = "power-tuner"
POWER_TUNING_COMPLETED = "Power Tuning Completed"
POWER_TUNING_FAILED = "Power Tuning Failed"
POWER_SETTING_APPLIED = "Power Setting Applied"
POWER_DRIFT_DETECTED = "Power Drift Detected"

_NOT_IN_EVENTS = frozenset(field.shown_as for field in FIELDS.values() if not field.in_events)


def completed_detail(
    result: Result,
    keys: Mapping[str, str],
    *,
    auto_optimize: bool,
    auto_optimize_alias: str | None,
    origin: Origin,
) -> dict[str, Any]:
    """Return the detail of the completion event: all that a consumer needs, so that it makes no further call."""
    return {
        "runId": result.run_id,
        "executionArn": result.execution_arn,
        "status": result.status,
        "startedAt": result.started_at,
        "finishedAt": result.finished_at,
        "target": to_builtins(result.target),
        "input": {name: value for name, value in result.run_input.items() if name not in _NOT_IN_EVENTS},
        "decision": to_builtins(result.decision),
        "comparison": to_builtins(result.comparison),
        "sentence": result.sentence,
        "outcomes": _count_outcomes(result.branches),
        "spent": to_builtins(result.spent),
        "autoOptimize": auto_optimize,
        "autoOptimizeAlias": auto_optimize_alias,
        "trigger": origin.trigger,
        "policy": to_builtins(origin.policy),
        **keys,
    }


def failed_detail(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the detail of the failure event, from the run's item."""
    names = (
        "runId",
        "executionArn",
        "status",
        "startedAt",
        "finishedAt",
        "targetArn",
        "targetName",
        "error",
        "cause",
    )
    return {name: item[name] for name in names}


def applied_detail(completed: Mapping[str, Any], applied: Mapping[str, Any]) -> dict[str, Any]:
    """Return the detail of the event that reports what the Optimizer did with a decision."""
    return {"runId": completed["runId"], "targetArn": completed["target"]["arn"], **applied}


def _count_outcomes(branches: Sequence[Branch]) -> dict[str, int]:
    outcomes = [branch.outcome for branch in branches]
    return {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
