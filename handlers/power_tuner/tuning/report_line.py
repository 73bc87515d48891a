"""Read what Lambda's own REPORT says of an invocation, from the tail of its log.

Formats: a text line ``REPORT RequestId: ...`` with tab-separated fields, or, with JSON logging, a record of
type ``platform.report``. A function can write lines that look like either. Lambda writes its own after all of them,
at the beginning of a line, with the invocation's request id and the memory size that it ran with.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from power_tuner.lambda_limits import MAX_MEMORY_MB, MIN_MEMORY_MB

# With its unit, or it was cut off.
_MEASURE = re.compile(r"(?P<number>\d+(?:\.\d+)?) (?P<unit>ms|MB)", re.ASCII)
# How Lambda's own lines begin, and the types of its records.
_HEADS = {"REPORT RequestId: ": "report", "START RequestId: ": "start", "INIT_REPORT Init Duration: ": "initReport"}
_RECORDS = {f"platform.{kind}": kind for kind in (*_HEADS.values(), "runtimeDone")}
# Lambda's own have some 300 characters, of which the type of an error is the longest part.
_MAX_LINE_CHARS = 2000
# Eleven days in ms, a petabyte in MB: no measure of Lambda's is larger.
_LARGEST = 1e9
# Lambda sends this much of an invocation's log at most.
TAIL_BYTES = 4096
_OUT_OF_MEMORY = "Runtime.OutOfMemory"


@dataclass(frozen=True, slots=True)
class Report:
    """The measures of one invocation, as Lambda reported them.

    Attributes:
        init_ms: Init Duration; 0 when the init phase was repeated within the invocation, whose duration contains it.
        status: ``success`` unless the report says otherwise (``timeout``, ``error``, ``failure``).
        error_type: for instance ``Runtime.OutOfMemory``, None when the report names none.
        extensions_ms: the part of the duration after the runtime had answered; None when it is not known.
        memory_mb: the memory size that it ran with.
    """

    duration_ms: float
    billed_ms: int
    init_ms: float | None = None
    restore_ms: float | None = None
    max_memory_used_mb: int | None = None
    status: str = "success"
    error_type: str | None = None
    extensions_ms: float | None = None
    memory_mb: int = field(default=0, compare=False)

    @property
    def timed_out(self) -> bool:
        """Return whether the invocation ran into the function's timeout."""
        return self.status == "timeout"

    @property
    def out_of_memory(self) -> bool:
        """Return whether the invocation ran out of memory."""
        return self.error_type == _OUT_OF_MEMORY


@dataclass(frozen=True, slots=True)
class PlatformLine:
    """A line that looks like one of Lambda's own.

    Attributes:
        kind: ``start``, ``runtimeDone``, ``report`` or ``initReport``.
        request_id: of the invocation; empty in an INIT_REPORT, which has none.
        report: the measures, None if they cannot be read or are of another memory size.
        runtime_ms: how long the runtime took, of a runtimeDone; None if it cannot be read.
    """

    kind: str
    request_id: str = ""
    report: Report | None = None
    runtime_ms: float | None = None


def find_report(log_tail: str, request_id: str, memory_mb: int, *, tells_runtime: bool = False) -> Report | None:
    """Find an invocation's report in the tail of its log.

    The last report wins, whatever its format, because Lambda writes it after everything that the function wrote.

    Args:
        log_tail: the decoded last 4 KB of the invocation's log.
        request_id: the invocation's.
        memory_mb: the memory size of the version that ran.
        tells_runtime: Lambda writes how long the runtime took too; a function's own line of that kind comes before it.

    Returns:
        The report, or None when there is none. Never a report with a duration that was not written.
    """
    lines = (read_platform_line(line, memory_mb) for line in _lines_from_the_end(log_tail))
    of_invocation = (line for line in lines if line and line.request_id in {"", request_id})
    report = next((line.report for line in of_invocation if line.kind == "report"), None)
    if report is None or not (tells_runtime or report.init_ms is None):
        return report
    before = list(of_invocation)
    runtime_ms = next((line.runtime_ms for line in before if line.kind == "runtimeDone"), None)
    if tells_runtime and runtime_ms is not None and runtime_ms <= report.duration_ms:
        report = replace(report, extensions_ms=report.duration_ms - runtime_ms)
    if report.init_ms is None and _init_failed(log_tail, before):
        report = replace(report, init_ms=0.0)
    return report


def _init_failed(log_tail: str, from_the_end: Sequence[PlatformLine]) -> bool:
    """Return whether an INIT_REPORT stands before the invocation's first START, where its code cannot have written it.

    In a log that was cut off, the first START that is left may be one that the function wrote.
    """
    if len(log_tail.encode()) >= TAIL_BYTES:
        return False
    kinds = [line.kind for line in reversed(from_the_end)]
    return "start" in kinds and "initReport" in kinds[: kinds.index("start")]


