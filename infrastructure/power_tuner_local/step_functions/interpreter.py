"""moto's Step Functions interpreter: how it matches errors and how tasks call services."""

import functools
import json
import logging
import pickle  # nosec B403
import sys
from typing import TYPE_CHECKING, Any

import moto.stepfunctions.models as stepfunctions_models
from moto.stepfunctions.parser.api import ExecutionFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.common.timeouts.heartbeat import HeartbeatSecondsPath
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSecondsPath
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_lambda
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from power_tuner_local.step_functions.json_paths import missing_path
from power_tuner_local.step_functions.requests import MAX_INPUT_BYTES

if TYPE_CHECKING:
    from power_tuner_local.iam.role_clients import RoleClients
    from power_tuner_local.moto_patches import MotoPatches

_matches = ErrorEqualsDecl._eval_body  # noqa: SLF001
_init_failure = FailureEvent.__init__
_eval_state = ExecutionState._eval_state  # noqa: SLF001
_set_error = Environment.set_error
_NEVER_MATCHED = "States.Runtime"
_TIMEOUTS = frozenset({"States.Timeout", "States.HeartbeatTimeout"})


def _name(error: Any) -> str:
    return str(error.error_name)


def _matches_but_not_runtime(names: ErrorEqualsDecl, env: Environment) -> None:
    """Match an error name.

    Unlike in moto, nothing matches States.Runtime, not even its own name, and States.TaskFailed matches every other
    name except those of timeouts.
    """
    error_name = None if env.stack[-1] is None else str(env.stack[-1].error_name)
    if error_name == _NEVER_MATCHED:
        env.stack[-1] = False
    elif (
        error_name is not None and error_name not in _TIMEOUTS and "States.TaskFailed" in map(_name, names.error_names)
    ):
        env.stack[-1] = True
    else:
        _matches(names, env)


def _is_within_size_quota(value: Any) -> bool:
    """Return whether a value has at most 256 KiB as JSON (moto counts white space and escapes, but no quotes)."""
    text = json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "surrogatepass")) <= MAX_INPUT_BYTES


def _set_error_unless_over(env: Environment, error: ExecutionFailedEventDetails) -> None:
    """Set an error, unless the program was stopped or timed out (in moto it fails when its tasks notice)."""
    if not isinstance(env._program_state, ProgramStopped | ProgramTimedOut):  # noqa: SLF001
        _set_error(env, error)


def _entered_event_id(history: Any, last_event_id: int, state_name: str) -> int:
    """Return the id of the event that a state was entered with (moto takes the last event's)."""
    events = {event["id"]: event for event in history}
    event_id = last_event_id
    while event := events.get(event_id):
        if event.get("stateEnteredEventDetails", {}).get("name") == state_name:
            return event_id
        event_id = event["previousEventId"]
    return last_event_id


def _new_failure(failure: Any, env: Environment, *arguments: Any, **named: Any) -> None:
    """Make a failure event; a runtime error names the event that its state was entered with, and the missing path."""
    _init_failure(failure, env, *arguments, **named)
    if str(getattr(failure.error_name, "error_name", "")) != _NEVER_MATCHED:
        return
    failure.source_event_id = _entered_event_id(
        env.event_manager.get_event_history(), failure.source_event_id, failure.state_name
    )
    missing = sys.exception()
    if isinstance(missing, NoSuchJsonPathError) and (reason := missing_path(missing.json_path, missing.data)):
        for details in (failure.event_details or {}).values():
            if details["cause"].startswith("Invalid path"):
                details["cause"] = f"Invalid path '{missing.json_path}' : {reason}"


def _eval_state_after_paths(component: Any, env: Environment) -> None:
    """Evaluate a state; a missing path of a timeout or heartbeat fails the execution, not the state's task."""
    for seconds in (component.timeout, component.heartbeat):
        if isinstance(seconds, TimeoutSecondsPath | HeartbeatSecondsPath):
            seconds.eval(env=env)
            env.stack.pop()
    _eval_state(component, env)


@functools.lru_cache(maxsize=64)
def _pickled_program(definition: str) -> bytes:
    return pickle.dumps(AmazonStateLanguageParser.parse(definition)[0])


def _program_of(worker: ExecutionWorker) -> Any:
    """Return an execution's own copy of its program (moto parses the definition anew, which takes a tenth of a run)."""
    definition = worker._evaluation_details.state_machine_details.definition  # noqa: SLF001
    return pickle.loads(_pickled_program(definition))  # noqa: S301 (of this process) # nosec B301


def patch_moto(patches: "MotoPatches", clients: "RoleClients") -> None:
    """Patch moto's interpreter to match errors as AWS does, and to call services with the clients of roles."""

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:  # noqa: ARG001 (moto's signature)
        return clients.client_for(service, getattr(state_credentials, "role_arn", None))

    patches.replace(ErrorEqualsDecl, _eval_body=_matches_but_not_runtime)
    patches.replace(Environment, set_error=_set_error_unless_over)
    for module in (state, state_task_lambda, state_task_service):
        patches.replace(module, is_within_size_quota=_is_within_size_quota)
    patches.replace(FailureEvent, __init__=_new_failure)
    patches.replace(ExecutionState, _eval_state=_eval_state_after_paths)
    patches.replace(ExecutionWorker, _get_evaluation_entrypoint=_program_of)
    # moto's CloudFormation creates state machines in the backend that only pretends to run them
    patches.replace(stepfunctions_models, stepfunctions_backends=stepfunctions_parser_backends)
    for module in list(sys.modules.values()):
        if module.__name__.startswith("moto.stepfunctions.") and hasattr(module, "boto_client_for"):
            patches.replace(module, boto_client_for=client_for)
    # an execution's errors are in its status; the interpreter logs them too, at length
    logging.getLogger("moto.stepfunctions").setLevel(logging.CRITICAL)
