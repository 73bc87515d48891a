"""The local Lambda service: a WSGI app for Lambda's REST API."""

import http
import json
import threading
from typing import TYPE_CHECKING, Any

from power_tuner_local.gateway.constraints import violation
from power_tuner_local.gateway.identity import Keyring
from power_tuner_local.gateway.rest_requests import read_rest_request
from power_tuner_local.lambda_service.alias_api import AliasApi
from power_tuner_local.lambda_service.alias_metrics import AliasMetrics
from power_tuner_local.lambda_service.arns import Arns
from power_tuner_local.lambda_service.async_invocations import AsyncInvocations
from power_tuner_local.lambda_service.code_store import CodeStore
from power_tuner_local.lambda_service.concurrency import Concurrency
from power_tuner_local.lambda_service.destinations import Destinations
from power_tuner_local.lambda_service.errors import (
    InvalidParameterError,
    LambdaApiError,
    RequestEntityTooLargeError,
    UnsupportedError,
    ValidationError,
)
from power_tuner_local.lambda_service.event_invoke_api import EventInvokeApi
from power_tuner_local.lambda_service.function_api import FunctionApi
from power_tuner_local.lambda_service.functions import FunctionRegistry, new_id
from power_tuner_local.lambda_service.invocations import Invoker
from power_tuner_local.lambda_service.invoke_api import InvokeApi
from power_tuner_local.lambda_service.layer_api import LayerApi
from power_tuner_local.lambda_service.layers import LayerRegistry
from power_tuner_local.lambda_service.log_delivery import LogDelivery
from power_tuner_local.lambda_service.names import require_own
from power_tuner_local.lambda_service.options import LambdaOptions
from power_tuner_local.lambda_service.permission_api import PermissionApi
from power_tuner_local.lambda_service.rate_limit import RateLimit
from power_tuner_local.lambda_service.routing import Router
from power_tuner_local.lambda_service.sandbox_pool import SandboxPool
from power_tuner_local.lambda_service.settings_api import SettingsApi
from power_tuner_local.lambda_service.tag_api import TagApi
from power_tuner_local.lambda_service.tagged_functions import TaggedFunctions
from power_tuner_local.lambda_service.url_api import UrlApi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from power_tuner_local.gateway.rest_requests import RestRequest
    from power_tuner_local.lambda_service.async_invocations import AsyncResult

_HOUSEKEEPING_S = 5.0
_MAX_REQUEST_BYTES = 70_167_211
_UNSUPPORTED = (
    "CodeSigningConfigArn",
    "DurableExecutionName",
    "PublishTo",
    "TenantId",
)
"""Parameters of supported operations that would change what the operation does, and cannot be served here."""