def read_platform_line(line: str, memory_mb: int | None) -> PlatformLine | None:
    """Read a line that looks like one of Lambda's own, None if it does not.

    Args:
        line: the line, perhaps with the XRAY line that belongs to a report.
        memory_mb: the memory size that a report must tell, None for any that a function can have.
    """
    line, _, rest = line.partition("\n")
    if len(line) > _MAX_LINE_CHARS or (rest and not rest.startswith("XRAY TraceId: ")):
        return None
    if line.startswith("{"):
        return _read_record(line, memory_mb) if '"platform.' in line else None
    head = next((head for head in _HEADS if line.startswith(head)), None)
    if head is None:
        return None
    first, *fields = line.removeprefix(head).split("\t")
    if _HEADS[head] == "initReport":
        return PlatformLine("initReport")
    report = _read_fields(fields, memory_mb) if _HEADS[head] == "report" else None
    return PlatformLine(_HEADS[head], first.partition(" ")[0], report) if first else None


def _lines_from_the_end(text: str) -> Iterator[str]:
    """Yield lines, which end at a line feed and nowhere else."""
    end = len(text)
    while end >= 0:
        begin = text.rfind("\n", 0, end) + 1
        yield text[begin:end]
        end = begin - 1


def _read_record(line: str, memory_mb: int | None) -> PlatformLine | None:
    try:
        document = json.loads(line)
        kind, record = _RECORDS.get(document.get("type")), document.get("record")
        if kind is None or not isinstance(record, dict):
            return None
        if kind == "initReport":
            return PlatformLine(kind)
        request_id = record.get("requestId")
        if not isinstance(request_id, str) or not request_id:
            return None
    except (ValueError, TypeError, RecursionError):
        return None
    if kind == "runtimeDone":
        return PlatformLine(kind, request_id, runtime_ms=_read_runtime_ms(record))
    return PlatformLine(kind, request_id, _read_metrics(record, memory_mb) if kind == "report" else None)


def _read_runtime_ms(record: Mapping[str, Any]) -> float | None:  # type: ignore[explicit-any]  # any JSON
    try:
        return _number(record["metrics"]["durationMs"])
    except (ValueError, KeyError, TypeError):
        return None


def _read_metrics(record: Mapping[str, Any], memory_mb: int | None) -> Report | None:  # type: ignore[explicit-any]  # any JSON
    try:
        metrics = record["metrics"]
        told_mb = int(_number(metrics["memorySizeMB"]))
        if not _is_expected(told_mb, memory_mb):
            return None
        return Report(
            duration_ms=_number(metrics["durationMs"]),
            billed_ms=int(_number(metrics["billedDurationMs"])),
            init_ms=_number(metrics["initDurationMs"]) if "initDurationMs" in metrics else None,
            restore_ms=_number(metrics["restoreDurationMs"]) if "restoreDurationMs" in metrics else None,
            max_memory_used_mb=int(_number(metrics["maxMemoryUsedMB"])) if "maxMemoryUsedMB" in metrics else None,
            status=_text(record.get("status", "success")),
            error_type=_text(record["errorType"]) if "errorType" in record else None,
            memory_mb=told_mb,
        )
    except (ValueError, KeyError, TypeError, OverflowError):
        return None


def _read_fields(parts: Sequence[str], memory_mb: int | None) -> Report | None:
    # The first of a name counts: what a function chooses, such as the type of its error, comes last.
    fields: dict[str, str] = {}
    for part in parts:
        name, _, value = part.strip().partition(": ")
        fields.setdefault(name, value)
    try:
        told_mb = int(_measure(fields["Memory Size"], "MB"))
        if not _is_expected(told_mb, memory_mb):
            return None
        return Report(
            duration_ms=float(_measure(fields["Duration"], "ms")),
            billed_ms=int(_measure(fields["Billed Duration"], "ms")),
            init_ms=float(_measure(fields["Init Duration"], "ms")) if "Init Duration" in fields else None,
            restore_ms=float(_measure(fields["Restore Duration"], "ms")) if "Restore Duration" in fields else None,
            max_memory_used_mb=int(_measure(fields["Max Memory Used"], "MB")) if "Max Memory Used" in fields else None,
            status=fields.get("Status", "success"),
            error_type=fields.get("Error Type"),
            memory_mb=told_mb,
        )
    except (ValueError, KeyError):
        return None


def _is_expected(told_mb: int, memory_mb: int | None) -> bool:
    """Return whether a report is of the memory size that is asked for, or of one that a function can have."""
    return MIN_MEMORY_MB <= told_mb <= MAX_MEMORY_MB if memory_mb is None else told_mb == memory_mb


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _measure(text: str, unit: str) -> str:
    match = _MEASURE.fullmatch(text)
    if match is None or match["unit"] != unit:
        raise ValueError(f"{text!r} is not a number of {unit}")
    _number(float(match["number"]))
    return match["number"]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST:
        raise ValueError(f"{value!r} is not a measure")
    return float(value)
