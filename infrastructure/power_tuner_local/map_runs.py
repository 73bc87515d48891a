"""Map states as on AWS: children of a Distributed Map are executions, and too many failures fail the run."""

import datetime as dt
import functools
import re
import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import ResourceNotFound
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import distributed_iteration_component
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import IterationWorker
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramError, ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.responses import StepFunctionResponse

from power_tuner_local.moto_changes import change

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.map_run_record import (
        MapRunRecord,
    )
    from moto.stepfunctions.parser.asl.eval.environment import Environment

_DistributedMap = distributed_iteration_component.DistributedIterationComponent
_DistributedWorker = distributed_item_processor_worker.DistributedItemProcessorWorker
_map_run = _DistributedMap._map_run  # noqa: SLF001
_eval_input = _DistributedWorker._eval_input  # noqa: SLF001
_list_executions = StepFunctionResponse.list_executions
_parse = AmazonStateLanguageParser.parse
_WHOLE_PERCENTAGE = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?![\d.])')
_children_lock = threading.Lock()
_PAGE = 100


@dataclass(slots=True)
class Child:
    """One child execution of a Map Run."""

    arn: str
    name: str
    machine_arn: str
    started: dt.datetime
    stopped: dt.datetime | None = None
    status: str = "RUNNING"

    def to_api(self, map_run_arn: str) -> dict[str, Any]:
        """Return an ExecutionListItem."""
        return {
            "executionArn": self.arn,
            "stateMachineArn": self.machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": self.started,
            "mapRunArn": map_run_arn,
            **({"stopDate": self.stopped} if self.stopped else {}),
        }


def _children(record: Any) -> list[Child]:
    """Return a Map Run's list of children, to read or to add to."""
    with _children_lock:
        if not hasattr(record, "children"):
            record.children = []
        children: list[Child] = record.children
        return children


def _eval_input_of_child(worker: Any, env_frame: Any) -> None:
    """Make a job of a Distributed Map an execution of its own.

    Its input is selected in the parent's context; from then on the context object names the child.
    """
    _eval_input(worker, env_frame)
    record: MapRunRecord = worker._map_run_record  # noqa: SLF001
    name = str(uuid.uuid4())
    arn = f"{record.map_state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
    child = Child(arn, name, record.map_state_machine_arn, dt.datetime.now(tz=dt.UTC))
    context = env_frame.states.context_object.context_object_data
    context["Execution"] = {**context["Execution"], "Id": arn, "Name": name}
    context["StateMachine"] = {**context["StateMachine"], "Id": record.map_state_machine_arn}
    env_frame.child = child
    _children(record).append(child)


def _end_child(frame: "Environment") -> None:
    child: Child | None = getattr(frame, "child", None)
    if child is None:
        return
    child.stopped = dt.datetime.now(tz=dt.UTC)
    match frame.program_state():
        case ProgramError():
            child.status = "FAILED"
        case ProgramStopped():
            child.status = "ABORTED"
        case ProgramTimedOut():
            child.status = "TIMED_OUT"
        case _:
            child.status = "SUCCEEDED"


def _eval_inline(worker: Any) -> None:
    """Work through the iterations in a loop (moto recurses once per item and overflows near 1000)."""
    owner, pool = worker._env, worker._job_pool  # noqa: SLF001
    frame = owner.open_frame()
    while (job := pool.next_job()) is not None:
        job_frame = frame.open_inner_frame()
        worker._eval_job(env=job_frame, job=job)  # noqa: SLF001
        frame.close_frame(job_frame)
        if isinstance(job.job_output, Exception) or worker.stopped() or not pool._open_jobs:  # noqa: SLF001
            # the frame closes before the job, so that the owner is up to date when the last job wakes it
            frame.event_history_context.source_event_id = job_frame.event_history_context.last_published_event_id
            owner.close_frame(frame)
            pool.close_job(job)
            return
        pool.close_job(job)
    owner.close_frame(frame)


def _eval_distributed(worker: Any) -> None:
    """Work through the children in a loop, each an execution of its own."""
    owner, pool = worker._env, worker._job_pool  # noqa: SLF001
    while (job := pool.next_job()) is not None:
        job_frame = owner.open_inner_frame()
        worker._eval_job(env=job_frame, job=job)  # noqa: SLF001
        _end_child(job_frame)
        owner.delete_frame(job_frame)
        pool.close_job(job)
        if isinstance(job.job_output, Exception) or worker.stopped():
            return


def _map_run_within_tolerance(component: Any, env: "Environment", eval_input: Any) -> None:
    """Fail a Map Run when more children fail than tolerated (moto lets it succeed, with nulls)."""
    _map_run(component, env, eval_input)
    record = eval_input.map_run_record
    counts = record.item_counter
    failed = counts.failed.get() + counts.timed_out.get()
    share = 100 * failed / max(1, counts.total.get())
    tolerated = failed <= (record.tolerated_failure_count or 0) or share <= (record.tolerated_failure_percentage or 0)
    if failed and not tolerated:
        error = StatesErrorNameType.StatesExceedToleratedFailureThreshold
        raise FailureEventException(
            FailureEvent(
                env=env,
                error_name=StatesErrorName(typ=error),
                event_type=HistoryEventType.MapStateFailed,
                event_details=EventDetails(  # type: ignore[typeddict-item]
                    executionFailedEventDetails=ExecutionFailedEventDetails(
                        error=error.to_name(), cause="The specified tolerated failure threshold was exceeded"
                    )
                ),
            )
        )


def _parse_with_whole_percentages(definition: str, *arguments: Any) -> Any:
    """Read `"ToleratedFailurePercentage": 100`, for which moto's grammar wants a decimal point."""
    return _parse(_WHOLE_PERCENTAGE.sub(r"\1.0", definition), *arguments)


def _list_executions_or_children(response: StepFunctionResponse) -> ActionResult:
    """Serve ListExecutions of a Map Run too."""
    map_run_arn = response._get_param("mapRunArn")  # noqa: SLF001
    if not map_run_arn:
        listed: ActionResult = _list_executions(response)
        return listed
    backend: Any = response.stepfunction_backend
    for execution in backend._get_executions():  # noqa: SLF001
        env = execution.exec_worker.env
        record = env.map_run_record_pool_manager.get(map_run_arn) if env else None
        if record is not None:
            wanted = response._get_param("statusFilter")  # noqa: SLF001
            children = [each for each in _children(record) if wanted in {None, each.status}]
            first = int(response._get_param("nextToken") or 0)  # noqa: SLF001
            last = first + (response._get_int_param("maxResults") or _PAGE)  # noqa: SLF001
            page = {"executions": [each.to_api(map_run_arn) for each in children[first:last]]}
            return ActionResult(page | ({"nextToken": str(last)} if last < len(children) else {}))
    raise ResourceNotFound(map_run_arn)


@functools.cache
def install() -> None:
    """Change moto's Map states."""
    change(AmazonStateLanguageParser, parse=staticmethod(_parse_with_whole_percentages))
    change(_DistributedMap, _map_run=_map_run_within_tolerance)
    change(_DistributedWorker, eval=_eval_distributed, _eval_input=_eval_input_of_child)
    change(IterationWorker, eval=_eval_inline)
    change(StepFunctionResponse, list_executions=_list_executions_or_children)
