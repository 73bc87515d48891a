"""Lambda's Invoke API: synchronous, asynchronous and dry-run."""

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import LambdaApiError, RequestTooLargeError
from power_tuner_local.lambda_service.invocations import new_request_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn

    from power_tuner_local.lambda_service.async_invocations import AsyncInvocations, AsyncResult
    from power_tuner_local.lambda_service.concurrency import Concurrency
    from power_tuner_local.lambda_service.invocations import Invoker
    from power_tuner_local.lambda_service.routing import Router

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
        router: "Router",
        invoker: "Invoker",
        concurrency: "Concurrency",
        queue: "AsyncInvocations",
    ) -> None:
        self._router = router
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
            json.loads(payload, parse_int=str, parse_float=str, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise InvalidRequestContentError(
                f"Could not parse request body into json: Could not parse payload into json: {error}"
            ) from error
        request_id = new_request_id()
        invocation = self._router.route(request, payload, request_id)
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
        invocation = self._router.route({"FunctionName": function_arn}, payload, new_request_id())
        self._queue.put(invocation, on_done)


def _refuse(constant: str) -> "NoReturn":
    raise ValueError(f"Unrecognized token '{constant}'")
