"""The platform's log lines of an invocation: START, END and REPORT, as text or JSON."""

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from power_tuner_local.lambda_service.sandbox_log import SandboxLog

_LEVELS = {"DEBUG": 0, "INFO": 1, "WARN": 2}
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Report:
    """The content of a REPORT line.

    Attributes:
        init_ns: The duration of the init phase; 0 if the invocation was warm.
        show_init: Whether the init phase is shown as well as billed.
        status: `success`, `error` or `timeout`.
        error_type: Such as `Runtime.OutOfMemory`; empty for an error that the function reported itself.
    """

    request_id: str
    duration_ns: int
    memory_mb: int
    max_memory_bytes: int
    init_ns: int = 0
    show_init: bool = True
    status: str = "success"
    error_type: str = ""
    trace: str = ""

    @property
    def billed_ms(self) -> int:
        """Return the billed duration: init and duration together, rounded up (on AWS since 2025-08-01)."""
        return max(1, math.ceil((self.duration_ns + self.init_ns) / 1_000_000))

    @property
    def max_memory_mb(self) -> int:
        """Return the memory used, capped at the memory size."""
        return min(self.memory_mb, math.ceil(self.max_memory_bytes / _MB))


class PlatformLog:
    """Writes a function's platform log lines, in its log format and from its system log level on."""

    def __init__(self, log: "SandboxLog", *, as_json: bool, level: str = "INFO") -> None:
        self._log = log
        self._as_json = as_json
        self._least = _LEVELS.get(level, 1)

    def init_start(self, function_name: str, version: str, runtime: str, region: str) -> None:
        """Write the line about the start of the init phase; the log's tail does not have it."""
        runtime_version = f"python:{runtime.removeprefix('python')}.v1"
        runtime_arn = f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(runtime.encode()).hexdigest()}"
        if self._as_json:
            record = {
                "initializationType": "on-demand",
                "phase": "init",
                "runtimeVersion": runtime_version,
                "runtimeVersionArn": runtime_arn,
                "functionName": function_name,
                "functionVersion": version,
            }
            self._record("platform.initStart", record, in_tail=False)
        else:
            line = f"INIT_START Runtime Version: {runtime_version}\tRuntime Version ARN: {runtime_arn}"
            self._log.write(line, in_tail=False)

    def start(self, request_id: str, version: str) -> None:
        """Write the START line."""
        if self._as_json:
            self._record("platform.start", {"requestId": request_id, "version": version})
        else:
            self._log.write(f"START RequestId: {request_id} Version: {version}")

    def init_report(self, init_ns: int, phase: str, error_type: str) -> None:
        """Write the report of a failed init phase."""
        status = "timeout" if error_type == "Sandbox.Timedout" else "error"
        if self._as_json:
            metrics = {"durationMs": _ms(init_ns)}
            record = {
                "initializationType": "on-demand",
                "phase": phase,
                "status": status,
                "errorType": error_type,
            }
            self._record("platform.initReport", {**record, "metrics": metrics}, level="WARN")
            return
        line = f"INIT_REPORT Init Duration: {_ms(init_ns):.2f} ms\tPhase: {phase}\tStatus: {status}"
        self._log.write(line if status == "timeout" else f"{line}\tError Type: {error_type}")

    def plain(self, line: str) -> None:
        """Write a line of text, in any log format."""
        self._log.write(line)

    def finish(self, report: Report) -> None:
        """Write END and REPORT."""
        if self._as_json:
            done = {
                "requestId": report.request_id,
                "status": report.status,
                "metrics": {"durationMs": _ms(report.duration_ns)},
            }
            self._record("platform.runtimeDone", done, level="DEBUG" if report.status == "success" else "WARN")
            self._record(
                "platform.report",
                _report_record(report),
                level="INFO" if report.status == "success" else "WARN",
            )
            return
        self._log.write(f"END RequestId: {report.request_id}")
        self._log.write(_report_line(report))
        if report.trace:
            self._log.write(f"XRAY TraceId: {report.trace}\tSampled: true\t")

    def _record(self, kind: str, record: dict[str, Any], *, level: str = "INFO", in_tail: bool = True) -> None:
        if _LEVELS[level] >= self._least:
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            document = {"time": now, "type": kind, "record": record}
            self._log.write(json.dumps(document, separators=(",", ":")), in_tail=in_tail)


def _report_line(report: Report) -> str:
    fields = [
        f"REPORT RequestId: {report.request_id}",
        f"Duration: {_ms(report.duration_ns):.2f} ms",
        f"Billed Duration: {report.billed_ms} ms",
        f"Memory Size: {report.memory_mb} MB",
        f"Max Memory Used: {report.max_memory_mb} MB",
    ]
    if report.init_ns and report.show_init:
        fields.append(f"Init Duration: {_ms(report.init_ns):.2f} ms")
    if report.status != "success" and (report.error_type or report.status == "timeout"):
        fields.append(f"Status: {report.status}")
        if report.status == "error":
            fields.append(f"Error Type: {report.error_type}")
        return "\t".join(fields)
    return "\t".join([*fields, ""])


def _report_record(report: Report) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        "durationMs": _ms(report.duration_ns),
        "billedDurationMs": report.billed_ms,
        "memorySizeMB": report.memory_mb,
        "maxMemoryUsedMB": report.max_memory_mb,
    }
    if report.init_ns and report.show_init:
        metrics["initDurationMs"] = _ms(report.init_ns)
    record: dict[str, Any] = {"requestId": report.request_id, "metrics": metrics, "status": report.status}
    if report.status == "error" and report.error_type:
        record["errorType"] = report.error_type
    if report.trace:
        record["tracing"] = {"type": "X-Amzn-Trace-Id", "value": f"root={report.trace};sampled=1"}
    return record


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1_000_000, 3)
