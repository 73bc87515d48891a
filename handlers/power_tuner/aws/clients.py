"""Make clients: each once, with the timeouts and retries that its use needs."""

from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# The control plane allows 15 calls a second in an account; many runs may share it.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10}, read_timeout=30)
# A synchronous invocation answers within 15 minutes; its retries are ours.
_INVOKE = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    read_timeout=920,
    max_pool_connections=128,
    tcp_keepalive=True,
)


class MakeClient(Protocol):
    """Make a client of a service, as ``boto3.client`` does."""

    # boto3 has a type of its own for the client of each service.
    def __call__(self, service_name: str, /, *, region_name: str | None, config: Config) -> Any:
        """Return the client."""


class Clients:
    """The clients of one app, made when they are first used.

    Args:
        make: makes a client; ``boto3.client`` unless it is given.
    """

    def __init__(self, make: MakeClient | None = None) -> None:
        self._make: MakeClient = make or boto3.client  # type: ignore[assignment]
        self._made: dict[tuple[str, str | None, bool], Any] = {}

    def get(self, service: str) -> Any:
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

    def _client(self, service: str, region: str | None, *, invokes: bool = False) -> Any:
        key = (service, region, invokes)
        if key not in self._made:
            self._made[key] = self._make(service, region_name=region, config=_INVOKE if invokes else _PATIENT)
        return self._made[key]
