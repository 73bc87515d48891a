"""Outcomes of the invoke phase: the payload and the log line of each way in which it can end."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from power_tuner_local.lambda_service.sandbox import Stop

if TYPE_CHECKING:
    from power_tuner_local.lambda_service.sandbox import Step

MAX_RESPONSE_BYTES = 6 * (1 << 20) + 100
"""6,291,556, the number in AWS's own error message."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an invoke phase.

    Attributes:
        payload: The payload of the response.
        duration_ns: The duration to report.
        status: `success`, `error` or `timeout`.
        error_type: The platform's error; empty for an error that the function reported itself.
        failed: Whether the response is marked as a function error.
        usable: Whether the sandbox can be reused.
        note: A line for the log; empty for none.
    """

    payload: bytes
    duration_ns: int
    status: str = "success"
    error_type: str = ""
    failed: bool = False
    usable: bool = True
    note: str = ""


def too_large(step: "Step") -> Outcome:
    """Return the outcome of an invocation whose response is too large."""
    error_type = "Function.ResponseSizeTooLarge"
    message = f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
    payload = json.dumps({"errorMessage": message, "errorType": error_type}).encode()
    return Outcome(payload, step.charged_ns, "error", error_type, failed=True)


def stopped(step: "Step", exit_text: str, request_id: str, timeout_s: float) -> Outcome:
    """Return the outcome of an invocation whose process ended before it responded."""
    note, status = "", "error"
    match step.end:
        case Stop.TIMED_OUT:
            message = f"Task timed out after {timeout_s:.2f} seconds"
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            note, status = f"{now} {request_id} {message}\n", "timeout"
            error_type = "Sandbox.Timedout"
        case Stop.OUT_OF_MEMORY:
            message = "Runtime exited with error: signal: killed"
            error_type = "Runtime.OutOfMemory"
        case _:
            error_type = "Runtime.ExitError"
            message = "Runtime exited without providing a reason"
            if exit_text:
                message = f"Runtime exited with error: {exit_text}"
            note = f"RequestId: {request_id} Error: {message}\n{error_type}"
    payload = {"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    return Outcome(
        json.dumps(payload, separators=(",", ":")).encode(),
        step.charged_ns,
        status,
        "" if status == "timeout" else error_type,
        failed=True,
        usable=False,
        note=note,
    )
