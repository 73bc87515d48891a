"""What the API of Step Functions refuses and moto accepts: parameters, ARNs, inputs, pages."""

import json
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import (
    AWSError,
    InvalidArn,
    InvalidExecutionInput,
    InvalidToken,
    ValidationException,
)
from moto.stepfunctions.models import StepFunctionBackend
from moto.stepfunctions.parser import api
from moto.stepfunctions.responses import StepFunctionResponse

from power_tuner_local.gateway.constraints import violation
from power_tuner_local.step_functions.json_texts import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from power_tuner_local.moto_patches import MotoPatches

MAX_INPUT_BYTES = 256 * 1024
_PAGE = 100
_ARN_PARTS = 7


def parameters_of(response: StepFunctionResponse) -> dict[str, Any]:
    """Return the parameters of a request."""
    document: Any = json.loads(response.body or "{}")
    return document if isinstance(document, dict) else {}


def page(name: str, items: "Sequence[Any]", parameters: dict[str, Any]) -> ActionResult:
    """Return the page of a list that a request asks for."""
    token = parameters.get("nextToken") or "0"
    if not (token.isascii() and token.isdigit()):
        raise InvalidToken
    first = int(token)
    last = first + (parameters.get("maxResults") or _PAGE)
    return ActionResult({name: items[first:last]} | ({"nextToken": str(last)} if last < len(items) else {}))


def check_input(text: str) -> None:
    """Refuse the input of an execution that AWS refuses."""
    if not text.strip():
        raise _invalid_input("Invalid execution input.")
    if len(text.encode()) > MAX_INPUT_BYTES:
        raise _invalid_input(f"Input is longer than {MAX_INPUT_BYTES} bytes.")
    try:
        read_json(text)
    except ValueError as error:
        raise _invalid_input(str(error)) from None


def _invalid_input(reason: str) -> InvalidExecutionInput:
    return InvalidExecutionInput(f"Invalid State Machine Execution Input: '{reason}'")


def check_arn(arn: str, resource_type: str) -> None:
    """Refuse an ARN that is none of Step Functions, or of another type of resource."""
    if not arn.startswith("arn:"):
        raise InvalidArn(f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[2] != "states" or not parts[-1]:
        raise InvalidArn(f"Invalid Arn: '{arn}'")
    if parts[5] != resource_type:
        raise InvalidArn(f"Invalid Arn: 'Resource type not valid in this context: {parts[5]}'")


def _arn_check(resource_type: str) -> "Callable[[StepFunctionBackend, str], None]":
    return lambda _backend, arn: check_arn(arn, resource_type)


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto to check requests as AWS does, and to name every error."""
    methods = {name: method for name, method in vars(StepFunctionResponse).items() if not name.startswith("_")}
    for operation in api.__dict__.values():
        if isinstance(operation, type) and issubclass(operation, AWSError) and "code" in vars(operation):
            patches.replace(operation, TYPE=operation.code)
    patches.replace(
        StepFunctionBackend,
        _validate_machine_arn=_arn_check("stateMachine"),
        _validate_execution_arn=_arn_check("execution"),
    )
    for name, method in methods.items():
        if callable(method):
            patches.replace(StepFunctionResponse, **{name: _checked(method)})


def _checked(method: "Callable[[StepFunctionResponse], Any]") -> "Callable[[StepFunctionResponse], Any]":
    """Return an operation that refuses parameters outside the model's constraints."""

    def checked(response: StepFunctionResponse) -> Any:
        broken = violation("stepfunctions", response._get_action(), parameters_of(response))  # noqa: SLF001
        if broken is not None:
            raise ValidationException(broken)
        return method(response)

    return checked
