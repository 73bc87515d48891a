"""Record that a run failed, and emit its event."""

from typing import TYPE_CHECKING

from power_tuner.events import POWER_TUNING_FAILED, failed_detail
from power_tuner.ports import Begun
from power_tuner.tuning.iso_time import iso_time
from power_tuner.tuning.outcome import error_message
from power_tuner.tuning.run_item import failed_item

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
    item = failed_item(
        run_id=run_id,
        execution_arn=execution_arn,
        target_arn=begun.target_arn,
        started_at=begun.started_at,
        finished_at=iso_time(app.now()),
        error=error,
        cause=error_message(error, cause),
        expires_at_s=int(app.now()) + app.settings.retention_s,
    )
    if begun.origin:
        item |= {"trigger": begun.origin.trigger, "settings": begun.origin.settings}
    if app.history.record_failure(item):
        app.events.emit(POWER_TUNING_FAILED, failed_detail(item))
        app.history.note_told(item)
    return {"error": error, "cause": item["cause"]}
