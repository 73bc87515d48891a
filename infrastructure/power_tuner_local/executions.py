"""Executions of state machines: their names, their ends, and the events that tell of both.

moto's interpreter runs in this process; its `Execution` class is wrapped here, once, and reports to the local AWS
that is open at the time.
"""

import datetime
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

if TYPE_CHECKING:
    from collections.abc import Callable

_start = Execution.start
_execution_details = Execution.get_start_execution_details
_reflect = BaseExecutionWorkerCommunication._reflect_execution_status  # noqa: SLF001
_start_execution = StepFunctionsParserBackend.start_execution
_describe_execution = StepFunctionResponse.describe_execution
_BEGIN_S = 2.0
_HISTORY_PAGE = 100


class Executions:
    """The executions of one local AWS.

    Attributes:
        on_status_change: Called with the detail of the status-change event and the execution's ARN.
    """

    def __init__(self) -> None:
        self.on_status_change: Callable[[str, dict[str, Any]], None] = lambda _arn, _detail: None
        self._lock = threading.RLock()
        self._running: dict[str, Execution] = {}
        self._interpreting: set[str] = set()

    def running(self) -> list[str]:
        """Return the ARNs of the executions that run."""
        with self._lock:
            return list(self._running)

    def started(self, execution: Execution) -> None:
        """Note that an execution begins."""
        with self._lock:
            self._running[execution.exec_arn] = execution
            self.on_status_change(execution.exec_arn, _detail(execution, "RUNNING"))

    def ended(self, execution: Execution, settle: "Callable[[], None]") -> bool:
        """Settle how an execution ended, unless it has already ended; tell whether this call settled it."""
        with self._lock:
            if self._running.pop(execution.exec_arn, None) is None:
                return False
            settle()
            self.on_status_change(execution.exec_arn, _detail(execution, execution.status))
            return True

    def abandon(self) -> None:
        """Stop all executions without telling anybody."""
        self.on_status_change = lambda _arn, _detail: None
        with self._lock:
            executions = list(self._running.values())
        for execution in executions:
            execution.stop(datetime.datetime.now(tz=datetime.UTC), None, None)


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


def _iso(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _epoch_ms(moment: datetime.datetime) -> int:
    return round(moment.timestamp() * 1000)


_current = Executions()


def observe(executions: Executions) -> None:
    """Report what moto's interpreter does to these executions from now on."""
    global _current  # noqa: PLW0603 (moto's interpreter is one per process)
    _current = executions


def _details_with_text(execution: Execution) -> Any:
    """Give `$$.Execution.StartTime` as text, as AWS does (moto puts a datetime there, which no output can hold)."""
    details = _execution_details(execution)
    details.start_time = _iso(execution.start_date)
    return details


def _observed_start(execution: Execution) -> None:
    execution.observer = _current
    _current.started(execution)
    _start(execution)


def _observed_end(communication: BaseExecutionWorkerCommunication) -> None:
    execution = communication.execution
    TMP_THREADS.clear()  # moto keeps every thread it ever started
    execution.observer.ended(execution, lambda: _reflect(communication))


def _stop_at_once(execution: Execution, stop_date: datetime.datetime, error: str | None, cause: str | None) -> None:
    """Stop as AWS does: aborted from this moment, whatever the running tasks still do."""

    def settle() -> None:
        execution.stop_date = stop_date.replace(tzinfo=stop_date.tzinfo or datetime.UTC)
        execution.exec_status = ExecutionStatus.ABORTED
        execution.error, execution.cause = error, cause

    if execution.observer.ended(execution, settle):
        threading.Thread(
            target=_stop_interpreting, args=(execution, stop_date, error, cause), daemon=True, name="stop-execution"
        ).start()


def _stop_interpreting(
    execution: Execution, stop_date: datetime.datetime, error: str | None, cause: str | None
) -> None:
    """Stop the interpreter, which may not have begun yet."""
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
    """Start an execution with a valid name (moto checks none, and names those without one `None`)."""
    name = name or str(uuid.uuid4())
    backend._validate_name(name)  # noqa: SLF001
    return _start_execution(backend, state_machine_arn, name, *arguments, **named)


def _stop_with_reason(response: StepFunctionResponse) -> Any:
    """Serve StopExecution with the caller's error and cause, which moto drops."""
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))  # noqa: SLF001
    execution.stop(
        datetime.datetime.now(tz=datetime.UTC), response._get_param("error"), response._get_param("cause")  # noqa: SLF001
    )
    return ActionResult({"stopDate": execution.stop_date})


def _describe_with_stop_date(response: StepFunctionResponse) -> Any:
    """Serve DescribeExecution with the stop date of a timed-out execution, which moto leaves out."""
    result = _describe_execution(response)
    execution = response.stepfunction_backend.describe_execution(result.result["executionArn"])
    if execution.stop_date:
        result.result["stopDate"] = execution.stop_date
    return result



def _history_page(response: StepFunctionResponse) -> ActionResult:
    """Serve GetExecutionHistory in pages and in the order asked for, which moto does not."""
    history = response.stepfunction_backend.get_execution_history(response._get_param("executionArn"))  # noqa: SLF001
    events = list(history["events"])
    if response._get_param("reverseOrder"):  # noqa: SLF001
        events.reverse()
    first = int(response._get_param("nextToken") or 0)  # noqa: SLF001
    last = first + (response._get_int_param("maxResults") or _HISTORY_PAGE)  # noqa: SLF001
    return ActionResult({"events": events[first:last]} | ({"nextToken": str(last)} if last < len(events) else {}))


Execution.start = _observed_start
Execution.get_start_execution_details = _details_with_text
Execution.stop = _stop_at_once
BaseExecutionWorkerCommunication.terminated = _observed_end
StepFunctionsParserBackend.start_execution = _start_named
StepFunctionResponse.stop_execution = _stop_with_reason
StepFunctionResponse.describe_execution = _describe_with_stop_date
StepFunctionResponse.get_execution_history = _history_page
