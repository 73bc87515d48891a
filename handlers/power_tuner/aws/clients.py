"""The clients of AWS services: each made once, with the timeouts and retries that its use needs."""

import socket
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config

from power_tuner.lambda_limits import MAX_TIMEOUT_S

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_lambda import LambdaClient

# Many runs may share the few calls a second that the control plane takes (lambda_limits.py).
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10}, read_timeout=30)
# A synchronous invocation takes as long as a function may run; the adapter retries, not the SDK.
_INVOKE = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    read_timeout=MAX_TIMEOUT_S + 20,
    max_pool_connections=128,
)
# NAT gateways and VPC endpoints forget a connection that was idle for 350 s; Linux would ask after 7,200 s.
_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)


_TRACE_HEADER = "X-Amzn-Trace-Id"

# boto3 has a type of its own for the client of each service, and for the request of each call.
Client = Any
Request = dict[str, Any]


class MakeClient(Protocol):
    """Makes a client of a service, as ``boto3.client`` does."""

    def __call__(self, service_name: str, /, *, region_name: str | None, config: Config) -> Client:
        """Return the client."""


class Clients:
    """The clients of one app, made when they are first used.

    Args:
        make: makes a client; ``boto3.client`` unless it is given.
    """

    def __init__(self, make: MakeClient | None = None) -> None:
        self._make: MakeClient = make or boto3.client  # type: ignore[assignment]
        self._made: dict[tuple[str, str | None, bool], Client] = {}

    def get(self, service: str) -> Client:
        """Return the client of a service in the app's own region."""
        return self._client(service, None)

    def control_plane_of_lambda(self, region: str | None) -> "LambdaClient":
        """Return the client for Lambda's control plane in a region, None for the app's own."""
        client: LambdaClient = self._client("lambda", region)
        return client

    def lambda_invoker(self, region: str | None) -> "LambdaClient":
        """Return the client for invocations in a region, None for the app's own."""
        client: LambdaClient = self._client("lambda", region, invokes=True)
        return client

    def _client(self, service: str, region: str | None, *, invokes: bool = False) -> Client:
        key = (service, region, invokes)
        if key not in self._made:
            made = self._make(service, region_name=region, config=_INVOKE if invokes else _PATIENT)
            self._made[key] = _prepared_for_invocations(made) if invokes else made
        return self._made[key]


def _prepared_for_invocations(client: Client) -> Client:
    """Keep connections alive through a NAT gateway, and leave it to the target whether it is traced."""
    # botocore has no setting for these; its pool takes whatever socket options it is given.
    client._endpoint.http_session._manager.connection_pool_kw["socket_options"] = [  # noqa: SLF001
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        *_KEEPALIVE,
    ]
    client.meta.events.register("before-send.lambda.Invoke", _drop_trace_header)
    return client


def _drop_trace_header(request: "AWSPreparedRequest", **_: object) -> None:
    """Remove the header of the caller's own trace, with which each measured invocation would be traced as well."""
    if _TRACE_HEADER in request.headers:
        del request.headers[_TRACE_HEADER]
