"""The events of this app; their schemas are in ``events/schemas``."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, TypeAlias

from msgspec import Struct, field, to_builtins

from power_tuner.automation.policy import Policy
from power_tuner.automation.trial import CanaryStage
from power_tuner.automation.trigger import Origin
from power_tuner.tuning.applied import Applied
from power_tuner.tuning.result import Branch, Comparison, Decision, Result, Spent
from power_tuner.tuning.run_input import FIELDS
from power_tuner.tuning.run_item import FailedRun
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.target import Target

SOURCE = "power-tuner"
_NOT_IN_EVENTS = frozenset(field.shown_as for field in FIELDS.values() if not field.in_events)


class TuningCompleted(Struct, frozen=True, kw_only=True, rename="camel"):
    """The detail of a completion event: all that a consumer needs. The state machine emits it.

    Attributes:
        outcomes: the number of memory sizes by outcome.
        auto_optimize: whether the Optimizer has anything to apply.
    """

    run_id: str
    execution_arn: str
    status: Literal["completed"]
    started_at: str
    finished_at: str
    target: Target
    run_input: Mapping[str, object] = field(name="input")
    decision: Decision | None
    comparison: Comparison | None
    sentence: str
    outcomes: Mapping[str, int]
    spent: Spent
    auto_optimize: bool
    auto_optimize_alias: str | None
    trigger: str
    policy: Policy
    result_key: str
    report_key: str


class TuningFailed(Struct, frozen=True, kw_only=True, rename="camel"):
    """A run failed."""

    detail_type: ClassVar[str] = "Power Tuning Failed"

    run_id: str
    execution_arn: str
    status: Literal["failed"] = "failed"
    started_at: str
    finished_at: str
    target_arn: str
    target_name: str
    error: str
    cause: str


class SettingApplied(Struct, frozen=True, kw_only=True):
    """A decision was applied, or not, for a reason."""

    detail_type: ClassVar[str] = "Power Setting Applied"

    run_id: str
    target_arn: str
    applied: Applied


class DriftDetected(Struct, frozen=True, kw_only=True, rename="camel"):
    """An enrolled function changed since it was tuned.

    Attributes:
        run_id: the run that was started.
        baseline_ms: the typical duration then; None, as the other figures, if something else changed.
        change: 0.3 is 30 % slower.
        interval: the 95 % confidence interval of the change.
    """

    detail_type: ClassVar[str] = "Power Drift Detected"

    target_arn: str
    baseline_run_id: str
    detected_at: str
    mode: str
    threshold: float
    run_id: str
    reason: str | None
    baseline_ms: float | None
    current_ms: float | None
    change: float | None
    interval: tuple[float, float] | None
    samples: int | None


class CanaryReached(Struct, frozen=True):
    """A canary reached a stage, or its end."""

    detail_type: ClassVar[str] = "Power Canary Stage"

    stage: CanaryStage


Event: TypeAlias = TuningFailed | SettingApplied | DriftDetected | CanaryReached


def detail_of(event: Event) -> dict[str, object]:
    """Return the detail of an event as JSON."""
    if isinstance(event, SettingApplied):
        applied = to_builtins(event.applied)
        # What a parameter held before is for a rollback, and for nobody else.
        applied.pop("previousValue", None)
        return {"runId": event.run_id, "targetArn": event.target_arn, **applied}
    detail: dict[str, object] = to_builtins(event.stage if isinstance(event, CanaryReached) else event)
    return detail


def tuning_completed(
    result: Result, plan: RunPlan, origin: Origin, *, result_key: str, report_key: str
) -> TuningCompleted:
    """Return the detail of the completion event of a run."""
    return TuningCompleted(
        run_id=result.run_id,
        execution_arn=result.execution_arn,
        status=result.status,
        started_at=result.started_at,
        finished_at=result.finished_at,
        target=result.target,
        run_input={name: value for name, value in result.run_input.items() if name not in _NOT_IN_EVENTS},
        decision=result.decision,
        comparison=result.comparison,
        sentence=result.sentence,
        outcomes=_count_outcomes(result.branches),
        spent=result.spent,
        auto_optimize=plan.run_input.auto_optimize,
        auto_optimize_alias=plan.run_input.auto_optimize_alias,
        trigger=origin.trigger,
        policy=origin.policy,
        result_key=result_key,
        report_key=report_key,
    )


def tuning_failed(run: FailedRun) -> TuningFailed:
    """Return the failure event of a run."""
    return TuningFailed(
        run_id=run.run_id,
        execution_arn=run.execution_arn,
        started_at=run.started_at,
        finished_at=run.finished_at,
        target_arn=run.target_arn,
        target_name=run.target_name,
        error=run.error,
        cause=run.cause,
    )


def _count_outcomes(branches: Sequence[Branch]) -> dict[str, int]:
    outcomes = [branch.outcome for branch in branches]
    return {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
