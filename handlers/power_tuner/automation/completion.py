"""What a completion event may say: which run completed. What was decided is read from what the stack recorded."""

from collections.abc import Mapping
from dataclasses import dataclass

from power_tuner.automation.policy import Policy
from power_tuner.errors import InvalidInput
from power_tuner.tuning.run_item import CompletedRun


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
    if not isinstance(run_id, str) or not run_id:
        raise InvalidInput(field="detail.runId", value=run_id, allowed="the id of a run")
    return run_id
