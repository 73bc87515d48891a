"""Lambda's function URL API: settings are stored, but nothing listens."""

import secrets
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import ResourceConflictError, ResourceNotFoundError
from power_tuner_local.lambda_service.functions import Function, FunctionRegistry, now_text
from power_tuner_local.lambda_service.names import LATEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]

_BUFFERED = "BUFFERED"


class UrlApi:
    """Stores function URLs, one for `$LATEST` and one for each alias."""

    def __init__(self, registry: FunctionRegistry) -> None:
        self._registry = registry

    def actions(self) -> "dict[str, Callable[[Parameters], dict[str, Any] | None]]":
        """Return the operations by name."""
        return {
            "CreateFunctionUrlConfig": self.create,
            "GetFunctionUrlConfig": self.show,
            "ListFunctionUrlConfigs": self.list_all,
            "DeleteFunctionUrlConfig": self.delete,
        }

    def create(self, request: "Parameters") -> dict[str, Any]:
        """Create the URL of `$LATEST` or an alias."""
        function, qualifier = self._target(request)
        with function.lock:
            if qualifier in function.urls:
                raise ResourceConflictError(f"Failed to create function url config for {function.arn}: it exists.")
            modified = now_text()
            function.urls[qualifier] = {
                "FunctionUrl": f"https://{secrets.token_hex(16)}.lambda-url.local/",
                "FunctionArn": function.arn if qualifier == LATEST else f"{function.arn}:{qualifier}",
                "AuthType": request["AuthType"],
                "InvokeMode": request.get("InvokeMode", _BUFFERED),
                "CreationTime": modified,
                "LastModifiedTime": modified,
            }
            return dict(function.urls[qualifier])

    def show(self, request: "Parameters") -> dict[str, Any]:
        """Return a URL."""
        function, qualifier = self._target(request)
        with function.lock:
            if qualifier not in function.urls:
                raise ResourceNotFoundError("The resource you requested does not exist.")
            return dict(function.urls[qualifier])

    def list_all(self, request: "Parameters") -> dict[str, Any]:
        """Return all of a function's URLs."""
        function, _ = self._target(request)
        with function.lock:
            return {"FunctionUrlConfigs": list(function.urls.values())}

    def delete(self, request: "Parameters") -> None:
        """Delete a URL."""
        self.show(request)
        function, qualifier = self._target(request)
        with function.lock:
            function.urls.pop(qualifier, None)

    def _target(self, request: "Parameters") -> tuple[Function, str]:
        return self._registry.find_version(request["FunctionName"], request.get("Qualifier"))
