"""What a completion event may say: which run completed. What was decided is read from what the stack recorded."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from power_tuner.automation.policy import Policy
from power_tuner.errors import InvalidInput
from power_tuner.tuning.run_item import CompletedRun

# Step Functions' own limits of an execution's name: neither blanks nor brackets, wildcards or special characters.
_RUN_ID = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,80}")


@dataclass(frozen=True, slots=True)
class Decided:
    """The decision of a run that completed, and what may be done with it.

    Attributes:
        run: its item, as the stack recorded it.
        memory_mb: the decision.
        policy: what may be done with it, as the run noted when it began.
    """

    run: CompletedRun
    memory_mb: int
    policy: Policy


def read_run_id(event: object) -> str:
    """Return which run a completion event is about; nothing else that it says is believed.

    Raises:
        InvalidInput: it names no run.
    """
    detail = event.get("detail") if isinstance(event, Mapping) else None
    run_id = detail.get("runId") if isinstance(detail, Mapping) else None
    return checked_run_id("detail.runId", run_id)


def checked_run_id(field: str, run_id: object) -> str:
    """Return the id of a run, which is the name of an execution.

    Raises:
        InvalidInput: it is none.
    """
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise InvalidInput(field=field, value=run_id, allowed="the id of a run")
    return run_id
