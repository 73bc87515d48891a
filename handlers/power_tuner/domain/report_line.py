"""Read what Lambda's own REPORT says of an invocation, from the tail of its log.

Formats: a text line ``REPORT RequestId: ...`` with tab-separated fields, or, with JSON logging, a record of
type ``platform.report``. An init failure has an ``INIT_REPORT`` line that is not the invocation's report.
"""

import json
import re
from dataclasses import dataclass

_FIELD = re.compile(r"(?:^|\t)\s*(?P<name>[A-Z][A-Za-z ]*?): (?P<value>[^\t]*?)(?: (?P<unit>ms|MB))?\s*(?=\t|$)")
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
        """Tell whether the invocation ran into the function's timeout."""
        return self.status == "timeout"

    @property
    def out_of_memory(self) -> bool:
        """Tell whether the invocation ran out of memory."""
        return self.error_type == _OUT_OF_MEMORY


def find_report(log_tail: str) -> Report | None:
    """Find the invocation's report in a log tail.

    Every line is looked at, JSON records first, because a tail of 4 KB may begin in the middle of a line and a
    function may log lines that look like JSON. The last report wins: Lambda writes it at the end.

    Args:
        log_tail: the decoded last 4 KB of the invocation's log.

    Returns:
        The report, or None when there is none. Never a report with a duration that was not written.
    """
    lines = log_tail.splitlines()
    for read in (_read_json, _read_text):
        for line in reversed(lines):
            report = read(line)
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
            duration_ms=float(metrics["durationMs"]),
            billed_ms=int(metrics["billedDurationMs"]),
            init_ms=_optional_float(metrics.get("initDurationMs")),
            restore_ms=_optional_float(metrics.get("restoreDurationMs")),
            max_memory_used_mb=metrics.get("maxMemoryUsedMB"),
            status=report.get("status", "success"),
            error_type=report.get("errorType"),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _read_text(line: str) -> Report | None:
    start = line.find("REPORT RequestId: ")
    if start < 0 or line[max(0, start - 5) : start] == "INIT_":
        return None
    fields = {match["name"]: match["value"] for match in _FIELD.finditer(line[start + len("REPORT ") :])}
    try:
        memory = fields.get("Max Memory Used")
        return Report(
            duration_ms=float(fields["Duration"]),
            billed_ms=int(fields["Billed Duration"]),
            init_ms=_optional_float(fields.get("Init Duration")),
            restore_ms=_optional_float(fields.get("Restore Duration")),
            max_memory_used_mb=int(memory) if memory else None,
            status=fields.get("Status", "success"),
            error_type=fields.get("Error Type"),
        )
    except (ValueError, KeyError):
        return None


def _optional_float(value: object) -> float | None:
    return None if value is None else float(str(value))
