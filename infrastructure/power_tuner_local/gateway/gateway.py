"""The gateway: every API request passes through it on its way to a service."""

import contextlib
import itertools
import logging
import threading
import uuid
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from power_tuner_local.gateway.api_calls import ApiCall, read_call
from power_tuner_local.gateway.constraints import violation
from power_tuner_local.gateway.doorkeeper import Doorkeeper, json_response
from power_tuner_local.gateway.rest_requests import read_rest_request
from power_tuner_local.gateway.service_errors import error_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    LocalRoute = Callable[[str, bytes], object]

_log = logging.getLogger(__name__)
_MAY_BLOCK = frozenset(
    {
        ("states", "GetActivityTask"),
        ("states", "StartSyncExecution"),
        ("sqs", "ReceiveMessage"),
    }
)

# services of moto whose parameters are held against the constraints of their model
_CONSTRAINED = frozenset({"events", "scheduler"})


class Interceptor(Protocol):
    """Sees each API request before it is served, for fault injection and permission checks."""

    def __call__(self, call: ApiCall, /) -> "WSGIApplication | None":
        """Return an app that responds instead of the service, or None to let the request pass."""


class Gateway:
    """Routes requests: Lambda's to the Lambda service, `/_local/...` to the local AWS itself, all others to moto."""

    def __init__(self) -> None:
        self.doorkeeper = Doorkeeper()
        self.interceptors: list[Interceptor] = []
        self.services: dict[str, WSGIApplication] = {}
        self.routes: dict[str, LocalRoute] = {}
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._ordinals = itertools.count(1)
        # moto's backends check, then act, without locks: one request at a time keeps conditional writes atomic
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Serve one request."""
        if refused := self.doorkeeper.refuse_page(environ):
            return refused(environ, start_response)
        if environ["PATH_INFO"].startswith(("/_local/", "/moto-api")):
            if refused := self.doorkeeper.refuse_control(environ):
                return refused(environ, start_response)
            if environ["PATH_INFO"].startswith("/_local/"):
                return self._serve_local(environ, start_response)
        start_response = _with_request_id(start_response)
        body = environ["wsgi.input"].read()
        environ["wsgi.input"].seek(0)
        call = read_call(environ, body, next(self._ordinals))
        if refused := self.doorkeeper.refuse_caller(call):
            return refused(environ, start_response)
        for interceptor in self.interceptors:
            if answer := interceptor(call):
                return answer(environ, start_response)
        return self.serve(call, environ, start_response)

    def serve(self, call: ApiCall, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Serve a request without interceptors."""
        if service := self.services.get(call.service):
            return service(environ, start_response)
        if broken := _violation(call, environ):
            return error_response(call, HTTPStatus.BAD_REQUEST, "ValidationException", broken)(environ, start_response)
        with self._lock(call):
            try:
                return self._moto.get_application(environ)(environ, start_response)
            except NotImplementedError:
                message = f"The local AWS does not support {call.action} of {call.service}."
                refused = error_response(call, HTTPStatus.NOT_IMPLEMENTED, "NotImplementedException", message)
                return refused(environ, start_response)
            except Exception as error:  # noqa: BLE001 (moto raises its own bugs; AWS would answer 500)
                _log.warning(
                    "%s %s failed: %r", call.service, call.action, error, exc_info=_log.isEnabledFor(logging.DEBUG)
                )
                message = f"{call.service} {call.action}: {type(error).__name__}: {error}"
                failure = error_response(call, HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure", message)
                return failure(environ, start_response)

    def _lock(self, call: ApiCall) -> "contextlib.AbstractContextManager[object]":
        if call.service == "lambda" or (call.service, call.action) in _MAY_BLOCK:
            return contextlib.nullcontext()
        return self._locks[call.service]

    def _serve_local(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Serve a request that AWS does not have, such as firing a schedule."""
        name, _, argument = environ["PATH_INFO"].removeprefix("/_local/").partition("/")
        answer: object
        route = self.routes.get(name)
        if route is None:
            status, answer = HTTPStatus.NOT_FOUND, {"error": f"the local AWS has no /_local/{name}"}
        else:
            try:
                status, answer = HTTPStatus.OK, route(argument, environ["wsgi.input"].read())
            except (LookupError, ValueError, TimeoutError) as error:
                status, answer = HTTPStatus.BAD_REQUEST, {"error": str(error.args[0] if error.args else error)}
        return json_response(status, answer)(environ, start_response)


def _violation(call: ApiCall, environ: "WSGIEnvironment") -> str | None:
    """Return AWS's message about parameters that violate the constraints of the service's model."""
    if call.service not in _CONSTRAINED:
        return None
    parameters = call.json()
    if request := read_rest_request(call.service, environ):
        try:
            parameters = request.parameters(environ, call.body)
        except ValueError:
            return None
    return violation(call.service, call.action, parameters)


def _with_request_id(start_response: "StartResponse") -> "StartResponse":
    """Add a request id to responses without one: clients expect it, and moto does not always send it."""

    def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> "Callable[[bytes], object]":
        if not any(name.lower() in {"x-amzn-requestid", "x-amz-request-id"} for name, _ in headers):
            headers = [*headers, ("x-amzn-RequestId", str(uuid.uuid4()))]
        return start_response(status, headers, *failure)

    return start
