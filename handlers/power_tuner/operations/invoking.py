"""One measured invocation, with the processors before and after it."""

from typing import TYPE_CHECKING

from power_tuner.errors import BranchFailed, ProcessorFailed, Throttled, Unmeasurable
from power_tuner.ports import PATIENCE_S, FunctionNotFound, InvocationThrottled, SwitchedOff
from power_tuner.tuning.json_text import is_json
from power_tuner.tuning.outcome import MAX_REASON_CHARS, Invocation, Ran, judge_invocation
from power_tuner.tuning.payloads import as_json
from power_tuner.tuning.report_line import find_report
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample

if TYPE_CHECKING:
    from power_tuner.app import App


def invoke_once(
    app: "App",
    plan: RunPlan,
    target_arn: str,
    version: str | None,
    payload_index: int,
    *,
    memory_mb: int,
    patience_s: float = PATIENCE_S,
) -> Invocation:
    """Invoke a target as its run does, and return the sample and any failure.

    Args:
        app: the app.
        plan: the run's plan: payloads, processors, allowed exceptions.
        target_arn: the function.
        version: the version that must run, None for ``$LATEST``.
        payload_index: which of the plan's payloads is sent.
        memory_mb: the memory size that its REPORT must tell.
        patience_s: how long a throttled invocation waits.

    Raises:
        ProcessorFailed: the pre- or post-processor failed.
    """
    payload = as_json(plan.run_input.payloads[payload_index].payload)
    if plan.run_input.pre_processor:
        output = _process(app, plan.run_input.pre_processor, payload, "pre-processor", plan)
        if not _is_empty(output):
            _require_json(output, "pre-processor", plan.run_input.pre_processor, "the function cannot be given it")
            payload = output
    try:
        answer = app.functions.invoke(target_arn, version, payload, want_log=True, patience_s=patience_s)
    except InvocationThrottled as error:
        return _failed(Throttled(str(error)), payload_index)
    except SwitchedOff as error:
        return _failed(Unmeasurable(str(error)), payload_index)
    except FunctionNotFound:
        gone = f"version {version} is gone; somebody deleted it, or the run was stopped"
        return _failed(Unmeasurable(gone), payload_index)
    if version is not None and answer.executed_version != version:
        ran = f"version {answer.executed_version} ran instead of {version}"
        return _failed(Unmeasurable(ran), payload_index)
    if plan.run_input.post_processor and answer.function_error is None:
        _require_json(answer.payload, "function", target_arn, "the post-processor cannot be given it")
        _process(app, plan.run_input.post_processor, answer.payload, "post-processor", plan)
    return judge_invocation(
        ran=Ran(plan.target.runtime or "", memory_mb, plan.target.timeout_s),
        report=find_report(answer.log_tail, answer.request_id, memory_mb, tells_runtime=plan.target.tells_runtime),
        function_error=answer.function_error,
        payload=answer.payload,
        payload_index=payload_index,
        allowed_exceptions=plan.run_input.allowed_exceptions,
        hide_payloads=plan.run_input.disable_payload_logs,
    )


def _process(app: "App", function: str, payload: str, role: str, plan: RunPlan) -> str:
    try:
        answer = app.functions.invoke(function, None, payload, want_log=False)
    except Exception as error:
        raise ProcessorFailed(f"the {role} {function} could not be invoked: {error}") from error
    if answer.function_error is None:
        return answer.payload
    words = "its message is hidden: disablePayloadLogs" if plan.run_input.disable_payload_logs else answer.payload
    raise ProcessorFailed(f"the {role} {function} failed: {words}"[:MAX_REASON_CHARS])


def _require_json(output: str, role: str, function: str, consequence: str) -> None:
    """Lambda takes JSON only; what a function writes need not be any, such as NaN."""
    if not is_json(output):
        raise ProcessorFailed(f"the output of the {role} {function} is no JSON, so {consequence}")


def _is_empty(output: str) -> bool:
    return output.strip() in {"", "null", '""', "{}"}


def _failed(failure: BranchFailed, payload_index: int) -> Invocation:
    sample = Sample(duration_ms=None, billed_ms=None, status=failure.outcome, payload_index=payload_index)
    return Invocation(sample, failure)
