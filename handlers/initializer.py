"""Initializer: one input becomes one validated run that holds the lease on its target."""

from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.initializer import Beginning, Execution


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """Begin a run; refuse a bad input before anything is touched."""
    execution = Execution(run_id=event["runId"], arn=event["executionArn"], started_at=event["startedAt"])
    settings = wiring.settings()
    beginning = Beginning(
        functions=wiring.functions(),
        leases=wiring.leases(),
        documents=wiring.documents(),
        history=wiring.history(),
        profiles=wiring.profiles(),
        now=wiring.now,
        sleep=wiring.sleep,
        default_memories_mb=settings.default_memories_mb,
        max_concurrent_branches=settings.max_concurrent_branches,
        stack_policy=settings.stack_policy,
    )
    return beginning.begin(event["input"], execution)
