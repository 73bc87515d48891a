"""Begin a canary: note what it may do, then start its execution; the execution alone changes the alias."""

import hashlib
from typing import TYPE_CHECKING

from msgspec import UNSET

from power_tuner.automation.completion import Decided
from power_tuner.automation.trial import Trial
from power_tuner.errors import NotApplied
from power_tuner.tuning.applied import AppliedToAlias, OnTrial
from power_tuner.tuning.arn import region_of
from power_tuner.tuning.canary_settings import CanarySettings
from power_tuner.tuning.target import Alias, FunctionSnapshot

if TYPE_CHECKING:
    from power_tuner.app import App

_NAME_CHARS, _DIGEST_CHARS = 60, 12


def refuse_canary(app: "App", decided: Decided, found: Alias | None, current: FunctionSnapshot) -> None:
    """Refuse a decision that production's calls cannot judge.

    Raises:
        NotApplied: with the reason.
    """
    alias = decided.policy.alias
    if found is None:
        raise NotApplied(f"there is no alias {alias}, so that no calls can be shared: apply to an alias that is used")
    if current.obstacle is not None:
        raise NotApplied(f"what production shows of it cannot be read: {current.obstacle}")
    if region_of(decided.run.target_arn) != region_of(app.settings.state_machine_arn):
        raise NotApplied("it is in another region than this stack, which reads production's logs in its own only")


def begin_canary(app: "App", decided: Decided, doing: AppliedToAlias) -> OnTrial:
    """Note a canary and start its execution; both once, however often they are asked for.

    Raises:
        NotApplied: another canary is under way on the target.
    """
    run = decided.run
    now_s = app.now()
    name = _execution_name(run.run_id, now_s)
    trial = Trial(
        run_id=run.run_id,
        target_arn=run.target_arn,
        started_at=run.started_at,
        execution_arn=app.settings.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{name}",
        doing=doing,
        trusted_memory_mb=app.functions.get(run.target_arn, doing.previous_version).memory_mb,
        code_sha256=run.code_sha256,
        expected_change=run.duration_change or 0.0,
        settings=decided.policy.canary if decided.policy.canary is not UNSET else CanarySettings(),
        noted_s=now_s,
    )
    other = app.canaries.begin(trial)
    return on_trial(app, other or trial, run.run_id)


def on_trial(app: "App", trial: Trial, run_id: str) -> OnTrial:
    """Return that a run's decision is on trial; its execution is started unless it was.

    Raises:
        NotApplied: the canary is of another run.
    """
    if trial.run_id != run_id:
        raise NotApplied(f"a canary of run {trial.run_id} is under way: apply this one when that has ended")
    app.executions.start(trial.execution_arn.rpartition(":")[2], {"runId": run_id})
    doing, weights = trial.doing, " %, ".join(f"{100 * each:g}" for each in trial.settings.weights)
    return OnTrial(
        applied=False,
        mode=doing.mode,
        from_memory_mb=doing.from_memory_mb,
        to_memory_mb=doing.to_memory_mb,
        reason=f"it is on trial: version {doing.version} gets {weights} % of the calls of {doing.alias}, then all",
        alias=doing.alias,
        version=doing.version,
        previous_version=doing.previous_version,
    )


def _execution_name(run_id: str, now_s: float) -> str:
    """Return a name that a second canary of the same run does not get."""
    digest = hashlib.sha256(f"{run_id} {now_s}".encode()).hexdigest()[:_DIGEST_CHARS]
    return f"{run_id[:_NAME_CHARS]}-{digest}"
