"""The outcome of an invocation, and of a branch."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from msgspec import UNSET, Struct

from power_tuner.errors import (
    BranchFailed,
    FunctionError,
    OutOfMemory,
    ProcessorFailed,
    TargetTimeout,
    Throttled,
    Unmeasurable,
)
from power_tuner.tuning.error_document import ErrorDocument, read_error_document
from power_tuner.tuning.error_hints import hint
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.sample import Sample

# Below this share of invocations with a REPORT, an average would speak for too few of them.
MEASURED_SHARE = 0.8
MAX_REASON_CHARS = 1500
MAX_ERROR_CHARS = 200
# A process that was ended for its memory had used at least this share of it.
FULL = 0.9

_BRANCH_ERRORS: dict[str, type[BranchFailed]] = {
    error.__name__: error for error in (OutOfMemory, TargetTimeout, FunctionError, Throttled, Unmeasurable)
}
# What Step Functions calls an Executor that died or hung itself.
_EXECUTOR_TIMEOUTS = frozenset({"States.Timeout", "Sandbox.Timedout"})


@dataclass(frozen=True, slots=True)
class Ran:
    """What an invocation ran on."""

    runtime: str
    memory_mb: int
    timeout_s: int


@dataclass(frozen=True, slots=True)
class Invocation:
    """One invocation: its sample, and the error that ends its branch, if it does."""

    sample: Sample
    failure: BranchFailed | None = None


class BranchOutcome(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What ended a branch.

    Attributes:
        outcome: the word for it.
        reason: the sentence.
        ends_run: no other memory size would fare better.
    """

    outcome: str
    reason: str
    ends_run: bool = False


def judge_invocation(
    *,
    ran: Ran,
    report: Report | None,
    function_error: str | None,
    payload: str,
    payload_index: int,
    allowed_exceptions: Collection[str],
    hide_payloads: bool,
) -> Invocation:
    """Turn Lambda's answer into a sample and, if the target failed, into the branch's failure.

    Args:
        ran: what it ran on.
        report: what the log tail said, None when it said nothing.
        function_error: Lambda's FunctionError, None when the function returned.
        payload: the function's output or its error document.
        payload_index: which payload was sent.
        allowed_exceptions: error types that count as success.
        hide_payloads: leave the function's own words out of the failure (``disablePayloadLogs``).
    """
    failure = None
    if function_error is not None:
        failure = _failure(ran, report, payload, allowed_exceptions, hide_payloads=hide_payloads)
    status = failure.outcome if failure else "ok"
    error = str(failure).partition("\n")[0][:MAX_ERROR_CHARS] if isinstance(failure, FunctionError) else UNSET
    if report is None:
        status = status if failure else "unmeasurable"
        return Invocation(Sample(None, None, status=status, payload_index=payload_index, error=error), failure)
    sample = Sample(
        duration_ms=report.duration_ms,
        billed_ms=report.billed_ms,
        init_ms=report.init_ms,
        restore_ms=report.restore_ms,
        max_memory_used_mb=report.max_memory_used_mb,
        extensions_ms=UNSET if report.extensions_ms is None else report.extensions_ms,
        status=status,
        payload_index=payload_index,
        error=error,
    )
    return Invocation(sample, failure)


def branch_outcome(error_name: str, cause: str) -> BranchOutcome:
    """Turn the error that Step Functions caught in a branch into the branch's outcome and reason.

    Args:
        error_name: the error's name, one of ours or one of Step Functions' own.
        cause: a JSON error document of Lambda, or a sentence.
    """
    document = _error_document(cause)
    message = str(document.get("errorMessage") or cause or error_name)
    error = _BRANCH_ERRORS.get(error_name)
    if error is not None:
        return BranchOutcome(outcome=error.outcome, reason=message[:MAX_REASON_CHARS])
    if error_name == ProcessorFailed.__name__:
        return BranchOutcome(outcome="unmeasurable", reason=message[:MAX_REASON_CHARS], ends_run=True)
    if error_name in _EXECUTOR_TIMEOUTS or document.get("errorType") in _EXECUTOR_TIMEOUTS:
        reason = f"one invocation took longer than the Executor can wait: {message}"
        return BranchOutcome(outcome="timeout", reason=reason[:MAX_REASON_CHARS])
    return BranchOutcome(outcome="unmeasurable", reason=f"{error_name}: {message}"[:MAX_REASON_CHARS])


def error_message(error_name: str, cause: str) -> str:
    """Return the sentence inside a cause that Step Functions caught."""
    document = _error_document(cause)
    return str(document.get("errorMessage") or cause or error_name)


def _failure(
    ran: Ran, report: Report | None, payload: str, allowed_exceptions: Collection[str], *, hide_payloads: bool
) -> BranchFailed | None:
    document = read_error_document(payload)
    if document.error_type in allowed_exceptions:
        return None
    words = "its message is hidden: disablePayloadLogs" if hide_payloads else document.message or "no message"
    if _timed_out(ran, report, document):
        return TargetTimeout(f"the function ran into its own timeout: {words}"[:MAX_REASON_CHARS])
    if _out_of_memory(ran, report, document):
        used = f", used {report.max_memory_used_mb} MB" if report and report.max_memory_used_mb else ""
        return OutOfMemory(f"the function needs more memory than this{used}")
    kind = document.error_type or "an error"
    text = f"the function raised {kind}: {document.message}\n{document.trace}".strip()
    if hide_payloads:
        text = f"the function raised {kind} ({words})"
    help_line = f"\n(Perhaps {helps}.)" if (helps := hint(document)) else ""
    return FunctionError(text[: MAX_REASON_CHARS - len(help_line)] + help_line)


def _timed_out(ran: Ran, report: Report | None, document: ErrorDocument) -> bool:
    """Return what Lambda says; a function can give its error the same type, but not the same duration."""
    if report is None:
        return document.timed_out
    return report.timed_out or (document.timed_out and report.duration_ms >= ran.timeout_s * 1000)


def _out_of_memory(ran: Ran, report: Report | None, document: ErrorDocument) -> bool:
    """Return what Lambda or the runtime says; a function can give its error the same type, but not use that memory."""
    if report is None:
        return document.killed or document.heap_exhausted(ran.runtime)
    used_mb = report.max_memory_used_mb or 0
    is_full = used_mb >= FULL * ran.memory_mb
    return report.out_of_memory or (document.killed and is_full) or document.heap_exhausted(ran.runtime)


def _error_document(text: str) -> Mapping[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
