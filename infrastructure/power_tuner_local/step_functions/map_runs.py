"""Map states as on AWS: a Distributed Map's children are executions, and too many failures fail the Map Run."""

import json
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
from moto.stepfunctions.parser.asl.component.state.exec.state_map.label import Label
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from power_tuner_local.step_functions.child_executions import children_of, end_child, start_child
from power_tuner_local.step_functions.requests import check_arn, page, parameters_of

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
_MAX_LABEL = 40
_NOT_IN_LABEL = re.compile(r"""[ ?*<>{}\[\]:;,\\|^~$#%&`"\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]""")
_WHOLE_PERCENTAGE = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?![\d.])')


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
    parameters = parameters_of(response)
    if "mapRunArn" in parameters:
        record = _map_run_record(response.stepfunction_backend, parameters["mapRunArn"])
        status = parameters.get("statusFilter")
        children = [each.to_api() for each in children_of(record) if status in {None, each.status}]
        return page("executions", children, parameters)
    listed: Any = _list_executions(response)
    machine = response.stepfunction_backend.describe_state_machine(parameters["stateMachineArn"])
    stops = {each.execution_arn: each.stop_date for each in machine.executions if each.stop_date}
    for item in listed.result["executions"]:
        if stop_date := stops.get(item["executionArn"]):
            item["stopDate"] = stop_date
    return listed  # type: ignore[no-any-return]


def _list_map_runs(response: StepFunctionResponse) -> ActionResult:
    """Serve ListMapRuns in pages (moto has none), also of an execution that has just started."""
    parameters = parameters_of(response)
    execution: Any = response.stepfunction_backend.describe_execution(parameters["executionArn"])
    return page("mapRuns", [record.list_item() for record in _records_of(execution)], parameters)


def _describe_map_run(backend: StepFunctionsParserBackend, map_run_arn: str) -> dict[str, Any]:
    described: dict[str, Any] = _map_run_record(backend, map_run_arn).describe()
    return described


def _update_map_run(backend: StepFunctionsParserBackend, map_run_arn: str, *args: Any, **kwargs: Any) -> None:
    _map_run_record(backend, map_run_arn).update(*args, **kwargs)


def _map_run_record(backend: Any, map_run_arn: str) -> Any:
    """Return a Map Run.

    Raises:
        ResourceNotFound: There is none of this ARN.
    """
    check_arn(map_run_arn, "mapRun")
    for record in _map_run_records(backend):
        if record.map_run_arn == map_run_arn:
            return record
    raise ResourceNotFound(map_run_arn)


def _map_run_records(backend: Any) -> "Iterator[Any]":
    """Yield the Map Runs of all executions."""
    for execution in backend._get_executions():  # noqa: SLF001
        yield from _records_of(execution)


def _records_of(execution: Any) -> list[Any]:
    """Return the Map Runs of an execution; none while it starts, and of a child."""
    worker = getattr(execution, "exec_worker", None)
    return worker.env.map_run_record_pool_manager.get_all() if worker is not None and worker.env is not None else []


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


def _read_label(component: Any, label: str) -> None:
    """Read the label of a Map state (moto refuses some letters outside ASCII, and counts others twice)."""
    component.label = json.loads(f'"{label}"', strict=False)
    if not component.label:
        raise ValueError("Label cannot be empty")
    if len(component.label) > _MAX_LABEL:
        raise ValueError(f"Label cannot exceed {_MAX_LABEL} characters")
    if refused := _NOT_IN_LABEL.search(component.label):
        raise ValueError(f"Label contains invalid character: '{refused[0].encode('unicode-escape').decode()}'")


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
    patches.replace(StepFunctionsParserBackend, describe_map_run=_describe_map_run, update_map_run=_update_map_run)
    patches.replace(StepFunctionResponse, list_executions=_list_executions_or_children, list_map_runs=_list_map_runs)
    patches.replace(Label, __init__=_read_label)
