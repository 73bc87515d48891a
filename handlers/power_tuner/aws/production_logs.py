"""The REPORT lines of invocations in production, from CloudWatch Logs."""

import json
import re
from typing import TYPE_CHECKING

from power_tuner.aws.clients import Client
from power_tuner.tuning.report_line import find_report

if TYPE_CHECKING:
    from power_tuner.aws.clients import Request

# The default log group; a function with a LoggingConfig of its own has no data here, and its check says so.
_GROUP = "/aws/lambda/{}"
_MAX_PAGES = 20


class CloudWatchLogs:
    """CloudWatch Logs over boto3.

    Args:
        client: of boto3.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def durations_ms(self, function_name: str, memory_mb: int, since_s: float, limit: int) -> list[float]:
        """Return the durations of warm, successful invocations at a memory size, since an epoch second."""
        client = self._client
        request: Request = {
            "logGroupName": _GROUP.format(function_name),
            "startTime": int(since_s * 1000),
            "filterPattern": '?"REPORT" ?"platform.report"',
        }
        found: list[float] = []
        for _ in range(_MAX_PAGES):
            try:
                page = client.filter_log_events(**request)
            except client.exceptions.ResourceNotFoundException:
                return []
            for event in page["events"]:
                report = find_report(event["message"])
                warm = report is not None and report.init_ms is None and report.restore_ms is None
                if report and warm and report.status == "success" and _memory_mb(event["message"]) == memory_mb:
                    found.append(report.duration_ms)
            if len(found) >= limit or "nextToken" not in page:
                break
            request["nextToken"] = page["nextToken"]
        return found[:limit]


def _memory_mb(message: str) -> int | None:
    text = re.search(r"Memory Size: (\d+) MB", message)
    if text:
        return int(text[1])
    try:
        return int(json.loads(message)["record"]["metrics"]["memorySizeMB"])
    except (ValueError, KeyError, TypeError):
        return None
