"""Optimizer: apply the decision of a completion event that asks for it, or roll it back."""

from msgspec import to_builtins

from power_tuner.app import App
from power_tuner.automation.by_hand import read_by_hand
from power_tuner.automation.completion import checked_run_id, read_run_id
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.optimizer import Optimizer


@entry_point
def handler(app: App, event: Event, context: Context) -> object:
    """Apply the decision of the run that the event names.

    ``{"apply": run id, "alias": name}`` applies one by hand, ``{"rollback": run id}`` rolls one back.
    """
    if isinstance(event, dict) and "rollback" in event:
        run, restored = Optimizer(app).roll_back(checked_run_id("rollback", event["rollback"]))
        return {"runId": run.run_id, "targetArn": run.target_arn, **to_builtins(restored)}
    if isinstance(event, dict) and "apply" in event:
        return Optimizer(app).apply_by_hand(read_by_hand(event), context.aws_request_id)
    return Optimizer(app).apply(read_run_id(event), context.aws_request_id)
