"""Error names of tasks: as on AWS, the service and its error code."""

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 (botocore's own name)
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_events import (
    StateTaskServiceEvents,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda

if TYPE_CHECKING:
    from power_tuner_local.moto_patches import MotoPatches

_start_execution = StateTaskServiceSfn._eval_service_task  # noqa: SLF001
_lambda_error = StateTaskLambda._from_error  # noqa: SLF001
_events_error = StateTaskServiceEvents._from_error  # noqa: SLF001
_aws_sdk_name = StateTaskServiceAwsSdk._normalise_service_error_name  # noqa: SLF001
_UNQUALIFIED = re.compile(r"Function not found: arn:[^:]*:lambda:[^:]*:[^:]*:function:[^:]+")
_LOST = (ConnectionError, HTTPClientError)
_SDK_NAMES = {
    "eventbridge": "EventBridge",
    "lambda": "Lambda",
    "s3": "S3",
    "secretsmanager": "SecretsManager",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
}
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
    named = _of_lambda_service(ex) if isinstance(ex, ClientError) else error_of("Lambda", ex)
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


def _of_lambda_service(client_error: ClientError) -> tuple[str, str]:
    """Return the name of an error response of Lambda, and its cause with the response's details."""
    code, message = client_error.response["Error"]["Code"], client_error.response["Error"].get("Message", "")
    # Step Functions asks for a version: without one, for the unpublished
    message = f"{message}:$LATEST" if _UNQUALIFIED.fullmatch(message) else message
    metadata = client_error.response["ResponseMetadata"]
    details = {
        "Service": "AWSLambda",
        "Status Code": metadata["HTTPStatusCode"],
        "Error Code": code,
        "Request ID": metadata["RequestId"],
        "Proxy": "null",
    }
    named = "; ".join(f"{key}: {value}" for key, value in details.items())
    return f"Lambda.{_GENERAL.get(code, {}).get('Lambda', code)}", f"{message} ({named})"


def _start_nested_execution(
    task: Any, env: Any, resource_runtime_part: Any, normalised_parameters: dict[str, Any], state_credentials: Any
) -> None:
    """Start an execution with parameters in the SDK's spelling (moto passes them on as they are in the state)."""
    parameters = {key[0].lower() + key[1:]: value for key, value in normalised_parameters.items()}
    _start_execution(task, env, resource_runtime_part, parameters, state_credentials)
    answer = env.stack[-1]
    env.stack[-1] = {
        "ExecutionArn": answer["executionArn"],
        "StartDate": round(answer["startDate"].timestamp() * 1000),
    }


def _aws_sdk_service(service: str) -> str:
    """Return the name of a service in the errors of an SDK integration (moto knows two)."""
    return _SDK_NAMES.get(service.lower()) or str(_aws_sdk_name(service))


def _failure(
    env: Any, named: tuple[str, str], event: HistoryEventType, details_name: str, more: dict[str, str]
) -> FailureEvent:
    name, cause = named
    details: Any = {details_name: TaskFailedEventDetails(error=name, cause=cause, **more)}  # type: ignore[typeddict-item]
    return FailureEvent(env=env, error_name=CustomErrorName(name), event_type=event, event_details=details)


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto's tasks to name errors as AWS does."""
    patches.replace(StateTaskLambda, _from_error=_of_lambda)
    patches.replace(StateTaskServiceLambda, _error_cause_from_client_error=staticmethod(_of_lambda_service))
    patches.replace(StateTaskServiceSfn, _eval_service_task=_start_nested_execution)
    patches.replace(StateTaskServiceAwsSdk, _normalise_service_error_name=staticmethod(_aws_sdk_service))
    patches.replace(StateTaskServiceEvents, _from_error=_of_events)
