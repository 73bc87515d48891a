"""The local AWS, run inside this process."""

import contextlib
import json
import time
from typing import TYPE_CHECKING, Self

from power_tuner_local import moto_lookups, moto_state
from power_tuner_local.cloudformation import change_set_api
from power_tuner_local.cloudformation import patches as cloudformation_patches
from power_tuner_local.cloudformation.stack_operations import StackOperations
from power_tuner_local.cloudwatch import metrics_insights
from power_tuner_local.connection import LocalAwsConnection
from power_tuner_local.eventbridge import archives, bus, buses, entries, rules, scheduler_api
from power_tuner_local.eventbridge.bus import EventBus
from power_tuner_local.eventbridge.schedules import Schedules
from power_tuner_local.eventbridge.targets import Targets
from power_tuner_local.faults import Faults
from power_tuner_local.gateway.gateway import Gateway
from power_tuner_local.gateway.http_server import HttpServer
from power_tuner_local.iam import bucket_policies
from power_tuner_local.iam.issued_keys import issued_by
from power_tuner_local.iam.permissions import Permissions
from power_tuner_local.iam.role_clients import RoleClients
from power_tuner_local.lambda_service import LambdaOptions, LambdaService
from power_tuner_local.logs import filter_patterns
from power_tuner_local.step_functions import (
    executions,
    interpreter,
    item_readers,
    map_runs,
    requests,
    state_machines,
    task_errors,
)
from power_tuner_local.step_functions.executions import Executions

if TYPE_CHECKING:
    from types import TracebackType

    from power_tuner_local.moto_patches import MotoPatches

_POLL_S = 0.02
_QUIET_POLLS = 3


class LocalAws(LocalAwsConnection):
    """AWS on this machine: the APIs in threads of this process, functions in worker processes.

    >>> with LocalAws() as aws:
    ...     aws.client("s3").list_buckets()["Buckets"]
    []

    Args:
        port: Where to listen; 0 is any free port.
        lambda_options: Delays and limits of the Lambda service.

    Attributes:
        gateway: Where every request passes.
        permissions: The permission checks of every request.
        faults: Injects faults.
        control_plane: The rate limit of Lambda's control plane.
        concurrency: The limit of concurrent invocations.
    """

    def __init__(self, port: int = 0, *, lambda_options: LambdaOptions | None = None) -> None:
        with contextlib.ExitStack() as undo:
            patches = undo.enter_context(moto_state.hold())
            self.gateway = Gateway()
            server = undo.enter_context(HttpServer(self.gateway, port))
            super().__init__(server.endpoint_url, self.gateway.doorkeeper.keyring)
            clients = RoleClients(self)
            undo.callback(clients.close)
            server.start()
            undo.callback(server.stop)
            self._lambda = LambdaService(
                self.endpoint_url, self.region, self.account_id, lambda_options, keyring=self.keyring
            )
            undo.callback(self._lambda.close)
            self.control_plane = self._lambda.control_plane
            self.concurrency = self._lambda.concurrency
            self.permissions = Permissions(self.region, self.account_id, self._lambda)
            self.faults = Faults(self.gateway, self._lambda)
            self.gateway.doorkeeper.issued = issued_by(self.account_id)
            self.gateway.interceptors += [self.permissions, self.faults]
            self._lambda.clock_offset_s = self.faults.clock_offset_s
            targets = Targets(clients, self._lambda, self.permissions.resource_policies)
            self._events = EventBus(self, targets, self.faults.deliver)
            self._events.start()
            undo.callback(self._events.close)
            self._executions = Executions(self._events.publish_status_change)
            undo.callback(self._executions.abandon)
            self._stacks = StackOperations(self)
            undo.callback(self._stacks.close)
            self._patch_moto(patches, clients)
            self.gateway.services |= {"lambda": self._lambda, "tagging": self._lambda.tagged_functions}
            self.gateway.routes |= {"idle": self._serve_idle, "schedules": Schedules(self, self._events).serve}
            self._undo = undo.pop_all()

    def _patch_moto(self, patches: "MotoPatches", clients: RoleClients) -> None:
        """Patch moto to call the parts of this local AWS."""
        moto_lookups.patch_moto(patches)
        cloudformation_patches.patch_moto(patches, self)
        change_set_api.patch_moto(patches, self, self._stacks)
        bucket_policies.patch_moto(patches)
        archives.patch_moto(patches)
        bus.patch_moto(patches, self._events)
        buses.patch_moto(patches)
        entries.patch_moto(patches)
        rules.patch_moto(patches)
        scheduler_api.patch_moto(patches)
        filter_patterns.patch_moto(patches)
        metrics_insights.patch_moto(patches)
        executions.patch_moto(patches, self._executions)
        interpreter.patch_moto(patches, clients)
        map_runs.patch_moto(patches, self.permissions)
        item_readers.patch_moto(patches)
        task_errors.patch_moto(patches)
        state_machines.patch_moto(patches)
        requests.patch_moto(patches)

    def close(self) -> None:
        """Stop executions, sandboxes and the server, and discard all state."""
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: "TracebackType | None"
    ) -> None:
        self.close()

    def busy(self) -> list[str]:
        """Return what is still in progress, in words; empty when idle."""
        found = [f"execution {arn.rpartition(':')[2]}" for arn in self._executions.running()]
        found += [f"stack {name}" for name in self._stacks.running()]
        if not self._events.idle() or self.faults.late_for(""):
            found.append("event deliveries")
        if not self._lambda.idle():
            found.append("asynchronous invocations")
        return found

    def _serve_idle(self, _: str, body: bytes) -> dict[str, list[str]]:
        """Respond when nothing is in progress, or when the request's time is over."""
        deadline = time.monotonic() + float(json.loads(body)["timeoutS"])
        quiet = 0
        while True:
            busy = self.busy()
            # the end of one thing can start another (execution, event, invocation): idle means idle for several polls
            quiet = 0 if busy else quiet + 1
            if quiet >= _QUIET_POLLS or time.monotonic() >= deadline:
                return {"busy": busy}
            time.sleep(_POLL_S)
