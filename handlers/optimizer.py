"""Optimizer: apply the decision of a completion event that asks for it, or take back what was applied."""

from typing import Any

from power_tuner import metrics, wiring
from power_tuner.automation.completion import read_completed
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.optimizer import Optimizing


@entry_point
def handler(event: Event, context: Context) -> dict[str, Any]:
    """Apply the decision in the event's detail; ``{"rollback": run id}`` takes one back."""
    optimizing = Optimizing(
        functions=wiring.functions(),
        leases=wiring.leases(),
        history=wiring.history(),
        parameters=wiring.parameters(),
        events=wiring.events(),
        now=wiring.now,
        sleep=wiring.sleep,
        count_decision=_count,
    )
    if isinstance(event, dict) and "rollback" in event:
        return optimizing.roll_back(event["rollback"])
    return optimizing.apply(read_completed(event), context.aws_request_id)


def _count(applied: bool) -> None:  # noqa: FBT001 (the one thing that is told)
    name = metrics.DECISIONS_APPLIED if applied else metrics.DECISIONS_REFUSED
    metrics.count(name, 1, wiring.settings().event_bus_name)
