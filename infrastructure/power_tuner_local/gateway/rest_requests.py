"""REST requests: their operation and parameters, read with botocore's service models."""

import functools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import botocore.session

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from _typeshed.wsgi import WSGIEnvironment
    from botocore.model import OperationModel

_LABEL = re.compile(r"\{(\w+)(\+?)\}")
_OPTIONAL_KEYS = frozenset({"x-id"})
"""Query keys of the model's URIs that a request may lack: they only repeat the operation's name."""


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A request for an operation.

    Attributes:
        operation: The operation in the service's model.
        labels: The decoded values of the path's labels, such as `FunctionName`, in the order of the path.
    """

    operation: "OperationModel"
    labels: dict[str, str]

    @property
    def action(self) -> str:
        """Return the operation's name."""
        return str(self.operation.name)

    @property
    def success_status(self) -> int:
        """Return the HTTP status of a successful response."""
        return int(self.operation.http.get("responseCode", 200))

    def parameters(self, environ: "WSGIEnvironment", body: bytes) -> dict[str, Any]:
        """Return the operation's parameters by their API names, from path, query, headers and body.

        Raises:
            ValueError: The body is not JSON.
        """
        shape = self.operation.input_shape
        if shape is None:
            return {}
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        found: dict[str, Any] = {}
        if payload := shape.serialization.get("payload"):
            found[payload] = body
        elif body:
            found |= json.loads(body)
        for name, member in shape.members.items():
            wire_name = member.serialization.get("name", name)
            match member.serialization.get("location"):
                case "querystring" if wire_name in query:
                    found[name] = query[wire_name] if member.type_name == "list" else query[wire_name][0]
                case "header" if (header := f"HTTP_{wire_name.upper().replace('-', '_')}") in environ:
                    found[name] = environ[header]
                case "uri":
                    found[name] = self.labels[wire_name]
        return found


def read_rest_request(service: str, environ: "WSGIEnvironment") -> RestRequest | None:
    """Return a request to a service; None if no operation of the service has such a request."""
    # PATH_INFO is decoded: there a slash inside a name looks like one between names
    path = environ["RAW_URI"].partition("?")[0]
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    copies = "HTTP_X_AMZ_COPY_SOURCE" in environ
    routes = _routes(service).get(environ["REQUEST_METHOD"], [])
    # a request that lacks a required key is still one for its operation, unless it is one for another
    for complete in (True, False):
        for route in routes:
            labels = route.labels_of(path, query.keys(), copies=copies, complete=complete)
            if labels is not None:
                return RestRequest(route.operation, labels)
    return None


@dataclass(frozen=True, slots=True)
class _Route:
    """The requests of one operation.

    Attributes:
        operation: The operation in the service's model.
        path: What the path must match, with a group for each label.
        query: Keys that the query must have, as the operation's URI has them.
        required: Keys that the query needs for required parameters.
        literals: How many characters the path has outside its labels.
    """

    operation: "OperationModel"
    path: re.Pattern[str]
    query: frozenset[str]
    required: frozenset[str]
    literals: int

    @classmethod
    def of(cls, operation: "OperationModel") -> "_Route":
        """Return the route that the service's model declares for an operation."""
        uri, _, query = operation.http["requestUri"].partition("?")
        keys = frozenset(pair.partition("=")[0] for pair in query.split("&") if pair) - _OPTIONAL_KEYS
        pattern = _LABEL.sub(lambda label: f"(?P<{label[1]}>{'.+' if label[2] else '[^/]+'})", uri)
        literals = len(_LABEL.sub("", uri))
        return cls(operation, re.compile(f"{pattern}/?"), keys, frozenset(_required_keys(operation)), literals)

    def labels_of(self, path: str, query: "AbstractSet[str]", *, copies: bool, complete: bool) -> dict[str, str] | None:
        """Return the values in the path of a request for this operation; None for a request for another.

        Args:
            path: The path, not decoded.
            query: The keys of the query.
            copies: Whether the request names a source to copy; nothing else tells CopyObject from PutObject.
            complete: Whether the query must have the keys of required parameters too.
        """
        needed = self.query | self.required if complete else self.query
        if not needed <= query or ("Copy" in self.operation.name) != copies:
            return None
        found = self.path.fullmatch(path)
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


def _required_keys(operation: "OperationModel") -> set[str]:
    """Return the keys that the query needs for required parameters: `uploadId` tells ListParts from GetObject."""
    shape = operation.input_shape
    required = [shape.members[name].serialization for name in shape.required_members] if shape is not None else []
    return {each["name"] for each in required if each.get("location") == "querystring"}


@functools.cache
def _routes(service: str) -> dict[str, list[_Route]]:
    """Return a service's routes by HTTP method; of those that match the same request, the most specific comes first."""
    model = botocore.session.get_session().get_service_model(service)
    routes = [_Route.of(model.operation_model(name)) for name in model.operation_names]
    routes.sort(key=lambda route: (len(route.query | route.required), route.literals), reverse=True)
    by_method: dict[str, list[_Route]] = {}
    for route in routes:
        by_method.setdefault(route.operation.http["method"], []).append(route)
    return by_method
