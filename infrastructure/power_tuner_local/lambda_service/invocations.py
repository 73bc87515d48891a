"""Invocations: a sandbox handles an event; the result and the log follow."""

import secrets
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from power_tuner_local.lambda_service.errors import UnsupportedError
from power_tuner_local.lambda_service.functions import new_id
from power_tuner_local.lambda_service.outcomes import MAX_RESPONSE_BYTES, Outcome, stopped, too_large
from power_tuner_local.lambda_service.platform_log import PlatformLog, Report
from power_tuner_local.lambda_service.runtime_endpoint import RuntimeRequest
from power_tuner_local.lambda_service.sandbox import Limits, Sandbox, Step
from power_tuner_local.lambda_service.sandbox_command import command_of, not_run
from power_tuner_local.lambda_service.sandbox_environment import environment_of
from power_tuner_local.lambda_service.sandbox_pool import SandboxKey, SandboxPool
from power_tuner_local.lambda_service.vcpu_share import vcpus_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local.gateway.identity import Keyring
    from power_tuner_local.lambda_service.alias_metrics import AliasMetrics
    from power_tuner_local.lambda_service.code_store import CodeStore
    from power_tuner_local.lambda_service.configuration import Configuration
    from power_tuner_local.lambda_service.log_delivery import LogDelivery

TIMEOUT_VARIABLE = "LOCAL_AWS_TIMEOUT_S"
_FULL_VCPU = 1.0
_MB = 1 << 20
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Invocation:
    """An invocation to run.

    Attributes:
        generation: Changes with each update of the configuration; sandboxes of another generation are stale.
        invoked_arn: The ARN that the caller used, with alias or version.
        alias: The alias that the caller used, if its invocations are shared by two versions.
    """

    configuration: "Configuration"
    function_arn: str
    version: str
    generation: str
    invoked_arn: str
    payload: bytes
    request_id: str
    alias: str = ""
    trace: str = ""
    client_context: str = ""


@dataclass(frozen=True, slots=True)
class InvocationResult:
    """The result of an invocation.

    Attributes:
        error: Empty, or `Unhandled`.
        tail: The last 4 KB of the log.
    """

    payload: bytes
    error: str
    tail: bytes


@dataclass(frozen=True, slots=True)
class _Init:
    """How a sandbox became ready for an invocation.

    Attributes:
        charged_ns: How long its init phase took; 0 when it was ready before.
        repeated: Whether the first init phase failed, so that a second was part of the invocation.
        failure: The invocation's outcome if the second failed too.
    """

    charged_ns: int = 0
    repeated: bool = False
    failure: Outcome | None = None


