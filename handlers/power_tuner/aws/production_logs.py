"""The REPORT lines of invocations in production, from CloudWatch Logs."""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore.exceptions import ClientError

from power_tuner.aws.clients import Client
from power_tuner.errors import TargetNotTunable
from power_tuner.ports import MOST_PAGES
from power_tuner.tuning.log_stream import LogStream
from power_tuner.tuning.production import Production, summed_up
from power_tuner.tuning.report_line import read_platform_line

if TYPE_CHECKING:
    from power_tuner.aws.clients import Request
    from power_tuner.tuning.report_line import Report
    from power_tuner.tuning.target import FunctionLog

_MAX_PAGES = 20
_LINES = (
    '?"START RequestId" ?"REPORT RequestId" ?"INIT_REPORT" ?"platform.start" ?"platform.report" ?"platform.initReport"'
)
# A window is read in parts. 21 of 24 hours each, for a week: together they begin at every third hour of the day.
PARTS = 8
# The version that ran stands in the name of its stream, in front of the sandbox's digest.
_NUMBERED = re.compile(r"\[\d+\]")
# How long a run waits for production before it goes on with what was read. Reasoned: a run takes minutes.
_MOST_S = 20.0
# What CloudWatch Logs answers when it has no time for one more request.
_BUSY = frozenset({"ThrottlingException", "ServiceUnavailableException", "LimitExceededException"})

_Streams: TypeAlias = defaultdict[str, LogStream]


class CloudWatchLogs:
    """CloudWatch Logs over boto3.

    Args:
        client: of boto3.
        now_s: returns the seconds of a clock that is never set.
    """

    def __init__(self, client: Client, now_s: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._now_s = now_s

    def durations_ms(self, log: "FunctionLog", memory_mb: int, since_s: float, limit: int) -> list[float]:
        """Return the durations of warm, successful invocations at a memory size, since an epoch second."""
        streams: _Streams = defaultdict(LogStream)
        try:
            for page in self._pages(log, since_s, None, _MAX_PAGES):
                _read(page, streams, log, memory_mb)
                if sum(len(stream.warm()) for stream in streams.values()) >= limit:
                    break
        except ClientError as error:
            raise _told(error, log) from error
        found = [each for stream in streams.values() for each in stream.warm()]
        return [report.duration_ms for _, report in sorted(found, key=lambda each: each[0])][:limit]

    def of_versions(
        self, log: "FunctionLog", memories_mb: Mapping[str, int], since_s: float, until_s: float, longest_s: float
    ) -> dict[str, list[float]]:
        """Return the durations of warm, successful invocations that ended in a time, by version.

        Args:
            log: where the function logs.
            memories_mb: the memory size of each version that counts.
            since_s: epoch second of the first moment that counts.
            until_s: epoch second of the first moment that does not count any more.
            longest_s: how long before its end an invocation may have begun.
        """
        streams: dict[str, _Streams] = {version: defaultdict(LogStream) for version in memories_mb}
        try:
            for page in self._pages(log, since_s - longest_s, until_s, _MAX_PAGES):
                for version, memory_mb in memories_mb.items():
                    events = [each for each in page["events"] if f"[{version}]" in each["logStreamName"]]
                    _read({"events": events}, streams[version], log, memory_mb)
        except ClientError as error:
            raise _told(error, log) from error
        return {
            version: [
                report.duration_ms
                for stream in of_version.values()
                for at_ms, report in stream.warm()
                if since_s * 1000 <= at_ms < until_s * 1000
            ]
            for version, of_version in streams.items()
        }

    def production(
        self,
        log: "FunctionLog",
        since_s: float,
        until_s: float,
        *,
        apart: Sequence[tuple[float, float]] = (),
        pages: int = MOST_PAGES,
    ) -> Production:
        """Return what production measured in a window; what cannot be read is said, and never an error.

        Args:
            log: where the function logs.
            since_s: epoch second at which the window begins.
            until_s: and ends.
            apart: when runs went on, whose invocations are not production's (epoch seconds).
            pages: how many may be read, of 1 MB each at most, spread over the window.
        """
        reports: list[Report] = []
        complete, began_s = True, self._now_s()
        streams: _Streams = defaultdict(LogStream)
        part_s = (until_s - since_s) / PARTS
        try:
            for part in range(PARTS):
                if self._now_s() > began_s + _MOST_S:
                    complete = False
                    break
                begin_s = since_s + part * part_s
                more = False
                for page in self._pages(log, begin_s, begin_s + part_s, max(1, pages // PARTS)):
                    _read(page, streams, log, None)
                    more = "nextToken" in page
                if more:
                    # What comes next does not follow on what was read.
                    reports += _production(streams, apart)
                    streams.clear()
                    complete = False
        except ClientError as error:
            code = error.response["Error"]["Code"]
            why = f"CloudWatch Logs answered {code}"
            if code == "AccessDeniedException":
                why = f"{_forbidden(log)} by its mode or its productionLogGroups"
            if code != "AccessDeniedException" and code not in _BUSY:
                raise
            return Production(since_s=since_s, until_s=until_s, complete=False, unreadable=why)
        reports += _production(streams, apart)
        return Production(since_s=since_s, until_s=until_s, complete=complete, sizes=summed_up(reports))

    def _pages(self, log: "FunctionLog", since_s: float, until_s: float | None, most: int) -> Iterator[dict[str, Any]]:
        """Yield pages of what Lambda itself wrote; where the last one has a token, there is more."""
        client = self._client
        request: Request = {"logGroupName": log.group, "startTime": int(since_s * 1000), "filterPattern": _LINES}
        if until_s is not None:
            request["endTime"] = int(until_s * 1000) - 1
        for _ in range(most):
            try:
                page = client.filter_log_events(**request)
            except client.exceptions.ResourceNotFoundException:
                return
            yield page
            if "nextToken" not in page:
                return
            request["nextToken"] = page["nextToken"]


def _read(page: dict[str, Any], streams: _Streams, log: "FunctionLog", memory_mb: int | None) -> None:
    for event in page["events"]:
        if log.is_shared and f"/{log.function_name}[" not in event["logStreamName"]:
            continue
        line = read_platform_line(event["message"].rstrip("\n"), memory_mb)
        if line is not None:
            streams[event["logStreamName"]].add(line, event["timestamp"])


def _production(streams: defaultdict[str, LogStream], apart: Sequence[tuple[float, float]]) -> "Iterator[Report]":
    """Yield the reports of invocations that no run made: runs invoke versions of their own, which have numbers."""
    for name, stream in streams.items():
        numbered = _NUMBERED.search(name) is not None
        for at_ms, report in stream.all():
            if not (numbered and any(begin <= at_ms / 1000 <= end for begin, end in apart)):
                yield report


def _told(error: ClientError, log: "FunctionLog") -> Exception:
    """Return an error of CloudWatch Logs; one that a parameter of the stack can prevent says so."""
    if error.response["Error"]["Code"] != "AccessDeniedException":
        return error
    return TargetNotTunable(
        f"{_forbidden(log)}: deploy it with a parameter productionLogGroups that includes it, or check drift "
        "by measuring."
    )


def _forbidden(log: "FunctionLog") -> str:
    return f"{log.function_name} logs to {log.group}, which this stack may not read"
