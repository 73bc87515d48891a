"""The item that history keeps of each run, and of each deployment that started none."""

from typing import NamedTuple, TypeAlias

from msgspec import Struct, field

from power_tuner.tuning.applied import Applied, RolledBack
from power_tuner.tuning.arn import name_of
from power_tuner.tuning.result import Result, SmartDecision
from power_tuner.tuning.run_plan import RunPlan

# The target of a run that failed before its input was accepted.
UNKNOWN_TARGET = "unknown"


class RunKey(NamedTuple):
    """What identifies a run's item."""

    target_arn: str
    started_at: str
    run_id: str


class _Item(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, tag_field="status"):
    """What every item has.

    Attributes:
        trigger: what started the run; None if it failed before that was known.
        expires_at_s: epoch second at which the table deletes the item.
    """

    run_id: str
    target_arn: str
    target_name: str
    started_at: str
    finished_at: str
    trigger: str | None = None
    expires_at_s: int = field(name="expiresAt")

    @property
    def key(self) -> RunKey:
        """Return what identifies the item."""
        return RunKey(self.target_arn, self.started_at, self.run_id)

    @property
    def status(self) -> str:
        """Return ``completed``, ``failed`` or ``skipped``."""
        return str(self.__struct_config__.tag)


class _RunItem(_Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What the item of a run has, with the notes of the Optimizer and of a rollback.

    Attributes:
        settings: the digest of the run's input; None for a dry run.
        started_by: the execution that started it; None if none did.
        comment: what its input says for people.
        applying: what is about to be applied; None once it is applied.
        applied_at: when it was recorded that it was applied, or why not; None in items of earlier versions.
    """

    execution_arn: str
    settings: str | None = None
    started_by: str | None = None
    comment: str | None = None
    applying: Applied | None = None
    applied: Applied | None = None
    applied_at: str | None = None
    applied_event_emitted: bool = field(name="appliedTold", default=False)
    rolled_back: RolledBack | None = None

    @property
    def is_canary(self) -> bool:
        """Tell whether the decision is on trial, or was."""
        noted = self.applied or self.applying
        return noted is not None and noted.mode == "canary"

    @property
    def in_force(self) -> bool:
        """Tell whether the decision is applied, and not rolled back."""
        return self.applied is not None and self.applied.applied and self.rolled_back is None


class CompletedRun(_RunItem, frozen=True, kw_only=True, rename="camel", omit_defaults=True, tag="completed"):
    """The item of a run that completed: what queries ask for; the result document has the rest.

    Attributes:
        fingerprint: of the configuration that was measured.
        current_memory_mb: what its callers get, of the version or alias that was named.
        latest_memory_mb: what ``$LATEST`` had; None, as an empty fingerprint, in items of earlier versions.
        memory_mb: the decision; None in a dry run, as cost and duration.
        cost_change: against the current memory size; None if that was not measured.
        significant: None but in the smart mode, as confidence and rounds.
        num: None in the smart mode.
        recorded_late: the run had failed because its result could not be recorded.
        production_call_usd: what an invocation of production costs at the current memory size; None if not known.
        floor_broken: why the decision is not safe to apply by itself; None if it keeps to the floor.
    """

    code_sha256: str
    fingerprint: str = ""
    current_memory_mb: int = field(name="currentPower")
    latest_memory_mb: int | None = field(name="latestPower", default=None)
    memory_mb: int | None = field(name="power", default=None)
    cost_usd: float | None = None
    duration_ms: float | None = None
    cost_change: float | None = None
    duration_change: float | None = None
    significant: bool | None = None
    confidence: float | None = None
    rounds: int | None = None
    sentence: str
    strategy: str
    num: int | None = None
    mode: str
    currency: str
    spent_usd: float
    result_key: str
    report_key: str
    recorded_late: bool = False
    production_call_usd: float | None = None
    floor_broken: str | None = None

    @property
    def unsafe(self) -> str | None:
        """Return why the decision would not be applied by itself, None if it keeps to the floor or changes nothing."""
        return None if self.memory_mb == self.current_memory_mb else self.floor_broken


class FailedRun(_RunItem, frozen=True, kw_only=True, rename="camel", omit_defaults=True, tag="failed"):
    """The item of a run that failed."""

    error: str
    cause: str
    event_emitted: bool = field(name="told", default=False)


class SkippedRun(_Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True, tag="skipped"):
    """The item of a deployment that started no run.

    Attributes:
        code_sha256: None if the function was not looked at.
    """

    reason: str
    code_sha256: str | None = None


RunItem: TypeAlias = CompletedRun | FailedRun | SkippedRun


def completed_item(
    result: Result,
    plan: RunPlan,
    *,
    result_key: str,
    report_key: str,
    trigger: str,
    settings: str | None,
    late: bool,
    expires_at_s: int,
) -> CompletedRun:
    """Return the item of a completed run.

    Args:
        result: the result.
        plan: the run's plan.
        result_key: of the result document in the bucket.
        report_key: of the report page in the bucket.
        trigger: what started the run.
        settings: the digest of its input.
        late: the run had failed because its result could not be recorded.
        expires_at_s: epoch second at which the table deletes the item.
    """
    decision, comparison = result.decision, result.comparison
    smart = decision if isinstance(decision, SmartDecision) else None
    return CompletedRun(
        run_id=result.run_id,
        target_arn=result.target.arn,
        target_name=name_of(result.target.arn),
        started_at=result.started_at,
        finished_at=result.finished_at,
        execution_arn=result.execution_arn,
        code_sha256=result.target.code_sha256,
        fingerprint=plan.fingerprint,
        latest_memory_mb=result.target.latest_memory_mb,
        current_memory_mb=result.target.memory_mb,
        memory_mb=decision.memory_mb if decision else None,
        cost_usd=decision.cost_usd if decision else None,
        duration_ms=decision.duration_ms if decision else None,
        cost_change=comparison.cost_change if comparison else None,
        duration_change=comparison.duration_change if comparison else None,
        significant=comparison.significant if comparison else None,
        confidence=smart.confidence if smart else None,
        rounds=smart.rounds if smart else None,
        sentence=result.sentence,
        strategy=plan.run_input.strategy,
        num=plan.run_input.num,
        mode=plan.mode,
        currency=result.spent.currency,
        spent_usd=result.spent.lambda_cost_usd + result.spent.execution_cost_usd,
        result_key=result_key,
        report_key=report_key,
        trigger=trigger,
        settings=settings,
        recorded_late=late,
        production_call_usd=result.real_bill.call_usd if result.real_bill else None,
        floor_broken=result.floor.broken if result.floor else None,
        expires_at_s=expires_at_s,
    )
