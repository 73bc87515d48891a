"""Lambda's Invoke API: synchronous, asynchronous and dry-run."""

import base64
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import (
    LambdaApiError,
    RequestTooLargeError,
    ResourceConflictError,
)
from power_tuner_local.lambda_service.invocations import Invocation, new_request_id, new_trace
from power_tuner_local.lambda_service.names import LATEST, FunctionName, read_function_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from power_tuner_local.lambda_service.async_invocations import AsyncInvocations, AsyncResult
    from power_tuner_local.lambda_service.concurrency import Concurrency
    from power_tuner_local.lambda_service.functions import Function, FunctionRegistry
    from power_tuner_local.lambda_service.invocations import Invoker

MAX_SYNC_BYTES = 6 * (1 << 20)
MAX_ASYNC_BYTES = 1 << 20


class InvalidRequestContentError(LambdaApiError):
    """The payload is not JSON."""

    code = "InvalidRequestContentException"
    status = 400


@dataclass(frozen=True, slots=True)
class InvokeResponse:
    """The response to an Invoke request."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


class InvokeApi:
    """Invokes functions."""

    def __init__(
        self,
        registry: "FunctionRegistry",
        invoker: "Invoker",
        concurrency: "Concurrency",
        queue: "AsyncInvocations",
    ) -> None:
        self._registry = registry
        self._invoker = invoker
        self._concurrency = concurrency
        self._queue = queue

    def invoke(self, request: "Mapping[str, Any]") -> InvokeResponse:
        """Serve an Invoke request."""
        kind = request.get("InvocationType") or "RequestResponse"
        payload = request.get("Payload") or b"{}"
        limit = MAX_ASYNC_BYTES if kind == "Event" else MAX_SYNC_BYTES
        if len(payload) > limit:
            raise RequestTooLargeError(
                f"{len(payload)} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
            )
        try:
            json.loads(payload)
        except ValueError as error:
            raise InvalidRequestContentError(
                f"Could not parse request body into json: Could not parse payload into json: {error}"
            ) from error
        request_id = new_request_id()
        invocation = self._prepare(request, payload, request_id)
        headers = {"X-Amzn-RequestId": request_id}
        if kind == "DryRun":
            return InvokeResponse(204, headers)
        if kind == "Event":
            self._queue.put(invocation)
            return InvokeResponse(202, headers)
        with self._concurrency.slot(invocation.function_arn):
            result = self._invoker.invoke(invocation)
        headers |= {"X-Amz-Executed-Version": invocation.version, "Content-Type": "application/json"}
        if result.error:
            headers["X-Amz-Function-Error"] = result.error
        if request.get("LogType") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(result.tail).decode()
        return InvokeResponse(200, headers, result.payload)

    def enqueue(self, function_arn: str, payload: bytes, on_done: "Callable[[AsyncResult], None] | None") -> None:
        """Invoke asynchronously, without a request."""
        invocation = self._prepare({"FunctionName": function_arn}, payload, new_request_id())
        self._queue.put(invocation, on_done)

    def _prepare(self, request: "Mapping[str, Any]", payload: bytes, request_id: str) -> Invocation:
        """Resolve the request to a configuration now; later updates do not affect it."""
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        function = self._registry.find(FunctionName(target.name, target.qualifier or LATEST))
        with function.lock:
            qualifier = _choose(function, target.qualifier)
            version = function.version_of(qualifier)
            invoked_arn = f"{function.arn}:{target.qualifier}" if target.qualifier else function.arn
            if version is None:
                if function.live is None:
                    function.require_settled()
                configuration = function.live or function.configuration
                number, generation = LATEST, function.generation
            else:
                if version.active_at_s:
                    raise ResourceConflictError(
                        "The operation cannot be performed at this time. "
                        "The function is currently in the following state: Pending"
                    )
                configuration, number, generation = version.configuration, version.number, version.generation
        trace = request.get("TraceHeader") or new_trace(sampled=configuration.tracing == "Active")
        context = request.get("ClientContext")
        return Invocation(
            configuration=configuration,
            function_arn=function.arn,
            version=number,
            generation=generation,
            invoked_arn=invoked_arn,
            payload=payload,
            request_id=request_id,
            trace=trace,
            client_context=base64.b64decode(context).decode() if context else "",
        )


def _choose(function: "Function", qualifier: str | None) -> str | None:
    """Return the version that an alias with weights routes this invocation to."""
    alias = function.aliases.get(qualifier or "")
    if alias is None or not alias.weights:
        return qualifier
    drawn = random.random()  # noqa: S311 (a share of the traffic, no secret)
    for number, weight in alias.weights.items():
        if drawn < weight:
            return number
        drawn -= weight
    return alias.version
