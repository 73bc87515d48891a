"""Lambda's configuration of asynchronous invocations: retries, age and destinations."""

import time
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import InvalidParameterError, ResourceNotFoundError
from power_tuner_local.lambda_service.functions import Function, FunctionRegistry
from power_tuner_local.lambda_service.names import LATEST, FunctionName, read_function_name
from power_tuner_local.lambda_service.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]

_SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_SIDES = ("OnSuccess", "OnFailure")
_SERVICES = frozenset({"lambda", "sqs", "sns", "events", "s3"})
_NO_FUNCTION = "The function doesn't exist."


class EventInvokeApi:
    """Stores how asynchronous invocations are retried and where their results go."""

    def __init__(self, registry: FunctionRegistry) -> None:
        self._registry = registry

    def actions(self) -> "dict[str, Callable[[Parameters], dict[str, Any] | None]]":
        """Return the operations by name."""
        return {
            "PutFunctionEventInvokeConfig": self.put,
            "UpdateFunctionEventInvokeConfig": self.update,
            "GetFunctionEventInvokeConfig": self.show,
            "DeleteFunctionEventInvokeConfig": self.delete,
            "ListFunctionEventInvokeConfigs": self.list_all,
        }

    def put(self, request: "Parameters") -> dict[str, Any]:
        """Set a configuration."""
        return self._keep(request, replaces=True)

    def update(self, request: "Parameters") -> dict[str, Any]:
        """Change a configuration."""
        return self._keep(request, replaces=False)

    def show(self, request: "Parameters") -> dict[str, Any]:
        """Return a configuration."""
        function, qualifier = self._configured(request)
        return dict(function.event_invoke[qualifier])

    def delete(self, request: "Parameters") -> None:
        """Restore the defaults."""
        function, qualifier = self._configured(request)
        del function.event_invoke[qualifier]

    def list_all(self, request: "Parameters") -> dict[str, Any]:
        """Return the configurations of $LATEST and of all versions and aliases."""
        try:
            function = self._registry.find(FunctionName(read_function_name(request["FunctionName"]).name))
        except ResourceNotFoundError as error:
            raise ResourceNotFoundError(_NO_FUNCTION) from error
        with function.lock:
            return page("FunctionEventInvokeConfigs", list(function.event_invoke.values()), request)

    def _keep(self, request: "Parameters", *, replaces: bool) -> dict[str, Any]:
        given = {key: request[key] for key in _SETTINGS if request.get(key) is not None}
        if not given:
            raise InvalidParameterError("You must specify at least one of error handling or destination setting.")
        _check_services(request.get("DestinationConfig") or {})
        try:
            function, qualifier = self._registry.find_version(request["FunctionName"], request.get("Qualifier"))
        except ResourceNotFoundError as error:
            raise ResourceNotFoundError(_NO_FUNCTION) from error
        self._check_functions(function, request.get("DestinationConfig") or {})
        if "DestinationConfig" in given:
            given["DestinationConfig"] = {side: given["DestinationConfig"].get(side) or {} for side in _SIDES}
        if not replaces:
            self._configured(request)
        with function.lock:
            before = (
                {"DestinationConfig": {side: {} for side in _SIDES}} if replaces else function.event_invoke[qualifier]
            )
            shown = {"FunctionArn": f"{function.arn}:{qualifier}", "LastModified": time.time()}
            function.event_invoke[qualifier] = before | given | shown
            return dict(function.event_invoke[qualifier])

    def _configured(self, request: "Parameters") -> tuple[Function, str]:
        """Return the function and the qualifier of a request, if they have a configuration."""
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        qualifier = target.qualifier or LATEST
        missing = ResourceNotFoundError(
            f"The function {self._registry.arns.function(target.name, qualifier)} doesn't have an EventInvokeConfig"
        )
        try:
            function = self._registry.find(FunctionName(target.name))
        except ResourceNotFoundError as error:
            raise missing from error
        if qualifier not in function.event_invoke:
            raise missing
        return function, qualifier

    def _check_functions(self, function: Function, destinations: "Mapping[str, Any]") -> None:
        """Refuse a destination that is the function itself, or a function that does not exist."""
        for side in _SIDES:
            arn = (destinations.get(side) or {}).get("Destination") or ""
            if not arn.startswith("arn:") or arn.split(":")[2] != "lambda":
                continue
            target = FunctionName(read_function_name(arn).name)
            if target.name == function.name:
                raise InvalidParameterError("You can't specify the function as a destination for itself.")
            try:
                self._registry.find(target)
            except ResourceNotFoundError as error:
                raise InvalidParameterError(f"The destination ARN {arn} is invalid.") from error


def _check_services(destinations: "Mapping[str, Any]") -> None:
    """Refuse a destination of a service that cannot be one."""
    arns = {side: (destinations.get(side) or {}).get("Destination") for side in _SIDES}
    if any(arn and arn.startswith("arn:") and arn.split(":")[2] not in _SERVICES for arn in arns.values()):
        success, failure = ("null" if arns[side] is None else f"{side}(destination={arns[side]})" for side in _SIDES)
        raise InvalidParameterError(
            f"The provided destination config DestinationConfig(onSuccess={success}, onFailure={failure}) is invalid."
        )
