"""Read the reports of a log stream of production.

A stream is the log of one sandbox, which handles one event at a time: START, what the function writes, REPORT. A
function can write lines that look like those, of other invocations or of its own. So a START within an invocation is
the function's own line, and the last report of an invocation is Lambda's. A report of no invocation, or of one that
seemed to have ended, shows that something was mistaken for an invocation: then nothing counts of what it may have been.
"""

from dataclasses import dataclass, field, replace

from power_tuner.tuning.report_line import PlatformLine, Report


@dataclass(slots=True)
class _Span:
    """What seems to be one invocation.

    Attributes:
        after_failed_init: the init phase was repeated within it.
        ended: a report of it was read.
        told: when the report was written and what it says, None if there is none that can be believed.
    """

    request_id: str
    after_failed_init: bool
    ended: bool = False
    told: tuple[int, Report] | None = None


@dataclass(slots=True)
class LogStream:
    """One sandbox's log, read line by line in its order."""

    _spans: list[_Span] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    _init_failed: bool = False

    def add(self, line: PlatformLine, at_ms: int) -> None:
        """Read the next line."""
        between = not self._spans or self._spans[-1].ended
        if line.kind == "report":
            self._end(line, at_ms)
        elif between and line.kind == "initReport":
            self._init_failed = True
        elif between:
            self._places[line.request_id] = len(self._spans)
            self._spans.append(_Span(line.request_id, self._init_failed))
            self._init_failed = False

    def warm(self) -> list[tuple[int, Report]]:
        """Return when each warm invocation that succeeded has ended, and its report."""
        return [each for each in self.all() if not is_cold(each[1]) and each[1].status == "success"]

    def all(self) -> list[tuple[int, Report]]:
        """Return when each invocation has ended, and its report: cold, warm and failed ones."""
        return [span.told for span in self._spans if span.told is not None]

    def _end(self, line: PlatformLine, at_ms: int) -> None:
        span = self._spans[-1] if self._spans else None
        if span is not None and span.request_id == line.request_id:
            report = line.report
            if report is not None and span.after_failed_init and not is_cold(report):
                report = replace(report, init_ms=0.0)
            span.ended, span.told = True, None if report is None else (at_ms, report)
            return
        first = self._places.get(line.request_id)
        if first is None and len(self._spans) > 1 and not self._spans[-1].ended:
            return
        # What is read may begin within an invocation, so the first one is not sure to be one.
        for mistaken in self._spans[first or 0 :]:
            mistaken.ended, mistaken.told = True, None


def is_cold(report: Report) -> bool:
    """Return whether the sandbox of an invocation was new."""
    return report.init_ms is not None or report.restore_ms is not None
