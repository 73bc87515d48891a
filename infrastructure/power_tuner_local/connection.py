"""A local AWS as its users see it: an endpoint, and what one can do over it."""

import functools
import json
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import boto3
from botocore.config import Config

from power_tuner_local.cloudformation import deployment
from power_tuner_local.gateway.identity import OPERATOR_ACCESS_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from power_tuner_local.cloudformation.deployment import Stack

REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
_IDLE_POLL_S = 20.0
_making = threading.Lock()
"""A boto3 session is not safe in threads; its clients are."""
_LOCAL = Config(proxies={}, s3={"addressing_style": "path"}, max_pool_connections=64)


class LocalAwsConnection:
    """A running local AWS.

    Attributes:
        endpoint_url: Where all its services answer.
        region: The region that it plays.
        account_id: The account that it plays.
    """

    region = REGION
    account_id = ACCOUNT_ID

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url

    def client(self, service: str, *, config: Config | None = None, access_key: str = OPERATOR_ACCESS_KEY) -> Any:
        """Return a boto3 client of one service of the local AWS.

        Args:
            service: The service, as boto3 names it.
            config: Settings of the client.
            access_key: Who calls; see `power_tuner_local.gateway.identity`.
        """
        with _making:
            return _session().client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint_url,
                aws_access_key_id=access_key,
                aws_secret_access_key="local",  # noqa: S106 (the local AWS checks no signature)
                config=_LOCAL.merge(config or Config()),
            )

    def deploy(
        self,
        template: "Path",
        *,
        stack_name: str = "power-tuner",
        parameters: "Mapping[str, str] | None" = None,
    ) -> "Stack":
        """Deploy a SAM or CloudFormation template; deploy again to update.

        Raises:
            deployment.DeploymentError: The stack could not be created or updated.
        """
        return deployment.deploy(self, template, stack_name=stack_name, parameters=parameters or {})

    def add_function(
        self,
        folder: "Path",
        *,
        handler: str = "app.handler",
        name: str | None = None,
        memory_mb: int = 128,
        timeout_s: int = 30,
        environment: "Mapping[str, str] | None" = None,
        architecture: str = "arm64",
        runtime: str = "python3.13",
        log_format: str = "Text",
        reserved_concurrency: int | None = None,
    ) -> str:
        """Create a function from a folder, or update the one of that name; return its ARN."""
        spec = deployment.FunctionSpec(
            name=name or folder.resolve().name,
            handler=handler,
            memory_mb=memory_mb,
            timeout_s=timeout_s,
            environment=dict(environment or {}),
            architecture=architecture,
            runtime=runtime,
            log_format=log_format,
            reserved_concurrency=reserved_concurrency,
        )
        return deployment.put_function(self, folder, spec)

    def fire_schedule(self, name: str) -> None:
        """Fire a schedule now: an EventBridge rule with a schedule expression, or a Scheduler schedule.

        Raises:
            LookupError: There is no schedule of that name.
        """
        self._local(f"schedules/{quote(name, safe='')}/fire", {})

    def wait_until_idle(self, timeout_s: float = 60) -> None:
        """Wait until no event delivery, no asynchronous invocation and no execution is left.

        Raises:
            TimeoutError: Something is still going on; the message says what.
        """
        remaining_s = timeout_s
        while True:
            slice_s = min(remaining_s, _IDLE_POLL_S)
            busy = self._local("idle", {"timeoutS": slice_s})["busy"]
            remaining_s -= slice_s
            if not busy:
                return
            if remaining_s <= 0:
                raise TimeoutError(f"the local AWS is still busy after {timeout_s:g} s: {', '.join(busy)}")

    def _local(self, path: str, document: "Mapping[str, Any]") -> Any:
        request = urllib.request.Request(  # noqa: S310 (our own endpoint)
            f"{self.endpoint_url}/_local/{path}", data=json.dumps(document).encode(), method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=_IDLE_POLL_S + 10) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise LookupError(json.load(error)["error"]) from None


@functools.cache
def _session() -> Any:
    """Return the session of all clients, which reads each service's description once."""
    return boto3.Session()
