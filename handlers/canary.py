"""Canary: look at a new version that gets a share of an alias's calls, or take it back.

Called by the state machine, and by the status-change event of an execution that was stopped or timed out.
"""

from power_tuner.app import App
from power_tuner.automation.canary_call import read_canary_call
from power_tuner.entry import Context, Event, entry_point
from power_tuner.steps.canary import Canary, Look


@entry_point
def handler(app: App, event: Event, _context: Context) -> Look | None:
    """Look at the canary of a run; with an error, or the end of an execution, take it back."""
    call, canary = read_canary_call(event), Canary(app)
    if call.execution_arn:
        canary.stopped(call.execution_arn, call.why)
        return None
    if call.why:
        canary.give_up(call.run_id, call.why)
        return None
    return canary.look(call.run_id)
