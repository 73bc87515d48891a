"""Record that a run failed, and emit its event."""

from typing import TYPE_CHECKING

from power_tuner.events import tuning_failed
from power_tuner.ports import Begun
from power_tuner.tuning.arn import name_of
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.outcome import error_message
from power_tuner.tuning.run_item import UNKNOWN_TARGET, FailedRun

if TYPE_CHECKING:
    from power_tuner.app import App


def record_failure(
    app: "App", *, run_id: str, execution_arn: str, begun: Begun, error: str, cause: str
) -> dict[str, str]:
    """Write the item of a run that failed and emit the failure event, unless it was emitted already.

    Args:
        app: the app.
        run_id: the execution's name.
        execution_arn: the execution.
        begun: what the run recorded; without a target if it failed before its input was accepted.
        error: the name of the error.
        cause: a sentence, or the error document of a Lambda function.

    Returns:
        The ``error`` and ``cause`` of the failed execution: a name and a sentence.
    """
    target_arn = begun.target_arn or UNKNOWN_TARGET
    run = FailedRun(
        run_id=run_id,
        target_arn=target_arn,
        target_name=name_of(target_arn),
        started_at=begun.started_at,
        finished_at=iso_time(app.now()),
        execution_arn=execution_arn,
        trigger=begun.origin.trigger if begun.origin else None,
        settings=begun.origin.settings if begun.origin else None,
        started_by=begun.origin.started_by if begun.origin else None,
        comment=begun.origin.comment if begun.origin else None,
        error=error,
        cause=error_message(error, cause),
        expires_at_s=int(app.now()) + app.settings.retention_s,
    )
    if app.history.record_failure(run):
        app.events.emit(tuning_failed(run))
        app.history.note_event_emitted(run.key)
    return {"error": error, "cause": run.cause}
