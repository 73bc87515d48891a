"""The local AWS inside this process."""

import json
import threading
import time
from typing import TYPE_CHECKING, Self

from power_tuner_local import cloudformation, event_bus, executions, interpreter, map_runs, moto_state
from power_tuner_local.connection import LocalAwsConnection
from power_tuner_local.event_bus import EventBus
from power_tuner_local.gateway import Gateway
from power_tuner_local.http_server import HttpServer
from power_tuner_local.lambda_service import LambdaService
from power_tuner_local.schedules import Schedules

if TYPE_CHECKING:
    from types import TracebackType

_POLL_S = 0.02
_QUIET_POLLS = 3


class LocalAws(LocalAwsConnection):
    """AWS on this machine: the APIs in threads of this process, functions in worker processes.

    >>> with LocalAws() as aws:
    ...     aws.client("s3").list_buckets()["Buckets"]
    []
    """

    def __init__(self, port: int = 0) -> None:
        for part in (cloudformation, event_bus, executions, interpreter, map_runs):
            part.install()
        moto_state.claim()
        try:
            self.gateway = Gateway()
            self._server = HttpServer(self.gateway, port)
        except BaseException:
            moto_state.release()
            raise
        super().__init__(self._server.endpoint_url)
        self._closed = threading.Event()
        cloudformation.use(self)
        self._lambda = self._start_lambda()
        self._executions = executions.Executions()
        executions.observe(self._executions)
        self._task_clients = interpreter.TaskClients(self)
        interpreter.use(self._task_clients)
        self._events = EventBus(self, self._lambda)
        self._schedules = Schedules(self, self._events)
        self._executions.on_status_change = self._events.publish_status_change
        self.gateway.routes |= {"idle": self._serve_idle, "schedules": self._schedules.serve}
        self._events.start()
        self._server.start()

    def close(self) -> None:
        """Stop everything: executions, sandboxes, the server; forget all state."""
        if self._closed.is_set():
            return
        self._closed.set()
        self._executions.abandon()
        self._events.close()
        self._lambda.close()
        self._server.stop()
        self._task_clients.close()
        moto_state.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: "TracebackType | None"
    ) -> None:
        self.close()

    def _start_lambda(self) -> "LambdaService":
        service = LambdaService(self.endpoint_url, self.region, self.account_id)
        self.gateway.services["lambda"] = service
        return service

    def busy(self) -> list[str]:
        """Return what is still going on, for people; empty when idle."""
        found = [f"execution {arn.rpartition(':')[2]}" for arn in self._executions.running()]
        if not self._events.idle():
            found.append("event deliveries")
        if not self._lambda.idle():
            found.append("asynchronous invocations")
        return found

    def _serve_idle(self, _: str, body: bytes) -> dict[str, list[str]]:
        """Answer when nothing is going on, or after the time that the request allows."""
        deadline = time.monotonic() + float(json.loads(body)["timeoutS"])
        quiet = 0
        while True:
            busy = self.busy()
            # what ends one thing starts the next (execution, event, invocation): idle is idle for a while
            quiet = 0 if busy else quiet + 1
            if quiet >= _QUIET_POLLS or time.monotonic() >= deadline:
                return {"busy": busy}
            time.sleep(_POLL_S)