class LambdaService:
    """AWS Lambda on this machine; functions run in child processes.

    Args:
        endpoint_url: The address at which functions reach the local AWS.
        region: The region of all functions.
        account_id: The account of all functions.
        options: Delays and limits.
        keyring: Makes the access keys of functions.

    Attributes:
        concurrency: The limit of concurrent invocations.
        control_plane: The rate limit of all other calls.
        clock_offset_s: Called with a function's ARN and a payload; returns how far ahead the invocation's clock is.
    """

    def __init__(
        self,
        endpoint_url: str,
        region: str,
        account_id: str,
        options: LambdaOptions | None = None,
        *,
        keyring: Keyring | None = None,
    ) -> None:
        options = options or LambdaOptions()
        keyring = keyring or Keyring()
        self._options = options
        self._pool = SandboxPool(options.max_sandboxes, options.idle_s)
        self._store = CodeStore()
        self._logs = LogDelivery(region, account_id)
        self.concurrency = Concurrency(options.account_concurrency)
        self.control_plane = RateLimit()
        self.clock_offset_s: Callable[[str, bytes], float] = lambda _arn, _payload: 0.0
        self._registry = FunctionRegistry(Arns(region, account_id))
        layers = LayerRegistry(self._registry.arns)
        invoker = Invoker(
            self._pool,
            self._store,
            self._logs,
            AliasMetrics(region, account_id),
            endpoint_url=endpoint_url,
            region=region,
            keyring=keyring,
            init_limit_s=options.init_limit_s,
            clock_offset_s=self._clock_offset if options.settable_clock else None,
        )
        destinations = Destinations(self._registry, endpoint_url, keyring)
        router = Router(self._registry)
        self._queue = AsyncInvocations(router, invoker, self.concurrency, destinations, options.retry_delay_s)
        self._invoke_api = InvokeApi(router, invoker, self.concurrency, self._queue)
        self._actions: dict[str, Callable[[Mapping[str, Any]], dict[str, Any] | None]] = {
            **FunctionApi(self._registry, layers, self._pool, self.concurrency, options).actions(),
            **AliasApi(self._registry).actions(),
            **LayerApi(layers, account_id).actions(),
            **SettingsApi(self._registry, layers, self.concurrency).actions(),
            **TagApi(self._registry).actions(),
            **PermissionApi(self._registry).actions(),
            **EventInvokeApi(self._registry).actions(),
            **UrlApi(self._registry).actions(),
        }
        self.tagged_functions = TaggedFunctions(self._registry)
        self._closing = threading.Event()
        self._housekeeper = threading.Thread(target=self._keep_house, name="lambda-housekeeping", daemon=True)
        self._housekeeper.start()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Serve a request of Lambda's REST API."""
        try:
            request, parameters = _read(environ)
            if request.action == "Invoke":
                self._check("Invoke", parameters)
                response = self._invoke_api.invoke(parameters)
                return _respond(start_response, response.status, response.headers, response.body)
            self.control_plane.take()
            document = self.call(request.action, parameters)
        except LambdaApiError as error:
            headers = {"Content-Type": "application/json", "X-Amzn-ErrorType": error.code}
            return _respond(start_response, error.status, headers, json.dumps(error.document()).encode())
        if document is None:
            return _respond(start_response, http.HTTPStatus.NO_CONTENT, {}, b"")
        headers = {"Content-Type": "application/json"}
        return _respond(start_response, request.success_status, headers, json.dumps(document).encode())

    def call(self, action: str, parameters: "Mapping[str, Any]") -> dict[str, Any] | None:
        """Perform a control-plane operation, as a request for it would.

        Raises:
            LambdaApiError: The operation failed.
        """
        operation = self._actions.get(action)
        if operation is None:
            raise UnsupportedError(f"The local Lambda service does not support {action}.")
        self._check(action, parameters)
        return operation(parameters)

    def invoke_async(
        self, function_arn: str, payload: bytes, *, on_done: "Callable[[AsyncResult], None] | None" = None
    ) -> None:
        """Invoke a function asynchronously: two retries at most, then dead-letter queue or destination."""
        self._invoke_api.enqueue(function_arn, payload, on_done)

    def policy_of(self, arn: str) -> str | None:
        """Return the resource policy of a function, version or alias; None if it has none."""
        try:
            return str((self.call("GetPolicy", {"FunctionName": arn}) or {})["Policy"])
        except LambdaApiError:
            return None

    def tags_of(self, arn: str) -> dict[str, str]:
        """Return the tags of the function that an ARN belongs to; none if there is no such function."""
        try:
            tags: dict[str, str] = (self.call("ListTags", {"Resource": ":".join(arn.split(":")[:7])}) or {})["Tags"]
        except LambdaApiError:
            return {}
        return tags

    def idle(self) -> bool:
        """Return whether no asynchronous invocation is queued or running."""
        return self._queue.idle()

    def crash(self, session: str, *, timed_out: bool) -> bool:
        """Kill the busy sandbox with a session token; return whether there was one."""
        return self._pool.crash(session, timed_out=timed_out)

    def sandbox_pids(self) -> list[int]:
        """Return the process ids of all live sandboxes."""
        return self._pool.pids()

    def close(self) -> None:
        """End all sandboxes and threads."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._pool.close()
        self._queue.close()
        self._logs.close()
        self._housekeeper.join()
        self._store.close()

    def _check(self, action: str, parameters: "Mapping[str, Any]") -> None:
        """Refuse values that violate the API's constraints, foreign functions, and what is not supported here."""
        if broken := violation("lambda", action, parameters):
            raise ValidationError(broken)
        arns = self._registry.arns
        for name in ("FunctionName", "Resource"):
            require_own(parameters.get(name) or "", region=arns.region, account_id=arns.account_id)
        for name in _UNSUPPORTED:
            if parameters.get(name) is not None:
                raise UnsupportedError(f"The local Lambda service does not support {name} of {action}.")

    def _clock_offset(self, function_arn: str, payload: bytes) -> float:
        return self.clock_offset_s(function_arn, payload)

    def _keep_house(self) -> None:
        while not self._closing.wait(min(_HOUSEKEEPING_S, self._options.idle_s)):
            self._pool.expire()


def _read(environ: "WSGIEnvironment") -> "tuple[RestRequest, dict[str, Any]]":
    """Return a request and its parameters.

    Raises:
        UnsupportedError: Lambda has no such operation.
        RequestEntityTooLargeError: The body is too large.
        InvalidParameterError: The body is not JSON.
    """
    request = read_rest_request("lambda", environ)
    if request is None:
        raise UnsupportedError(f"The local Lambda service has no {environ['REQUEST_METHOD']} {environ['PATH_INFO']}.")
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size)
    if size > _MAX_REQUEST_BYTES and request.action != "Invoke":
        raise RequestEntityTooLargeError(
            f"Request must be smaller than {_MAX_REQUEST_BYTES} bytes for the {request.action} operation"
        )
    try:
        return request, request.parameters(environ, body)
    except ValueError as error:
        raise InvalidParameterError(f"Could not parse request body into json: {error}") from error


def _respond(start_response: "StartResponse", status: int, headers: dict[str, str], body: bytes) -> list[bytes]:
    headers = {"X-Amzn-RequestId": new_id(), **headers, "Content-Length": str(len(body))}
    if status == http.HTTPStatus.NO_CONTENT:
        del headers["Content-Length"]
    start_response(f"{status} {http.HTTPStatus(status).phrase}", list(headers.items()))
    return [body] if body else []
