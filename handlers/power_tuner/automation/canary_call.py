"""What Canary is called for: a look, a run whose execution cannot go on, or an execution that was ended."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from power_tuner.automation.completion import checked_run_id
from power_tuner.errors import InvalidInput

_ENDS = ("ABORTED", "TIMED_OUT", "FAILED")
# Longer than any ARN.
_MAX_ARN_CHARS = 2000
# As Step Functions and Lambda name errors.
_ERROR_NAME = re.compile(r"[\w.$-]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class CanaryCall:
    """What Canary is called for.

    Attributes:
        run_id: whose canary; empty if only its execution is known.
        execution_arn: of a canary's execution that was ended from outside; else empty.
        why: everything goes back; empty if it is only looked at.
    """

    run_id: str = ""
    execution_arn: str = ""
    why: str = ""


def read_canary_call(event: object) -> CanaryCall:
    """Return what the state machine, or the rule about its executions, calls for.

    Raises:
        InvalidInput: the event names neither a run nor an execution that ended.
    """
    told = event if isinstance(event, Mapping) else {}
    if "status" in told:
        arn, status = told.get("executionArn"), told["status"]
        if not isinstance(status, str) or status not in _ENDS:
            raise InvalidInput(field="status", value=status, allowed=", ".join(_ENDS))
        if not isinstance(arn, str) or not 0 < len(arn) <= _MAX_ARN_CHARS:
            raise InvalidInput(field="executionArn", value=arn, allowed="the ARN of an execution")
        return CanaryCall(execution_arn=arn, why=f"its execution was ended from outside ({status})")
    run_id = checked_run_id("runId", told.get("runId"))
    return CanaryCall(run_id, why=_name(told["error"]) if "error" in told else "")


def _name(error: object) -> str:
    """Return the name of an error; what has none ends a canary all the same."""
    name = error.get("Error") if isinstance(error, Mapping) else None
    return name if isinstance(name, str) and _ERROR_NAME.fullmatch(name) else "its execution could not go on"
