"""CleanUpBranch: one power value failed; note why, delete its version, let the others go on."""

from typing import Any

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.operations.cleaning import Cleaning
from power_tuner.tuning.outcome import branch_outcome


@entry_point
def handler(event: Event, _context: Context) -> dict[str, Any]:
    """Turn the caught error into the branch's outcome and delete the branch's version."""
    run_id, memory_mb, error = event["runId"], event["powerValue"], event["error"]
    outcome = branch_outcome(error["Error"], error.get("Cause", ""))
    wiring.documents().save_outcome(run_id, memory_mb, outcome)
    lease = wiring.leases().get(event["targetArn"])
    if lease is not None and lease.run_id == run_id and lease.versions.get(memory_mb) == event["version"]:
        cleaning = Cleaning(wiring.functions(), wiring.leases(), wiring.now, wiring.sleep)
        cleaning.delete_version(event["targetArn"], event["version"])
    return {"powerValue": memory_mb, "outcome": outcome["outcome"]}
