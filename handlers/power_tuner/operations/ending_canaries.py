"""End a canary: all calls to the new version, or everything back; what somebody else set is left."""

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from power_tuner import metrics
from power_tuner.automation.sequential_test import Errors
from power_tuner.automation.trial import Outcome, Trial, stage_of
from power_tuner.errors import CleanupIncomplete, LeaseLost, TargetBusy
from power_tuner.events import CanaryReached, SettingApplied
from power_tuner.operations.setting_memory import MAX_REVISIONS, give_back
from power_tuner.ports import FunctionNotFound, RevisionMismatch, UpdateInProgress
from power_tuner.tuning.applied import Applied
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.lease import Lease
from power_tuner.tuning.run_item import CompletedRun

if TYPE_CHECKING:
    from power_tuner.app import App

# The lease for giving $LATEST its memory size back: one update of at most two minutes, and a reserve.
_LEASE_S = 600


def go_back(app: "App", trial: Trial, why: str, ending: Outcome = "taken-back", tried: Errors | None = None) -> Outcome:
    """Take a canary back: first its share of the calls, then the memory size of ``$LATEST``.

    One that was promoted is not taken back: only telling it is left.

    Args:
        app: the app.
        trial: the canary, as it was just read.
        why: it ends.
        ending: ``taken-back`` or ``overtaken``.
        tried: the calls of the new version, if they are known.

    Returns:
        How it ended.

    Raises:
        LeaseLost: somebody else has written or ended the canary meanwhile.
        CleanupIncomplete: the alias or the function cannot be changed; try again.
        TargetBusy: a run holds the lease on the target; try again.
    """
    if trial.phase == "promoted":
        return _conclude(app, trial, tried)
    closing = trial if trial.phase == "closing" else app.canaries.save(trial.closing(why, ending))
    take_share_off(app, closing)
    _restore_memory(app, closing)
    refused = replace(closing.doing, applied=False, reason=f"the canary was ended: {closing.why}")
    _end(app, closing, closing.ending, refused, tried)
    return closing.ending


def promote(app: "App", trial: Trial, tried: Errors | None = None) -> Outcome:
    """Send all calls to the new version, unless somebody else changed the alias.

    Args:
        app: the app.
        trial: which is promoting, as it was just written.
        tried: the calls of the new version, if they are known.

    Raises:
        LeaseLost: somebody else has written or ended the canary meanwhile.
        CleanupIncomplete: the alias cannot be changed; try again.
    """
    arn, doing = trial.target_arn, trial.doing
    for _ in range(MAX_REVISIONS):
        found = app.functions.alias(arn, doing.alias)
        if found is not None and found.version == doing.version and not found.weights:
            break
        if found is None or found.version != doing.previous_version or not trial.is_there(found):
            return go_back(app, trial, f"the alias {doing.alias} was changed meanwhile", "overtaken", tried)
        try:
            app.functions.set_weights(arn, doing.alias, doing.version, {}, found)
            break
        except (RevisionMismatch, UpdateInProgress):
            continue
    else:
        raise _unchangeable(trial)
    try:
        promoted = app.canaries.save(replace(trial, phase="promoted"))
    except LeaseLost:
        if _was_promoted(app, trial):
            return "promoted"
        # Whoever ended it meanwhile may not have seen what was just set.
        take_share_off(app, trial)
        raise
    return _conclude(app, promoted, tried)


def take_share_off(app: "App", trial: Trial) -> None:
    """Take off an alias what a canary has set, or was about to set; what anybody else set is left.

    Raises:
        CleanupIncomplete: the alias changes all the time.
    """
    arn, doing = trial.target_arn, trial.doing
    for _ in range(MAX_REVISIONS):
        found = app.functions.alias(arn, doing.alias)
        if found is None:
            return
        if trial.is_ours(found):
            version = found.version
        elif not found.weights and trial.is_moved and found.version == doing.version:
            version = str(doing.previous_version)
        elif not found.weights and found.version == doing.previous_version and not trial.is_set:
            # A look that is late must find another revision than it read: nothing is changed but that.
            version = found.version
        else:
            return
        with suppress(RevisionMismatch, UpdateInProgress):
            app.functions.set_weights(arn, doing.alias, version, {}, found)
            return
    raise _unchangeable(trial)


def note_stage(app: "App", trial: Trial, outcome: Outcome, reason: str, tried: Errors | None = None) -> None:
    """Keep the present stage of a canary, or its end, and tell the bus."""
    stage = stage_of(trial, outcome, reason, iso_time(app.now()), tried or Errors())
    app.canaries.note_stage(stage)
    app.events.emit(CanaryReached(stage))


def _restore_memory(app: "App", trial: Trial) -> None:
    """Give ``$LATEST`` the memory size back that it had, unless somebody else has set another one."""
    doing, arn = trial.doing, trial.target_arn
    lease = Lease(run_id=f"canary-{trial.run_id}", target_arn=arn, until_s=int(app.now()) + _LEASE_S)
    holder = app.leases.take(lease)
    if holder is not None:
        raise TargetBusy(
            f"{arn} is being tuned by run {holder.run_id}: its alias {doing.alias} is as it was, and $LATEST gets its "
            "memory size back when that is done."
        )
    try:
        give_back(app, arn, doing.to_memory_mb, doing.from_memory_mb)
    except FunctionNotFound:
        return
    except RevisionMismatch as error:
        raise CleanupIncomplete(
            f"{arn} changes all the time, so that $LATEST cannot get its {doing.from_memory_mb} MB back. The janitor "
            "tries again."
        ) from error
    finally:
        app.leases.release(arn, lease.run_id)


def _was_promoted(app: "App", trial: Trial) -> bool:
    """Tell whether another look has promoted it meanwhile.

    One that has ended is gone, but its run's item was written before, and says whether the decision was applied.
    """
    present = app.canaries.get(trial.target_arn)
    if present is not None and present.run_id == trial.run_id:
        return present.phase == "promoted"
    item = app.history.item(trial.run)
    return isinstance(item, CompletedRun) and item.applied is not None and item.applied.applied


def _conclude(app: "App", trial: Trial, tried: Errors | None) -> Outcome:
    _end(app, trial, "promoted", trial.doing, tried)
    return "promoted"


def _end(app: "App", trial: Trial, outcome: Outcome, applied: Applied, tried: Errors | None) -> None:
    app.history.note_applied(trial.run, applied)
    note_stage(app, trial, outcome, trial.why, tried)
    app.events.emit(SettingApplied(run_id=trial.run_id, target_arn=trial.target_arn, applied=applied))
    app.history.note_applied_event_emitted(trial.run)
    app.metrics.count(metrics.DECISIONS_APPLIED if applied.applied else metrics.DECISIONS_REFUSED, 1)
    app.metrics.count(metrics.CANARIES_PROMOTED if applied.applied else metrics.CANARIES_BACK, 1)
    app.canaries.end(trial)


def _unchangeable(trial: Trial) -> CleanupIncomplete:
    return CleanupIncomplete(
        f"The alias {trial.doing.alias} of {trial.target_arn} changes all the time, so that the canary of run "
        f"{trial.run_id} cannot end. The janitor tries again."
    )