class Invoker:
    """Runs invocations in sandboxes."""

    def __init__(
        self,
        pool: SandboxPool,
        store: "CodeStore",
        logs: "LogDelivery",
        metrics: "AliasMetrics",
        *,
        endpoint_url: str,
        region: str,
        keyring: "Keyring",
        init_limit_s: float,
        clock_offset_s: "Callable[[str, bytes], float] | None" = None,
    ) -> None:
        self._pool = pool
        self._store = store
        self._logs = logs
        self._metrics = metrics
        self._endpoint_url = endpoint_url
        self._region = region
        self._keyring = keyring
        self._init_limit_ns = round(init_limit_s * _SECOND_NS)
        self._clock_offset_s = clock_offset_s

    def invoke(self, invocation: Invocation) -> InvocationResult:
        """Run an invocation to its end."""
        configuration = invocation.configuration
        if why := not_run(configuration.runtime):
            raise UnsupportedError(f"Function {configuration.name} {why}.")
        if configuration.unserved:
            raise UnsupportedError(
                f"Function {configuration.name} has {configuration.unserved}: the local AWS keeps such a function, and "
                "cannot run it."
            )
        key = SandboxKey(invocation.function_arn, invocation.version, invocation.generation)
        sandbox, init = self._sandbox(key, invocation)
        try:
            result, usable = self._use(sandbox, init, invocation)
        except BaseException:
            self._pool.discard(sandbox)
            raise
        if usable:
            self._pool.release(sandbox)
        else:
            self._pool.discard(sandbox)
        return result

    def _use(self, sandbox: Sandbox, init: _Init, invocation: Invocation) -> tuple[InvocationResult, bool]:
        """Run the invoke phase and write the log; return the result and whether the sandbox can be reused."""
        configuration, request_id = invocation.configuration, invocation.request_id
        platform = self._platform(sandbox, configuration)
        platform.start(request_id, invocation.version)
        outcome = init.failure or self._run(sandbox, invocation, init)
        if outcome.note:
            platform.plain(outcome.note)
        platform.finish(
            Report(
                request_id=request_id,
                duration_ns=outcome.duration_ns,
                memory_mb=configuration.memory_mb,
                max_memory_bytes=sandbox.max_memory_bytes(),
                init_ns=0 if init.repeated else init.charged_ns,
                show_init=outcome.status != "timeout",
                status=outcome.status,
                error_type=outcome.error_type,
                trace=_trace_root(invocation.trace) if configuration.tracing == "Active" else "",
            )
        )
        result = InvocationResult(outcome.payload, "Unhandled" if outcome.failed else "", sandbox.log.tail())
        self._logs.put(configuration.log_group, sandbox.log_stream, sandbox.log.take_events())
        if invocation.alias:
            self._metrics.count(configuration.name, invocation.alias, invocation.version, failed=outcome.failed)
        return result, outcome.usable

    def _sandbox(self, key: SandboxKey, invocation: Invocation) -> tuple[Sandbox, _Init]:
        """Return a sandbox, and how it became ready or failed to."""
        while sandbox := self._pool.take_warm(key):
            if sandbox.is_ready or isinstance(sandbox.await_ready(self._init_limits(invocation)).end, RuntimeRequest):
                return sandbox, _Init()
            self._pool.discard(sandbox)
        sandbox, step = self._start(key, invocation, shows_init=True)
        if _is_ready(step):
            return sandbox, _Init(step.charged_ns)
        # Lambda repeats a failed init once, as a part of the invocation and within the function's timeout
        self._failed_init(sandbox, invocation, step, "init")
        earlier = sandbox.log
        self._pool.discard(sandbox)
        sandbox, step = self._start(key, invocation, shows_init=False)
        sandbox.log.prepend(earlier)
        if _is_ready(step):
            return sandbox, _Init(step.charged_ns, repeated=True)
        return sandbox, _Init(repeated=True, failure=self._failed_init(sandbox, invocation, step, "invoke"))

    def _start(self, key: SandboxKey, invocation: Invocation, *, shows_init: bool) -> tuple[Sandbox, Step]:
        started_ns = time.clock_gettime_ns(time.CLOCK_REALTIME)
        sandbox = self._pool.make(key, lambda: self._create(invocation))
        if shows_init:
            configuration = invocation.configuration
            self._platform(sandbox, configuration).init_start(
                configuration.name, invocation.version, configuration.runtime, self._region
            )
        limits = self._init_limits(invocation)
        if not shows_init:
            limits = replace(limits, time_ns=invocation.configuration.timeout_s * _SECOND_NS)
        return sandbox, sandbox.await_ready(limits, since_ns=started_ns)

    def _create(self, invocation: Invocation) -> Sandbox:
        configuration, version = invocation.configuration, invocation.version
        unpacked = self._store.unpacked(configuration)
        # In a log group of its own choice a function's streams have its name.
        owner = configuration.name if configuration.logging.get("LogGroup") else ""
        stream = f"{datetime.now(UTC):%Y/%m/%d}/{owner}[{version}]{secrets.token_hex(16)}"
        environment = environment_of(
            configuration,
            version,
            unpacked=unpacked,
            log_stream=stream,
            endpoint_url=self._endpoint_url,
            region=self._region,
            access_key=self._keyring.role_key(configuration.role),
        )
        runtime, lifeline = configuration.runtime, self._pool.lifeline
        if self._clock_offset_s is not None and runtime.startswith("python"):
            environment[TIMEOUT_VARIABLE] = str(configuration.timeout_s)
        command = command_of(runtime, configuration.handler, unpacked, environment, lifeline)
        return Sandbox(command, unpacked.task_root, environment, lifeline, stream)

    def _platform(self, sandbox: Sandbox, configuration: "Configuration") -> PlatformLog:
        level = configuration.logging.get("SystemLogLevel", "INFO")
        return PlatformLog(sandbox.log, as_json=configuration.logs_json, level=level)

    def _init_limits(self, invocation: Invocation) -> Limits:
        return Limits(self._init_limit_ns, invocation.configuration.memory_mb * _MB, _FULL_VCPU)

    def _failed_init(self, sandbox: Sandbox, invocation: Invocation, step: Step, phase: str) -> Outcome:
        """Log a failed init phase; return the invocation's outcome if its retry fails too."""
        configuration = invocation.configuration
        if isinstance(step.end, RuntimeRequest):
            sandbox.confirm_response()
            error_type = step.end.headers.get("lambda-runtime-function-error-type", "Runtime.Unknown")
            outcome = Outcome(step.end.body, step.charged_ns, "error", error_type, failed=True, usable=False)
        else:
            outcome = stopped(step, sandbox.exit_text, invocation.request_id, configuration.timeout_s)
        sandbox.kill()
        platform = PlatformLog(sandbox.log, as_json=configuration.logs_json)
        platform.init_report(step.charged_ns, phase, outcome.error_type or "Sandbox.Timedout")
        return outcome

    def _run(self, sandbox: Sandbox, invocation: Invocation, init: _Init) -> Outcome:
        """Run the handler; an init phase that was repeated has used some of the time, and is part of the duration."""
        used_ns = init.charged_ns if init.repeated else 0
        outcome = self._handle(sandbox, invocation, used_ns)
        return replace(outcome, duration_ns=outcome.duration_ns + used_ns)

    def _handle(self, sandbox: Sandbox, invocation: Invocation, used_ns: int) -> Outcome:
        configuration = invocation.configuration
        limit_ns = max(0, configuration.timeout_s * _SECOND_NS - used_ns)
        limits = Limits(limit_ns, configuration.memory_mb * _MB, vcpus_of(configuration.memory_mb))
        asked = self._clock_offset_s
        offset_s = asked(invocation.function_arn, invocation.payload) if asked is not None else 0.0
        deadline_ms = time.time_ns() // 1_000_000 + round(
            (configuration.timeout_s + offset_s) * 1000 - used_ns / 1_000_000
        )
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.invoked_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace,
        }
        if invocation.client_context:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        step = sandbox.handle(headers, invocation.payload, limits)
        if not isinstance(step.end, RuntimeRequest):
            return stopped(step, sandbox.exit_text, invocation.request_id, configuration.timeout_s)
        sandbox.confirm_response()
        if step.end.path.endswith("/error"):
            return Outcome(step.end.body, step.charged_ns, "error", failed=True)
        if len(step.end.body) > MAX_RESPONSE_BYTES:
            return too_large(step)
        return Outcome(step.end.body, step.charged_ns)


def new_trace(*, sampled: bool) -> str:
    """Return a new X-Ray trace header."""
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled={int(sampled)}"


def new_request_id() -> str:
    """Return a new request id."""
    return new_id()


def _trace_root(trace: str) -> str:
    parts = dict(part.partition("=")[::2] for part in trace.split(";"))
    return f"{parts.get('Root', '')}\tSegmentId: {parts.get('Parent', '')}"


def _is_ready(step: Step) -> bool:
    return isinstance(step.end, RuntimeRequest) and step.end.path.endswith("/invocation/next")
