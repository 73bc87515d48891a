"""Deployments: one event of the default bus becomes a run for each enrolled function that it deployed."""

from typing import Any

from power_tuner import metrics, wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.deployments import Triggering


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """Start runs, or note why there is none to start."""
    settings = wiring.settings()
    triggering = Triggering(
        functions=wiring.functions(),
        profiles=wiring.profiles(),
        leases=wiring.leases(),
        history=wiring.history(),
        executions=wiring.executions(),
        deployments=wiring.deployments(),
        now=wiring.now,
        sleep=wiring.sleep,
        retention_s=settings.retention_s,
        like=settings.state_machine_arn,
    )
    done = triggering.on_event(event)
    metrics.count(metrics.DEPLOYMENTS_SKIPPED, len(done["skipped"]), settings.event_bus_name)
    return done
