"""CleanUpOnError: whatever went wrong, nothing of the run is left, and its failure is seen.

Called by the state machine's Catch, and by the status-change event of an execution that was stopped or timed out.
"""

from power_tuner import wiring
from power_tuner.entry import Context, Event, entry_point
from power_tuner.operations.cleaning import Cleaning
from power_tuner.operations.failing import Failing
from power_tuner.ports import Begun
from power_tuner.tuning.iso_time import iso_time

# After these nobody saw the Publisher end: Lambda's answer was lost, or the execution was ended around it.
_PUBLISHER_MAY_RUN = frozenset(
    {
        "Execution.ABORTED",
        "Execution.TIMED_OUT",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
    }
)


@entry_point
def handler(event: Event, _context: Context) -> dict[str, str]:
    """Record the failure, then clean up; returns the error that the execution fails with."""
    run_id, error = event["runId"], event["error"]
    begun = wiring.history().begun(run_id) or Begun(None, _started_at(event))
    failing = Failing(wiring.history(), wiring.events(), wiring.now, wiring.settings().retention_s)
    try:
        return failing.record_failed(
            run_id=run_id,
            execution_arn=event["executionArn"],
            begun=begun,
            error=error["Error"],
            cause=error.get("Cause", ""),
        )
    finally:
        # Even when its failure cannot be recorded, nothing of the run may stay on the target.
        if begun.target_arn is not None:
            cleaning = Cleaning(wiring.functions(), wiring.leases(), wiring.now, wiring.sleep)
            may_run = error["Error"] in _PUBLISHER_MAY_RUN
            cleaning.clean_up(begun.target_arn, run_id, publisher_may_run=may_run)


def _started_at(event: Event) -> str:
    """Return when the execution started: the state machine says it as text, its event in milliseconds."""
    if "startedAt" in event:
        return str(event["startedAt"])
    return iso_time(event["startedAtMs"] / 1000)
