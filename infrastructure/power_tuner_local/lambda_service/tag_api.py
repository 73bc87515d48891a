"""Lambda's tag API."""

from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import InvalidParameterError, ResourceNotFoundError
from power_tuner_local.lambda_service.functions import Function, FunctionRegistry, new_id
from power_tuner_local.lambda_service.names import read_function_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Parameters = Mapping[str, Any]

_MAX_TAGS = 50
_OTHER_RESOURCES = {
    "event-source-mapping": "Event source mapping",
    "capacity-provider": "Capacity provider",
    "code-signing-config": "Code signing config",
    "network-connector": "Network connector",
}
"""Resources that may have tags on AWS; here are none of them."""


def add_tags(function: Function, tags: "Mapping[str, str]") -> None:
    """Add tags to a function.

    Raises:
        InvalidParameterError: The function would have too many.
    """
    all_tags = {**function.tags, **tags}
    if len(all_tags) > _MAX_TAGS:
        raise InvalidParameterError("Number of tags exceeds resource tag limit.")
    function.tags = all_tags


class TagApi:
    """Adds, removes and returns tags of functions; a change of tags renews the function's revision."""

    def __init__(self, registry: FunctionRegistry) -> None:
        self._registry = registry

    def actions(self) -> "dict[str, Callable[[Parameters], dict[str, Any] | None]]":
        """Return the operations by name."""
        return {"ListTags": self.list_tags, "TagResource": self.tag, "UntagResource": self.untag}

    def list_tags(self, request: "Parameters") -> dict[str, Any]:
        """Return a function's tags."""
        return {"Tags": dict(self._tagged(request).tags)}

    def tag(self, request: "Parameters") -> None:
        """Add tags."""
        if not request["Tags"]:
            raise InvalidParameterError("An error occurred and the request cannot be processed.")
        function = self._tagged(request)
        with function.lock:
            add_tags(function, request["Tags"])
            function.revision_id = new_id()

    def untag(self, request: "Parameters") -> None:
        """Remove tags."""
        function = self._tagged(request)
        with function.lock:
            removed = set(request["TagKeys"])
            function.tags = {key: value for key, value in function.tags.items() if key not in removed}
            function.revision_id = new_id()

    def _tagged(self, request: "Parameters") -> Function:
        arn = request["Resource"]
        kind = arn.split(":")[5]
        if kind in _OTHER_RESOURCES:
            raise ResourceNotFoundError(f"{_OTHER_RESOURCES[kind]} not found: {arn}")
        target = read_function_name(arn)
        if target.qualifier is not None:
            raise InvalidParameterError(
                "Tags on function aliases and versions are not supported. Please specify a function ARN."
            )
        return self._registry.find(target)
