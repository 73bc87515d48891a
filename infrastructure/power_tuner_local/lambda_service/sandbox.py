"""Sandboxes: child processes that run AWS's runtime client, one event at a time."""

import contextlib
import enum
import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner_local.lambda_service.process_end import ProcessEnd
from power_tuner_local.lambda_service.process_usage import meter_of
from power_tuner_local.lambda_service.runtime_endpoint import (
    RuntimeEndpoint,
    RuntimeRequest,
)
from power_tuner_local.lambda_service.sandbox_log import SandboxLog
from power_tuner_local.lambda_service.vcpu_share import charged_ns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from power_tuner_local.lambda_service.runtime_endpoint import (
        RuntimeConnection,
    )

_FIRST_CHECK_S = 0.01
_LAST_CHECK_S = 0.1
_PARALLEL_CHECK_S = 0.003
"""How often several threads are sampled: the time that a thread waited for a core is lost when it ends."""
_BUSY_NS = 1_000_000
_PIPE_BYTES = 1 << 16


class Stop(enum.Enum):
    """Why a sandbox stopped before its next request."""

    EXITED = "exited"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a sandbox until its next request."""

    time_ns: int
    memory_bytes: int
    vcpus: float


@dataclass(frozen=True, slots=True)
class Step:
    """A sandbox's work up to its next request, or up to its end.

    Attributes:
        end: The next request, or why there is none.
        charged_ns: The duration at the vCPU share of the memory size.
    """

    end: RuntimeRequest | Stop
    charged_ns: int


class Sandbox:
    """A process with its Runtime API and log. Not thread-safe: only the invocation that has taken it uses it."""

    def __init__(
        self,
        command: "Sequence[str]",
        task_root: "Path",
        environment: "Mapping[str, str]",
        lifeline: int,
        log_stream: str,
    ) -> None:
        self.log = SandboxLog()
        self.log_stream = log_stream
        self.session = environment.get("AWS_SESSION_TOKEN", "")
        self._endpoint = RuntimeEndpoint()
        self._pipe, writer = os.pipe()
        os.set_blocking(self._pipe, False)
        variables = {
            **environment,
            "AWS_LAMBDA_RUNTIME_API": self._endpoint.address,
            "_LAMBDA_TELEMETRY_LOG_FD": str(writer),
        }
        try:
            self._process = subprocess.Popen(  # noqa: S603 (the user's own function is what we run)
                command,
                cwd=task_root,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                pass_fds=(writer, lifeline),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._pipe)
            self._endpoint.close()
            raise
        finally:
            os.close(writer)
        self._end = ProcessEnd(self._process)
        self._meter = meter_of(self._process.pid)
        self._connections: dict[int, RuntimeConnection] = {}
        self._waiting: RuntimeConnection | None = None
        self._poll = select.poll()
        for descriptor in (self._pipe, self._end.descriptor, self._endpoint.fileno()):
            if descriptor is not None:
                self._poll.register(descriptor, select.POLLIN)
        self._peak_bytes = 0
        self._killed = False
        self._end_when_crashed = Stop.EXITED
        self.idle_since_s = 0.0
        self.invocations = 0

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._process.pid

    @property
    def exit_text(self) -> str:
        """Return how the process ended, in Lambda's wording."""
        code = self._process.wait()
        if code < 0:
            with contextlib.suppress(ValueError):
                name = signal.strsignal(-code) or ""
                return f"signal: {name.lower()}"
        return f"exit status {code}" if code else ""

    def await_ready(self, limits: Limits, *, since_ns: int | None = None) -> Step:
        """Wait until the runtime asks for an event; the first time, this is the init phase."""
        if since_ns is None:
            since_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        return self._step(limits, since_ns)

    def handle(self, headers: "Mapping[str, str]", event: bytes, limits: Limits) -> Step:
        """Send an event to the runtime and wait for its response."""
        connection, self._waiting = self._waiting, None
        if connection is None:
            raise RuntimeError("the sandbox is not waiting for an event")
        self._meter.start()
        sent_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        with contextlib.suppress(ConnectionError):
            connection.send("200 OK", {"Content-Type": "application/json", **headers}, event)
        step = self._step(limits, sent_ns)
        self.invocations += 1
        return step

    def confirm_response(self) -> None:
        """Confirm to the runtime that its response has arrived."""
        if self._waiting is not None:
            with contextlib.suppress(ConnectionError):
                self._waiting.send("202 Accepted", {"Content-Type": "application/json"}, b'{"status":"OK"}')
            self._waiting = None

    @property
    def is_ready(self) -> bool:
        """Return whether the runtime is waiting for an event."""
        return self._waiting is not None

    def max_memory_bytes(self) -> int:
        """Return the peak memory of the sandbox."""
        self._peak_bytes = max(self._peak_bytes, self._meter.peak_bytes())
        return self._peak_bytes

    def close(self) -> None:
        """End the process and all its children."""
        self.kill()
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
        self._endpoint.close()
        os.close(self._pipe)
        self._end.close()

    def crash(self, *, timed_out: bool) -> None:
        """Kill the process from another thread; the one that uses the sandbox sees it end.

        Args:
            timed_out: Whether the end is reported as a timeout.
        """
        if timed_out:
            self._end_when_crashed = Stop.TIMED_OUT
        self._kill_group()

    def kill(self) -> None:
        """Kill the process and all its children; the log can still be read."""
        if self._killed:
            return
        self._killed = True
        self._kill_group()
        self._process.wait()
        self._drain()

    def _step(self, limits: Limits, since_ns: int) -> Step:
        """Run the sandbox until it sends a request, ends or exceeds a limit."""
        pause_s, used_ns = _FIRST_CHECK_S, 0
        check_at_s = time.monotonic() + pause_s
        while True:
            request, exited = self._listen(max(0.0, check_at_s - time.monotonic()))
            if request is None and not exited and time.monotonic() < check_at_s:
                continue
            now_ns = request.arrived_ns if request else time.clock_gettime_ns(time.CLOCK_REALTIME)
            wall_ns = max(now_ns - since_ns, 1)
            if exited and request is None:
                self.kill()
                return Step(self._end_when_crashed, min(wall_ns, limits.time_ns))
            usage = self._meter.usage(wall_ns)
            spent_ns = charged_ns(usage, limits.vcpus)
            if request is None:
                self._peak_bytes = max(self._peak_bytes, self._meter.resident_bytes())
            if self._is_over(limits, final=request is not None):
                self.kill()
                return Step(Stop.OUT_OF_MEMORY, min(spent_ns, limits.time_ns))
            if spent_ns >= limits.time_ns:
                self.kill()
                return Step(Stop.TIMED_OUT, limits.time_ns)
            if request is not None:
                return Step(request, spent_ns)
            is_busy = usage.cpu_ns - used_ns > _BUSY_NS
            pause_s = _FIRST_CHECK_S if is_busy else min(2 * pause_s, _LAST_CHECK_S)
            if is_busy and self._meter.is_parallel:
                pause_s = _PARALLEL_CHECK_S
            used_ns = usage.cpu_ns
            left_s = (limits.time_ns - spent_ns) / 1e9 * min(limits.vcpus, 1.0)
            check_at_s = time.monotonic() + min(pause_s, max(left_s, 0.001))

    def _is_over(self, limits: Limits, *, final: bool) -> bool:
        return (self.max_memory_bytes() if final else self._peak_bytes) > limits.memory_bytes

    def _listen(self, timeout_s: float) -> tuple[RuntimeRequest | None, bool]:
        """Wait for activity; return the runtime's request, if any, and whether the process has ended."""
        # asked first: what it has sent before its end is then seen below
        exited = self._end.must_be_asked()
        for descriptor, _ in self._poll.poll(0 if exited else timeout_s * 1000):
            if descriptor == self._pipe:
                self._drain()
            elif descriptor == self._end.descriptor:
                exited = True
            elif descriptor == self._endpoint.fileno():
                connection = self._endpoint.accept()
                if connection is None:
                    continue
                self._connections[connection.fileno()] = connection
                self._poll.register(connection.fileno(), select.POLLIN)
            elif not self._connections[descriptor].receive():
                self._poll.unregister(descriptor)
                self._connections.pop(descriptor).close()
        for connection in self._connections.values():
            if request := connection.next_request():
                self._waiting = connection
                self._drain()
                return request, exited
        return None, exited

    def _kill_group(self) -> None:
        # macOS does not permit it of a group whose processes have ended and are only not waited for
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._pipe, _PIPE_BYTES):
                self.log.feed(chunk)
