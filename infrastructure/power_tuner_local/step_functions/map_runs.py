"""Map states as on AWS: a Distributed Map's children are executions, and too many failures fail the Map Run."""

import re
import uuid
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
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from power_tuner_local.step_functions.child_executions import children_of, end_child, start_child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.stepfunctions.parser.asl.eval.environment import Environment

    from power_tuner_local.iam.permissions import Permissions
    from power_tuner_local.moto_patches import MotoPatches

_DistributedMap = distributed_iteration_component.DistributedIterationComponent
_DistributedWorker = distributed_item_processor_worker.DistributedItemProcessorWorker
_map_run = _DistributedMap._map_run  # noqa: SLF001
_eval_input = _DistributedWorker._eval_input  # noqa: SLF001
_describe_execution = StepFunctionsParserBackend.describe_execution
_list_executions = StepFunctionResponse.list_executions
_parse = AmazonStateLanguageParser.parse
_WHOLE_PERCENTAGE = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?![\d.])')
_PAGE = 100


def _eval_input_of_child(worker: Any, env_frame: Any) -> None:
    """Turn a job of a Distributed Map into an execution.

    Its input is selected in the parent's context; afterwards the context object names the child.
    """
    _eval_input(worker, env_frame)
    start_child(env_frame, worker._map_run_record, str(uuid.uuid4()))  # noqa: SLF001


def _eval_inline(worker: Any) -> None:
    """Process the iterations in a loop (moto recurses once per item and overflows near 1000)."""
    owner, pool = worker._env, worker._job_pool  # noqa: SLF001
    frame = owner.open_frame()
    while (job := pool.next_job()) is not None:
        job_frame = frame.open_inner_frame()
        worker._eval_job(env=job_frame, job=job)  # noqa: SLF001
        frame.close_frame(job_frame)
        if isinstance(job.job_output, Exception) or worker.stopped() or not pool._open_jobs:  # noqa: SLF001
            # the frame closes before the job: the owner must be up to date when the last job wakes it
            frame.event_history_context.source_event_id = job_frame.event_history_context.last_published_event_id
            owner.close_frame(frame)
            pool.close_job(job)
            return
        pool.close_job(job)
    owner.close_frame(frame)


def _eval_distributed(worker: Any) -> None:
    """Process the children in a loop, each as an execution."""
    owner, pool = worker._env, worker._job_pool  # noqa: SLF001
    while (job := pool.next_job()) is not None:
        job_frame = owner.open_inner_frame()
        worker._eval_job(env=job_frame, job=job)  # noqa: SLF001
        end_child(job_frame)
        owner.delete_frame(job_frame)
        pool.close_job(job)
        if isinstance(job.job_output, Exception) or worker.stopped():
            return


def _require_permission(permissions: "Permissions", env: "Environment", record: Any) -> None:
    """Fail a Map Run if the state machine's role may not start its children."""
    machine_arn = record.map_state_machine_arn.rpartition("/")[0]
    refused = permissions.map_run_refusal(env.aws_execution_details.role_arn, machine_arn)
    if refused is not None:
        raise _failed(env, StatesErrorNameType.StatesPermissions, refused)


def _require_tolerance(env: "Environment", record: Any) -> None:
    """Fail a Map Run if more children failed than tolerated (moto lets it succeed, with nulls)."""
    counts = record.item_counter
    failed = counts.failed.get() + counts.timed_out.get()
    share = 100 * failed / max(1, counts.total.get())
    tolerated = failed <= (record.tolerated_failure_count or 0) or share <= (record.tolerated_failure_percentage or 0)
    if failed and not tolerated:
        error = StatesErrorNameType.StatesExceedToleratedFailureThreshold
        raise _failed(env, error, "The specified tolerated failure threshold was exceeded")


def _failed(env: "Environment", error: StatesErrorNameType, cause: str) -> FailureEventException:
    details: Any = {
        "executionFailedEventDetails": ExecutionFailedEventDetails(error=error.to_name(), cause=cause),
    }
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=error),
            event_type=HistoryEventType.MapStateFailed,
            event_details=details,
        )
    )


def _parse_with_whole_percentages(definition: str, *arguments: Any) -> Any:
    """Parse `"ToleratedFailurePercentage": 100` too (moto's grammar requires a decimal point)."""
    return _parse(_WHOLE_PERCENTAGE.sub(r"\1.0", definition), *arguments)


def _list_executions_or_children(response: StepFunctionResponse) -> ActionResult:
    """Serve ListExecutions, also for a Map Run."""
    map_run_arn = response._get_param("mapRunArn")  # noqa: SLF001
    if not map_run_arn:
        listed: ActionResult = _list_executions(response)
        return listed
    status = response._get_param("statusFilter")  # noqa: SLF001
    for record in _map_run_records(response.stepfunction_backend):
        if record.map_run_arn == map_run_arn:
            children = [each for each in children_of(record) if status in {None, each.status}]
            first = int(response._get_param("nextToken") or 0)  # noqa: SLF001
            last = first + (response._get_int_param("maxResults") or _PAGE)  # noqa: SLF001
            page = {"executions": [each.to_api() for each in children[first:last]]}
            return ActionResult(page | ({"nextToken": str(last)} if last < len(children) else {}))
    raise ResourceNotFound(map_run_arn)


def _map_run_records(backend: Any) -> "Iterator[Any]":
    """Yield the Map Runs of all executions."""
    for execution in backend._get_executions():  # noqa: SLF001
        env = execution.exec_worker.env if execution.exec_worker else None
        if env is not None:
            yield from env.map_run_record_pool_manager.get_all()


def _describe_execution_or_child(backend: StepFunctionsParserBackend, execution_arn: str) -> Any:
    """Return an execution; a slash in the state machine's name marks the child of a Map Run."""
    machine, _, _ = execution_arn.rpartition(":")
    if "/" in machine:
        for record in _map_run_records(backend):
            if record.map_state_machine_arn.replace(":stateMachine:", ":execution:") == machine:
                for child in children_of(record):
                    if child.execution_arn == execution_arn:
                        return child
    return _describe_execution(backend, execution_arn)


def patch_moto(patches: "MotoPatches", permissions: "Permissions") -> None:
    """Patch moto's Map states to behave as AWS's; the permissions decide who may start children."""

    def map_run(component: Any, env: "Environment", eval_input: Any) -> None:
        _require_permission(permissions, env, eval_input.map_run_record)
        _map_run(component, env, eval_input)
        _require_tolerance(env, eval_input.map_run_record)

    patches.replace(AmazonStateLanguageParser, parse=staticmethod(_parse_with_whole_percentages))
    patches.replace(_DistributedMap, _map_run=map_run)
    patches.replace(_DistributedWorker, eval=_eval_distributed, _eval_input=_eval_input_of_child)
    patches.replace(IterationWorker, eval=_eval_inline)
    patches.replace(StepFunctionsParserBackend, describe_execution=_describe_execution_or_child)
    patches.replace(StepFunctionResponse, list_executions=_list_executions_or_children)
