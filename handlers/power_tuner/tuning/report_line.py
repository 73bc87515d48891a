"""Read what Lambda's own REPORT says of an invocation, from the tail of its log.

Formats: a text line ``REPORT RequestId: ...`` with tab-separated fields, or, with JSON logging, a record of
type ``platform.report``. An init failure has an ``INIT_REPORT`` line that is not the invocation's report.
"""

import json
import math
import re
from dataclasses import dataclass

_FIELD = re.compile(r"(?:^|\t)\s*(?P<name>[A-Z][A-Za-z ]*?): (?P<value>[^\t]*?)\s*(?=\t|$)")
# With its unit, or it was cut off.
_MEASURE = re.compile(r"(?P<number>\d+(?:\.\d+)?) (?P<unit>ms|MB)", re.ASCII)
_OUT_OF_MEMORY = "Runtime.OutOfMemory"


@dataclass(frozen=True, slots=True)
class Report:
    """The measures of one invocation, as Lambda reported them.

    Attributes:
        status: ``success`` unless the report says otherwise (``timeout``, ``error``, ``failure``).
        error_type: for instance ``Runtime.OutOfMemory``, None when the report names none.
    """

    duration_ms: float
    billed_ms: int
    init_ms: float | None = None
    restore_ms: float | None = None
    max_memory_used_mb: int | None = None
    status: str = "success"
    error_type: str | None = None

    @property
    def timed_out(self) -> bool:
        """Return whether the invocation ran into the function's timeout."""
        return self.status == "timeout"

    @property
    def out_of_memory(self) -> bool:
        """Return whether the invocation ran out of memory."""
        return self.error_type == _OUT_OF_MEMORY


def find_report(log_tail: str) -> Report | None:
    """Find the invocation's report in a log tail.

    Every line is looked at, because a tail of 4 KB may begin in the middle of a line. The last report wins,
    whatever its format: Lambda writes it after everything that the function wrote, and a function may write
    lines that look like a report.

    Args:
        log_tail: the decoded last 4 KB of the invocation's log.

    Returns:
        The report, or None when there is none. Never a report with a duration that was not written.
    """
    for line in reversed(log_tail.splitlines()):
        report = _read_json(line) or _read_text(line)
        if report is not None:
            return report
    return None


def _read_json(line: str) -> Report | None:
    if '"platform.report"' not in line:
        return None
    try:
        record = json.loads(line)
        if record.get("type") != "platform.report":
            return None
        report = record["record"]
        metrics = report["metrics"]
        return Report(
            duration_ms=_number(metrics["durationMs"]),
            billed_ms=int(_number(metrics["billedDurationMs"])),
            init_ms=_number(metrics["initDurationMs"]) if "initDurationMs" in metrics else None,
            restore_ms=_number(metrics["restoreDurationMs"]) if "restoreDurationMs" in metrics else None,
            max_memory_used_mb=int(_number(metrics["maxMemoryUsedMB"])) if "maxMemoryUsedMB" in metrics else None,
            status=str(report.get("status", "success")),
            error_type=report.get("errorType"),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def _read_text(line: str) -> Report | None:
    start = line.rfind("REPORT RequestId: ")
    if start < 0 or line[:start].endswith("INIT_"):
        return None
    fields = {match["name"]: match["value"] for match in _FIELD.finditer(line[start + len("REPORT ") :])}
    try:
        return Report(
            duration_ms=float(_measure(fields["Duration"], "ms")),
            billed_ms=int(_measure(fields["Billed Duration"], "ms")),
            init_ms=float(_measure(fields["Init Duration"], "ms")) if "Init Duration" in fields else None,
            restore_ms=float(_measure(fields["Restore Duration"], "ms")) if "Restore Duration" in fields else None,
            max_memory_used_mb=int(_measure(fields["Max Memory Used"], "MB")) if "Max Memory Used" in fields else None,
            status=fields.get("Status", "success"),
            error_type=fields.get("Error Type"),
        )
    except (ValueError, KeyError):
        return None


def _measure(text: str, unit: str) -> str:
    match = _MEASURE.fullmatch(text)
    if match is None or match["unit"] != unit:
        raise ValueError(f"{text!r} is not a number of {unit}")
    return match["number"]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{value!r} is not a measure")
    return float(value)
