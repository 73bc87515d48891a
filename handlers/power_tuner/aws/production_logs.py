"""The REPORT lines of invocations in production, from CloudWatch Logs."""

from collections import defaultdict
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from power_tuner.aws.clients import Client
from power_tuner.errors import TargetNotTunable
from power_tuner.tuning.log_stream import LogStream
from power_tuner.tuning.report_line import read_platform_line

if TYPE_CHECKING:
    from power_tuner.aws.clients import Request
    from power_tuner.tuning.target import FunctionLog

_MAX_PAGES = 20
_LINES = (
    '?"START RequestId" ?"REPORT RequestId" ?"INIT_REPORT" ?"platform.start" ?"platform.report" ?"platform.initReport"'
)


class CloudWatchLogs:
    """CloudWatch Logs over boto3.

    Args:
        client: of boto3.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def durations_ms(self, log: "FunctionLog", memory_mb: int, since_s: float, limit: int) -> list[float]:
        """Return the durations of warm, successful invocations at a memory size, since an epoch second."""
        client = self._client
        request: Request = {
            "logGroupName": log.group,
            "startTime": int(since_s * 1000),
            "filterPattern": _LINES,
        }
        streams: defaultdict[str, LogStream] = defaultdict(LogStream)
        for _ in range(_MAX_PAGES):
            try:
                page = client.filter_log_events(**request)
            except client.exceptions.ResourceNotFoundException:
                return []
            except ClientError as error:
                if error.response["Error"]["Code"] != "AccessDeniedException":
                    raise
                raise TargetNotTunable(
                    f"{log.function_name} logs to {log.group}, which this stack may not read: deploy it with a "
                    "parameter productionLogGroups that includes it, or check drift by measuring."
                ) from error
            for event in page["events"]:
                if log.is_shared and f"/{log.function_name}[" not in event["logStreamName"]:
                    continue
                line = read_platform_line(event["message"].rstrip("\n"), memory_mb)
                if line is not None:
                    streams[event["logStreamName"]].add(line, event["timestamp"])
            if sum(len(stream.warm()) for stream in streams.values()) >= limit or "nextToken" not in page:
                break
            request["nextToken"] = page["nextToken"]
        found = [each for stream in streams.values() for each in stream.warm()]
        return [report.duration_ms for _, report in sorted(found, key=lambda each: each[0])][:limit]
