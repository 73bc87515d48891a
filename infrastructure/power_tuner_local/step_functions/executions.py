"""Executions of state machines: names, stops, status-change events and history."""

import datetime as dt
import json
import threading
import uuid
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.parser.utils import TMP_THREADS
from moto.stepfunctions.responses import StepFunctionResponse

from power_tuner_local.step_functions.requests import check_input, page, parameters_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local.moto_patches import MotoPatches

    StatusListener = Callable[[str, dict[str, Any]], None]

_start = Execution.start
_execution_details = Execution.get_start_execution_details
_reflect: Any = BaseExecutionWorkerCommunication._reflect_execution_status  # noqa: SLF001
_start_execution = StepFunctionsParserBackend.start_execution
_describe_execution = StepFunctionResponse.describe_execution
_BEGIN_S = 2.0


class Executions:
    """The executions of one local AWS.

    Args:
        on_status_change: Called with the execution's ARN and the detail of the status-change event.
    """

    def __init__(self, on_status_change: "StatusListener") -> None:
        self._on_status_change = on_status_change
        self._lock = threading.RLock()
        self._running: dict[str, Execution] = {}
        self._interpreting: set[str] = set()

    def running(self) -> list[str]:
        """Return the ARNs of running executions."""
        with self._lock:
            return list(self._running)

    def started(self, execution: Execution) -> None:
        """Register an execution that starts."""
        with self._lock:
            self._running[execution.exec_arn] = execution
            self._on_status_change(execution.exec_arn, _detail(execution, "RUNNING"))

    def ended(self, execution: Execution, settle: "Callable[[], None]") -> bool:
        """Call `settle` to end an execution, unless it has already ended; return whether this call ended it."""
        with self._lock:
            if self._running.pop(execution.exec_arn, None) is None:
                return False
            settle()
            self._on_status_change(execution.exec_arn, _detail(execution, execution.status))
            return True

    def abandon(self) -> None:
        """Stop all executions without status-change events."""
        self._on_status_change = lambda _arn, _detail: None
        with self._lock:
            executions = list(self._running.values())
        for execution in executions:
            execution.stop(dt.datetime.now(tz=dt.UTC), None, None)


def _detail(execution: Execution, status: str) -> dict[str, Any]:
    """Return the detail of AWS's `Step Functions Execution Status Change` event."""
    succeeded = status == "SUCCEEDED"
    stopped = execution.stop_date if status != "RUNNING" else None
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": status,
        "startDate": _epoch_ms(execution.start_date),
        "stopDate": _epoch_ms(stopped) if stopped else None,
        "input": execution.execution_input or "{}",
        "output": json.dumps(execution.output, separators=(",", ":")) if succeeded else None,
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveCount": 0,
        "redriveDate": None,
        "redriveStatus": "NOT_REDRIVABLE",
        "inputDetails": {"included": True},
        "outputDetails": {"included": True} if succeeded else None,
        "error": execution.error,
        "cause": execution.cause,
    }


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _epoch_ms(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1000)


def _details_with_text(execution: Execution) -> Any:
    """Return the start details with `$$.Execution.StartTime` as text (moto's datetime cannot be part of an output)."""
    details: Any = _execution_details(execution)
    details.start_time = _iso(execution.start_date)
    return details


def _observed_end(communication: Any) -> None:
    execution = communication.execution
    TMP_THREADS.clear()  # moto keeps every thread that it has started
    execution.observer.ended(execution, lambda: _reflect(communication))


def _stop_at_once(execution: Any, stop_date: dt.datetime, error: str | None, cause: str | None) -> None:
    """Stop as AWS does: aborted at once, even while tasks still run."""

    def settle() -> None:
        execution.stop_date = stop_date.replace(tzinfo=stop_date.tzinfo or dt.UTC)
        execution.exec_status = ExecutionStatus.ABORTED
        execution.error, execution.cause = error, cause

    if execution.observer.ended(execution, settle):
        threading.Thread(
            target=_stop_interpreting, args=(execution, stop_date, error, cause), daemon=True, name="stop-execution"
        ).start()


def _stop_interpreting(execution: Any, stop_date: dt.datetime, error: str | None, cause: str | None) -> None:
    """Stop the interpreter, once it has started."""
    pause = threading.Event()
    for _ in range(int(_BEGIN_S / 0.01)):
        env = execution.exec_worker.env
        if env is not None and env.is_running():
            env.set_stop(stop_date=stop_date, error=error, cause=cause)
            return
        pause.wait(0.01)


def _start_named(
    backend: StepFunctionsParserBackend,
    state_machine_arn: str,
    name: str | None = None,
    *arguments: Any,
    **named: Any,
) -> Execution:
    """Start an execution with a valid name (moto does not validate it, and uses `None` if it is missing)."""
    name = name or str(uuid.uuid4())
    backend._validate_name(name)  # noqa: SLF001
    check_input(arguments[0] if arguments else named.get("execution_input") or "{}")
    return _start_execution(backend, state_machine_arn, name, *arguments, **named)


def _parameter(response: Any, name: str) -> Any:
    """Return a parameter of the request."""
    return response._get_param(name)  # noqa: SLF001


def _stop_with_reason(response: StepFunctionResponse) -> Any:
    """Serve StopExecution with the caller's error and cause, which moto drops."""
    execution = response.stepfunction_backend.describe_execution(_parameter(response, "executionArn"))
    execution.stop(
        dt.datetime.now(tz=dt.UTC),
        _parameter(response, "error"),
        _parameter(response, "cause"),
    )
    return ActionResult({"stopDate": execution.stop_date})


def _describe_with_stop_date(response: StepFunctionResponse) -> Any:
    """Serve DescribeExecution with the stop date of a timed-out execution, which moto omits."""
    result: Any = _describe_execution(response)
    execution = response.stepfunction_backend.describe_execution(result.result["executionArn"])
    if execution.stop_date:
        result.result["stopDate"] = execution.stop_date
    return result


def _history_page(response: StepFunctionResponse) -> ActionResult:
    """Serve GetExecutionHistory with paging and order, which moto ignores."""
    history = response.stepfunction_backend.get_execution_history(_parameter(response, "executionArn"))
    events = list(history["events"])
    if _parameter(response, "reverseOrder"):
        events.reverse()
    return page("events", events, parameters_of(response))


def patch_moto(patches: "MotoPatches", executions: Executions) -> None:
    """Patch moto's executions to report to `executions` and to respond as AWS's do."""

    def start(execution: Any) -> None:
        execution.observer = executions
        executions.started(execution)
        _start(execution)

    patches.replace(Execution, start=start, stop=_stop_at_once, get_start_execution_details=_details_with_text)
    patches.replace(BaseExecutionWorkerCommunication, terminated=_observed_end)
    patches.replace(StepFunctionsParserBackend, start_execution=_start_named)
    patches.replace(
        StepFunctionResponse,
        stop_execution=_stop_with_reason,
        describe_execution=_describe_with_stop_date,
        get_execution_history=_history_page,
    )
