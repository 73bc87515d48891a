"""Lambda's function URL API: settings are stored, but nothing listens."""

import secrets
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import ResourceConflictError, ResourceNotFoundError
from power_tuner_local.lambda_service.functions import Function, FunctionRegistry, now_text
from power_tuner_local.lambda_service.names import LATEST
from power_tuner_local.lambda_service.pages import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]

_SETTINGS = ("AuthType", "Cors", "InvokeMode")
_NO_FUNCTION = "Function does not exist"
_NO_URL = "The resource you requested does not exist."


class UrlApi:
    """Stores function URLs, one for `$LATEST` and one for each alias."""

    def __init__(self, registry: FunctionRegistry) -> None:
        self._registry = registry

    def actions(self) -> "dict[str, Callable[[Parameters], dict[str, Any] | None]]":
        """Return the operations by name."""
        return {
            "CreateFunctionUrlConfig": self.create,
            "GetFunctionUrlConfig": self.show,
            "UpdateFunctionUrlConfig": self.update,
            "ListFunctionUrlConfigs": self.list_all,
            "DeleteFunctionUrlConfig": self.delete,
        }

    def create(self, request: "Parameters") -> dict[str, Any]:
        """Create the URL of `$LATEST` or an alias."""
        function, qualifier = self._target(request, _NO_FUNCTION)
        arn = function.arn if qualifier == LATEST else f"{function.arn}:{qualifier}"
        with function.lock:
            if qualifier in function.urls:
                raise ResourceConflictError(
                    f"Failed to create function url config for [functionArn = {arn}]. Error message:  "
                    "FunctionUrlConfig exists for this Lambda function"
                )
            modified = now_text()
            function.urls[qualifier] = {
                "FunctionUrl": f"https://{secrets.token_hex(16)}.lambda-url.local/",
                "FunctionArn": arn,
                "CreationTime": modified,
                "LastModifiedTime": modified,
                **_given(request),
            }
            return dict(function.urls[qualifier])

    def show(self, request: "Parameters") -> dict[str, Any]:
        """Return a URL."""
        function, qualifier = self._with_url(request, _NO_URL)
        return dict(function.urls[qualifier])

    def update(self, request: "Parameters") -> dict[str, Any]:
        """Change the settings of a URL."""
        function, qualifier = self._with_url(request, _NO_FUNCTION)
        with function.lock:
            function.urls[qualifier] |= {**_given(request), "LastModifiedTime": now_text()}
            return dict(function.urls[qualifier])

    def list_all(self, request: "Parameters") -> dict[str, Any]:
        """Return all of a function's URLs."""
        function, _ = self._target(request, _NO_FUNCTION)
        with function.lock:
            return page("FunctionUrlConfigs", list(function.urls.values()), request)

    def delete(self, request: "Parameters") -> None:
        """Delete a URL."""
        function, qualifier = self._with_url(request, _NO_URL)
        with function.lock:
            function.urls.pop(qualifier, None)

    def _with_url(self, request: "Parameters", missing: str) -> tuple[Function, str]:
        """Return the function and the qualifier of a request, if they have a URL."""
        function, qualifier = self._target(request, missing)
        if qualifier not in function.urls:
            raise ResourceNotFoundError(_NO_URL)
        return function, qualifier

    def _target(self, request: "Parameters", missing: str) -> tuple[Function, str]:
        try:
            return self._registry.find_version(request["FunctionName"], request.get("Qualifier"))
        except ResourceNotFoundError as error:
            raise ResourceNotFoundError(missing) from error


def _given(request: "Parameters") -> dict[str, Any]:
    return {key: request[key] for key in _SETTINGS if request.get(key) is not None}
