"""Items of runs, for tests of what keeps or reads them."""

from typing import Any

from msgspec.structs import replace

from fakes import NOON
from power_tuner.tuning.applied import Applied, AppliedToAlias, MemoryRestored
from power_tuner.tuning.run_item import CompletedRun, FailedRun, RunKey, SkippedRun

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
RUN = RunKey(ARN, NOON, "run-1")
APPLYING = Applied(applied=True, mode="latest", from_memory_mb=1024, to_memory_mb=512)
APPLIED = AppliedToAlias(
    applied=True,
    mode="alias",
    from_memory_mb=1024,
    to_memory_mb=512,
    alias="live",
    version="7",
    previous_version=None,
)
RESTORED = MemoryRestored(memory_mb=1024)


def completed_run(run_id: str = "run-1", **changes: Any) -> CompletedRun:
    """Return the item of a completed run, with changes of its fields."""
    run = CompletedRun(
        run_id=run_id,
        target_arn=ARN,
        target_name="thumbnailer",
        started_at=NOON,
        finished_at="2026-11-23T12:01:07.000Z",
        trigger="direct",
        settings="0f3b1c2d4e5f6071",
        expires_at_s=1_800_000_000,
        execution_arn=f"arn:aws:states:eu-west-1:123456789012:execution:power-tuner:{run_id}",
        code_sha256="code-1",
        fingerprint="0a1b",
        current_memory_mb=1024,
        latest_memory_mb=1024,
        memory_mb=512,
        cost_usd=1.23456789e-7,
        duration_ms=211.0,
        cost_change=-0.25,
        duration_change=0.125,
        sentence="512 MB: 25 % cheaper and 12 % slower than now (1024 MB).",
        strategy="cost",
        num=10,
        mode="classic",
        currency="USD",
        spent_usd=0.0012,
        result_key=f"results/date=2026-11-23/{run_id}.json",
        report_key=f"reports/{run_id}.html",
    )
    return replace(run, **changes)


def failed_run(run_id: str = "run-1", **changes: Any) -> FailedRun:
    """Return the item of a failed run, with changes of its fields."""
    run = FailedRun(
        run_id=run_id,
        target_arn=ARN,
        target_name="thumbnailer",
        started_at=NOON,
        finished_at="2026-11-23T12:00:09.000Z",
        trigger="direct",
        expires_at_s=1_800_000_000,
        execution_arn=f"arn:aws:states:eu-west-1:123456789012:execution:power-tuner:{run_id}",
        error="NothingMeasured",
        cause="No memory size could be measured.",
    )
    return replace(run, **changes)


def skipped_run(run_id: str = "skip-7", **changes: Any) -> SkippedRun:
    """Return the item of a deployment that started no run, with changes of its fields."""
    run = SkippedRun(
        run_id=run_id,
        target_arn=ARN,
        target_name="thumbnailer",
        started_at=NOON,
        finished_at=NOON,
        trigger="deployment",
        expires_at_s=1_800_000_000,
        reason="it is not enrolled",
    )
    return replace(run, **changes)
