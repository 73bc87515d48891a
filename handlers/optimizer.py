"""Optimizer: apply the decision of a completion event that asks for it, or take back what was applied."""

from typing import Any

from power_tuner import measures, wiring
from power_tuner.domain.completion import read_completed
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.optimizing import Optimizing


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
    name = measures.DECISIONS_APPLIED if applied else measures.DECISIONS_REFUSED
    measures.count(name, 1, wiring.settings().event_bus_name)
