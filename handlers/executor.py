"""Executor: invoke one batch, as much of it as the time allows."""

from power_tuner.app import App
from power_tuner.entry import Context, Event, entry_point, remaining_s
from power_tuner.steps.executor import BatchItem, BatchProgress, Executor


@entry_point
def handler(app: App, event: Event, context: Context) -> BatchProgress | None:
    """Invoke and measure; IsBatchDone calls again unless ``done``. The first try of a run returns nothing."""
    batch = event["batch"]
    item = BatchItem(
        target_arn=event["targetArn"],
        memory_mb=event["powerValue"],
        version=event["version"],
        begin=batch["begin"],
        count=batch["count"],
        position=batch.get("position", batch["begin"]),
        kept=batch.get("kept"),
        failed=batch.get("failed", 0),
        spent=batch.get("spent", 0.0),
    )
    if batch.get("firstTry"):
        Executor(app).try_once(event["runId"], item, context.aws_request_id)
        return None
    return Executor(app).execute(event["runId"], item, context.aws_request_id, remaining_s(context))
