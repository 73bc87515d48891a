"""Lambda's API for a function's concurrency and smaller settings, and for the account's."""

from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.code_store import MAX_UNZIPPED_BYTES, MAX_ZIPPED_BYTES
from power_tuner_local.lambda_service.errors import InvalidParameterError
from power_tuner_local.lambda_service.functions import Function, FunctionRegistry
from power_tuner_local.lambda_service.names import LATEST, FunctionName, read_function_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from power_tuner_local.lambda_service.concurrency import Concurrency
    from power_tuner_local.lambda_service.layers import LayerRegistry

    Parameters = Mapping[str, Any]


class SettingsApi:
    """Stores and returns a function's settings."""

    def __init__(self, registry: FunctionRegistry, layers: "LayerRegistry", concurrency: "Concurrency") -> None:
        self._registry = registry
        self._layers = layers
        self._concurrency = concurrency

    def actions(self) -> "dict[str, Callable[[Parameters], dict[str, Any] | None]]":
        """Return the operations by name."""
        return {
            "PutFunctionConcurrency": self.reserve,
            "GetFunctionConcurrency": self.show_reserved,
            "DeleteFunctionConcurrency": self.unreserve,
            "ListProvisionedConcurrencyConfigs": self.list_provisioned,
            "GetAccountSettings": self.account,
            "GetFunctionCodeSigningConfig": self.code_signing,
            "GetFunctionRecursionConfig": self.recursion,
            "PutFunctionRecursionConfig": self.set_recursion,
            "GetRuntimeManagementConfig": self.runtime_management,
        }

    def reserve(self, request: "Parameters") -> dict[str, Any]:
        """Reserve concurrency."""
        function = self._unqualified(request, LATEST)
        amount = int(request["ReservedConcurrentExecutions"])
        self._concurrency.reserve(function.arn, amount)
        function.reserved_concurrency = amount
        return {"ReservedConcurrentExecutions": amount}

    def show_reserved(self, request: "Parameters") -> dict[str, Any]:
        """Return the reserved concurrency."""
        amount = self._unqualified(request).reserved_concurrency
        return {} if amount is None else {"ReservedConcurrentExecutions": amount}

    def unreserve(self, request: "Parameters") -> None:
        """Remove the reservation of concurrency."""
        function = self._unqualified(request)
        self._concurrency.reserve(function.arn, None)
        function.reserved_concurrency = None

    def list_provisioned(self, request: "Parameters") -> dict[str, Any]:
        """Return an empty list: there is no provisioned concurrency here."""
        self._target(request)
        return {"ProvisionedConcurrencyConfigs": []}

    def account(self, _: "Parameters") -> dict[str, Any]:
        """Return the account's limits and usage."""
        functions = self._registry.all()
        reserved = sum(function.reserved_concurrency or 0 for function in functions)
        return {
            "AccountLimit": {
                "TotalCodeSize": 80530636800,
                "CodeSizeUnzipped": MAX_UNZIPPED_BYTES,
                "CodeSizeZipped": MAX_ZIPPED_BYTES,
                "ConcurrentExecutions": self._concurrency.account_limit,
                "UnreservedConcurrentExecutions": self._concurrency.account_limit - reserved,
            },
            "AccountUsage": {
                "TotalCodeSize": sum(function.code_size() for function in functions) + self._layers.code_size(),
                "FunctionCount": len(functions),
            },
        }

    def code_signing(self, request: "Parameters") -> dict[str, Any]:
        """Return that code signing is off."""
        return {"FunctionName": self._target(request)[0].name}

    def recursion(self, request: "Parameters") -> dict[str, Any]:
        """Return the setting of recursive loop detection, which does not exist here."""
        return {"RecursiveLoop": self._target(request)[0].recursive_loop}

    def set_recursion(self, request: "Parameters") -> dict[str, Any]:
        """Set what recursive loop detection would do."""
        function, _ = self._target(request)
        function.recursive_loop = request["RecursiveLoop"]
        return {"RecursiveLoop": function.recursive_loop}

    def runtime_management(self, request: "Parameters") -> dict[str, Any]:
        """Return that the runtime is updated automatically."""
        return {"UpdateRuntimeOn": "Auto", "FunctionArn": self._target(request)[0].arn}

    def _target(self, request: "Parameters") -> tuple[Function, str]:
        return self._registry.find_version(request["FunctionName"], request.get("Qualifier"))

    def _unqualified(self, request: "Parameters", missing: str | None = None) -> Function:
        """Return the function of a request that may not name a version or an alias.

        Args:
            request: The request.
            missing: The qualifier in the error for a function that does not exist.
        """
        target = read_function_name(request["FunctionName"])
        if target.qualifier is not None:
            raise InvalidParameterError(
                "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                "operation. Please specify either a function name or an unqualified function ARN."
            )
        return self._registry.find(FunctionName(target.name, missing))
