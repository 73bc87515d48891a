"""Lambda's alias API."""

from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import (
    InvalidParameterError,
    PreconditionFailedError,
    ResourceConflictError,
)
from power_tuner_local.lambda_service.function_api import require_function_version
from power_tuner_local.lambda_service.functions import Alias, Function, FunctionRegistry, new_id
from power_tuner_local.lambda_service.names import LATEST, FunctionName, read_function_name
from power_tuner_local.lambda_service.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]


class AliasApi:
    """Creates, returns, updates and deletes aliases."""

    def __init__(self, registry: FunctionRegistry) -> None:
        self._registry = registry

    def actions(self) -> "dict[str, Callable[[Parameters], dict[str, Any] | None]]":
        """Return the operations by name."""
        return {
            "CreateAlias": self.create,
            "GetAlias": self.show,
            "UpdateAlias": self.update,
            "DeleteAlias": self.delete,
            "ListAliases": self.list,
        }

    def create(self, request: "Parameters") -> dict[str, Any]:
        """Create an alias."""
        name, number = request["Name"], request["FunctionVersion"]
        function = self._registry.find(FunctionName(read_function_name(request["FunctionName"]).name, number))
        with function.lock:
            require_function_version(function, number)
            weights = _weights(function, number, request)
            if name in function.aliases:
                raise ResourceConflictError(f"Alias already exists: {function.arn}:{name}")
            function.aliases[name] = Alias(name, number, request.get("Description") or "", weights)
            return function.aliases[name].to_api(f"{function.arn}:{name}")

    def show(self, request: "Parameters") -> dict[str, Any]:
        """Return an alias."""
        function = self._function(request)
        with function.lock:
            return self._registry.alias(function, request["Name"]).to_api(f"{function.arn}:{request['Name']}")

    def update(self, request: "Parameters") -> dict[str, Any]:
        """Update an alias."""
        function = self._function(request)
        with function.lock:
            alias = self._registry.alias(function, request["Name"], "Alias not found")
            if request.get("RevisionId") and request["RevisionId"] != alias.revision_id:
                raise PreconditionFailedError
            number = request.get("FunctionVersion") or alias.version
            require_function_version(function, number)
            weights = alias.weights if request.get("RoutingConfig") is None else _weights(function, number, request)
            alias.version, alias.weights, alias.revision_id = number, weights, new_id()
            if request.get("Description") is not None:
                alias.description = request["Description"]
            return alias.to_api(f"{function.arn}:{alias.name}")

    def delete(self, request: "Parameters") -> None:
        """Delete an alias, if it exists."""
        function = self._function(request)
        with function.lock:
            function.aliases.pop(request["Name"], None)

    def list(self, request: "Parameters") -> dict[str, Any]:
        """Return the aliases of a function, or of one of its versions."""
        function, number = self._function(request), request.get("FunctionVersion")
        with function.lock:
            shown = [
                alias.to_api(f"{function.arn}:{alias.name}")
                for alias in sorted(function.aliases.values(), key=lambda each: each.name)
                if number in {None, alias.version, *alias.weights}
            ]
        return page("Aliases", shown, request)

    def _function(self, request: "Parameters") -> Function:
        return self._registry.find(read_function_name(request["FunctionName"]))


def _weights(function: Function, number: str, request: "Parameters") -> dict[str, float]:
    weights = (request.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    if len(weights) > 1:
        raise InvalidParameterError("Number of items in AdditionalVersionWeights cannot be greater than 1")
    for other in weights:
        require_function_version(function, other)
        if other == number:
            raise InvalidParameterError(
                f"Invalid function version {number}. "
                f"Function version {number} is already included in routing configuration."
            )
        if number == LATEST:
            raise InvalidParameterError("$LATEST is not supported for an alias pointing to more than 1 version")
    return {other: float(weight) for other, weight in weights.items()}
