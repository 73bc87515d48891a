"""Lambda's REST requests, read by AWS's own service model."""

import functools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import botocore.session

from power_tuner_local.lambda_service.errors import InvalidParameterError, UnsupportedError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from botocore.model import OperationModel


@dataclass(frozen=True, slots=True)
class RestRequest:
    """A request: the operation's name, its parameters by their API names, and the status of success."""

    action: str
    parameters: dict[str, Any]
    success: int


@dataclass(frozen=True, slots=True)
class _Route:
    """Where an operation's parameters are: in path, query, headers or body."""

    action: str
    method: str
    path: re.Pattern[str]
    required_query: frozenset[str]
    query: dict[str, tuple[str, str]]
    headers: dict[str, str]
    payload: str | None
    success: int

    @classmethod
    def of(cls, model: "OperationModel") -> "_Route":
        """Read an operation of the service model."""
        uri, _, fixed = model.http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{(\w+)(?:\\\+)?\\\}", r"(?P<\1>.+)", re.escape(uri))
        names: dict[str, str] = {}
        query: dict[str, tuple[str, str]] = {}
        headers: dict[str, str] = {}
        shape = model.input_shape
        members = shape.members if shape is not None else {}
        for member, part in members.items():
            where, wire = part.serialization.get("location"), part.serialization.get("name", member)
            if where == "uri":
                names[wire] = member
            elif where == "querystring":
                query[wire] = (member, part.type_name)
            elif where == "header":
                headers["HTTP_" + wire.upper().replace("-", "_")] = member
        for wire, member in names.items():
            pattern = pattern.replace(f"(?P<{wire}>", f"(?P<{member}>")
        payload = shape.serialization.get("payload") if shape is not None else None
        keys = frozenset(pair.partition("=")[0] for pair in fixed.split("&") if pair)
        success = int(model.http.get("responseCode", 200))
        return cls(
            model.name,
            model.http["method"],
            re.compile(f"{pattern}/?"),
            keys,
            query,
            headers,
            payload,
            success,
        )

    def specificity(self) -> tuple[int, int]:
        """Rank routes that match the same path."""
        return len(self.required_query), len(re.sub(r"\(\?P<\w+>\.\+\)", "", self.path.pattern))


@functools.cache
def _routes() -> tuple[_Route, ...]:
    model = botocore.session.get_session().get_service_model("lambda")
    routes = [_Route.of(model.operation_model(name)) for name in model.operation_names]
    return tuple(sorted(routes, key=_Route.specificity, reverse=True))


def read_request(environ: "WSGIEnvironment") -> RestRequest:
    """Read a request.

    Raises:
        UnsupportedError: Lambda has no such operation.
        InvalidParameterError: The body is no JSON.
    """
    # PATH_INFO is decoded already, which would break ARNs with an encoded slash: there are none in Lambda
    method, path = environ["REQUEST_METHOD"], unquote(environ.get("PATH_INFO", ""))
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    for route in _routes():
        if route.method == method and route.required_query <= query.keys():
            found = route.path.fullmatch(path)
            if found is not None:
                return RestRequest(route.action, _parameters(route, found, query, environ), route.success)
    raise UnsupportedError(f"The local Lambda service has no {method} {path}.")


def _parameters(
    route: _Route, found: "re.Match[str]", query: dict[str, list[str]], environ: "WSGIEnvironment"
) -> dict[str, Any]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    parameters: dict[str, Any] = {}
    if route.payload:
        parameters[route.payload] = body
    elif body:
        try:
            document = json.loads(body)
        except ValueError as error:
            raise InvalidParameterError(f"Could not parse request body into json: {error}") from error
        parameters.update(document)
    for wire, (member, kind) in route.query.items():
        if wire in query:
            values = query[wire]
            parameters[member] = values if kind == "list" else values[0]
    for wire, member in route.headers.items():
        if wire in environ:
            parameters[member] = environ[wire]
    return parameters | found.groupdict()
