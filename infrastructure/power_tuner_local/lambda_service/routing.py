"""Routing: which version and configuration an invocation runs with."""

import base64
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from power_tuner_local.lambda_service.errors import ResourceConflictError, ResourceNotFoundError
from power_tuner_local.lambda_service.invocations import Invocation, new_trace
from power_tuner_local.lambda_service.names import LATEST, FunctionName, read_function_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.lambda_service.configuration import Configuration
    from power_tuner_local.lambda_service.functions import Function, FunctionRegistry


class _Route(NamedTuple):
    """The version that an invocation is routed to, or $LATEST, as it is now; with the alias that two versions share."""

    configuration: "Configuration"
    version: str
    generation: str
    alias: str = ""


class Router:
    """Routes invocations to versions."""

    def __init__(self, registry: "FunctionRegistry") -> None:
        self._registry = registry

    def route(self, request: "Mapping[str, Any]", payload: bytes, request_id: str) -> Invocation:
        """Return the invocation that a request asks for; later updates of the function do not affect it."""
        target = read_function_name(request["FunctionName"], request.get("Qualifier"))
        function = self._registry.find(FunctionName(target.name, target.qualifier or LATEST))
        found = _route(function, target.qualifier)
        context = request.get("ClientContext")
        return Invocation(
            **found._asdict(),
            function_arn=function.arn,
            invoked_arn=f"{function.arn}:{target.qualifier}" if target.qualifier else function.arn,
            payload=payload,
            request_id=request_id,
            trace=request.get("TraceHeader") or new_trace(sampled=found.configuration.tracing == "Active"),
            client_context=base64.b64decode(context).decode() if context else "",
        )

    def route_again(self, invocation: Invocation) -> Invocation:
        """Return a queued invocation as the function is now; one of a deleted function runs as it was."""
        target = read_function_name(invocation.invoked_arn)
        try:
            found = _route(self._registry.find(FunctionName(target.name)), target.qualifier)
        except ResourceNotFoundError:
            return invocation
        return replace(invocation, **found._asdict())


def _route(function: "Function", qualifier: str | None) -> _Route:
    with function.lock:
        chosen = _choose(function, qualifier)
        version = function.version_of(chosen)
        if version is None:
            if function.live is None:
                function.require_settled()
            return _Route(function.live or function.configuration, LATEST, function.generation)
        if version.active_at_s:
            raise ResourceConflictError(
                "The operation cannot be performed at this time. "
                "The function is currently in the following state: Pending"
            )
        shared = qualifier if qualifier and function.aliases.get(qualifier) and chosen != qualifier else ""
        return _Route(version.configuration, version.number, version.generation, shared)


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
