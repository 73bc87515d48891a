"""Drift: is one enrolled target still what it was when it was tuned?"""

from typing import Any

from power_tuner import metrics, wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.drift import Drifting


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """Check the target; tell and start a run when it drifted."""
    drifting = Drifting(
        functions=wiring.functions(),
        profiles=wiring.profiles(),
        baselines=wiring.baselines(),
        logs=wiring.production_logs(),
        leases=wiring.leases(),
        history=wiring.history(),
        documents=wiring.documents(),
        executions=wiring.executions(),
        events=wiring.events(),
        now=wiring.now,
        sleep=wiring.sleep,
    )
    checked = drifting.check(event["targetArn"])
    drifted = checked["outcome"] in {"drifted", "replaced"}
    metrics.count(metrics.DRIFTS, int(drifted), wiring.settings().event_bus_name)
    return checked
