"""A connection to a running local AWS: deploy, add functions, fire schedules, wait."""

import json
import re
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from power_tuner_local.cloudformation import deployment
from power_tuner_local.gateway.doorkeeper import KEY_HEADER
from power_tuner_local.gateway.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from power_tuner_local.cloudformation.deployment import Stack

_IDLE_POLL_S = 20.0
_HEALTH_S = 5.0


# What Lambda takes: AWS's API reference, CreateFunction.
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_MAX_NAME_CHARS = 64


def function_name_of(folder: "Path") -> str:
    """Return the name of a function that is made of a folder: the folder's, as far as Lambda takes it."""
    name = _NOT_IN_A_NAME.sub("-", folder.resolve().name).strip("-")
    return name[:_MAX_NAME_CHARS] or "function"


class LocalAwsConnection(Endpoint):
    """A connection to a running local AWS."""

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

    def deploy_document(
        self,
        document: "dict[str, Any]",
        root: "Path",
        *,
        stack_name: str,
        parameters: "Mapping[str, str] | None" = None,
        keep_functions: bool = False,
    ) -> "Stack":
        """Deploy the document of a SAM or CloudFormation template, whose relative paths start at the root.

        Functions that the stack has and the document lacks are deleted, or kept with what they need.

        Raises:
            deployment.DeploymentError: The stack could not be created or updated.
        """
        return deployment.deploy_document(
            self, document, root, stack_name=stack_name, parameters=parameters or {}, keep_functions=keep_functions
        )

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
        may_use_aws: bool = False,
    ) -> str:
        """Create or update a function with the code of a folder; return its ARN.

        Without a name, it has the folder's, with a hyphen for what Lambda does not take in a name. Its role may do
        nothing, or whatever the local AWS can.
        """
        spec = deployment.FunctionSpec(
            name=name or function_name_of(folder),
            handler=handler,
            memory_mb=memory_mb,
            timeout_s=timeout_s,
            environment=dict(environment or {}),
            architecture=architecture,
            runtime=runtime,
            log_format=log_format,
            reserved_concurrency=reserved_concurrency,
            may_use_aws=may_use_aws,
        )
        return deployment.put_function(self, folder, spec)

    def fire_schedule(self, name: str) -> None:
        """Fire a schedule now: an EventBridge rule with a schedule expression, or a Scheduler schedule.

        Raises:
            LookupError: There is no schedule with that name.
        """
        self._local(f"schedules/{quote(name, safe='')}/fire", {})

    def wait_until_idle(self, timeout_s: float = 60) -> None:
        """Wait until no event delivery, asynchronous invocation or execution is in progress.

        Raises:
            TimeoutError: Something is still in progress; the message names it.
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

    def health(self) -> Any:
        """Return which server responds.

        Raises:
            OSError: None does.
            LookupError: It takes none of our keys.
        """
        return self._local("health", {}, timeout_s=_HEALTH_S)

    def _local(self, path: str, document: "Mapping[str, Any]", *, timeout_s: float = _IDLE_POLL_S + 10) -> Any:
        request = urllib.request.Request(  # noqa: S310 (our own endpoint)
            f"{self.endpoint_url}/_local/{path}",
            data=json.dumps(document).encode(),
            headers={KEY_HEADER: self.keyring.operator_key},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as response:  # noqa: S310 # nosec B310
                return json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                raise LookupError(json.load(error)["error"]) from None
