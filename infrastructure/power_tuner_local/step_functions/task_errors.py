"""Error names of tasks: as on AWS, the service and its error code."""

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 (botocore's own name)
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_events import (
    StateTaskServiceEvents,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda

if TYPE_CHECKING:
    from power_tuner_local.moto_patches import MotoPatches

_lambda_error = StateTaskLambda._from_error  # noqa: SLF001
_events_error = StateTaskServiceEvents._from_error  # noqa: SLF001
_LOST = (ConnectionError, HTTPClientError)
# The SDK has no exception of their own for these: they have the service's general name.
_GENERAL = {
    "AccessDeniedException": {"Lambda": "AWSLambdaException", "EventBridge": "EventBridgeException"},
}


def error_of(service: str, error: Exception) -> tuple[str, str] | None:
    """Return the name and cause of an error of a service's client; None for any other error.

    >>> error_of("Lambda", ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "slow"}}, "Invoke"))
    ('Lambda.TooManyRequestsException', 'slow')
    """
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        return f"{service}.{_GENERAL.get(code, {}).get(service, code)}", error.response["Error"].get("Message", "")
    if isinstance(error, _LOST):
        return f"{service}.SdkClientException", str(error)
    return None


def _of_lambda(task: Any, env: Any, ex: Exception) -> FailureEvent:
    """Name an error of Lambda (moto names all of them `Exception`)."""
    named = error_of("Lambda", ex)
    if named is None:
        return _lambda_error(task, env, ex)
    return _failure(env, named, HistoryEventType.LambdaFunctionFailed, "lambdaFunctionFailedEventDetails", {})


def _of_events(task: Any, env: Any, ex: Exception) -> FailureEvent:
    """Name an error of EventBridge (moto takes it for a broken state machine, which nothing can catch)."""
    named = error_of("EventBridge", ex)
    if named is None:
        return _events_error(task, env, ex)
    where = {"resource": task._get_sfn_resource(), "resourceType": task._get_sfn_resource_type()}  # noqa: SLF001
    return _failure(env, named, HistoryEventType.TaskFailed, "taskFailedEventDetails", where)


def _failure(
    env: Any, named: tuple[str, str], event: HistoryEventType, details_name: str, more: dict[str, str]
) -> FailureEvent:
    name, cause = named
    details: Any = {details_name: TaskFailedEventDetails(error=name, cause=cause, **more)}  # type: ignore[typeddict-item]
    return FailureEvent(env=env, error_name=CustomErrorName(name), event_type=event, event_details=details)


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto's tasks to name errors as AWS does."""
    patches.replace(StateTaskLambda, _from_error=_of_lambda)
    patches.replace(StateTaskServiceEvents, _from_error=_of_events)
