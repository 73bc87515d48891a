"""Production's own REPORT lines in CloudWatch Logs."""

import json
import time
from typing import Any

import boto3
import pytest

from power_tuner.aws.production_logs import CloudWatchLogs

GROUP = "/aws/lambda/thumbnailer"
DAY_S = 86_400


def text(duration_ms: float, memory_mb: int = 512, more: str = "") -> str:
    return (
        f"REPORT RequestId: 8f5b\tDuration: {duration_ms:.2f} ms\tBilled Duration: 90 ms\t"
        f"Memory Size: {memory_mb} MB\tMax Memory Used: 40 MB\t{more}\n"
    )


def record(duration_ms: float, memory_mb: int = 512, status: str = "success") -> str:
    metrics = {"durationMs": duration_ms, "billedDurationMs": 90, "memorySizeMB": memory_mb, "maxMemoryUsedMB": 40}
    shown = {"requestId": "8f5b", "metrics": metrics, "status": status}
    return json.dumps({"time": "2026-11-23T12:00:00.000Z", "type": "platform.report", "record": shown})


@pytest.fixture
def production(mocked_aws: None) -> Any:  # noqa: ARG001 - the calls below go there
    """A function's log group, and what writes to it."""
    client = boto3.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="one")

    def write(*messages: str, age_s: float = 60.0) -> None:
        at_ms = int((time.time() - age_s) * 1000)
        entries: Any = [{"timestamp": at_ms + number, "message": each} for number, each in enumerate(messages)]
        client.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=entries)

    return write


def durations_ms(name: str = "thumbnailer", limit: int = 100) -> list[float]:
    client = boto3.client("logs")
    return CloudWatchLogs(client).durations_ms(name, 512, time.time() - DAY_S, limit)


def test_warm_successes_at_this_memory_are_read(production: Any) -> None:
    """As text and as JSON; what is cold, failed, at another memory or no report is not."""
    production(
        "START RequestId: 8f5b Version: $LATEST",
        text(80.5),
        text(300, more="Init Duration: 542.01 ms\t"),
        text(81, memory_mb=1024),
        text(30_000, more="Status: timeout\t"),
        record(82.25),
        record(83, memory_mb=128),
        record(84, status="error"),
        "the function's own line says REPORT and nothing else",
    )

    assert [80.5, 82.25] == durations_ms()


def test_what_is_older_is_not_read(production: Any) -> None:
    """A check looks at the last day."""
    production(text(70), age_s=2 * DAY_S)
    production(text(80))

    assert [80] == durations_ms()


def test_no_more_is_read_than_is_wanted(production: Any) -> None:
    """Page by page, until there is enough."""
    for first in range(0, 150, 50):
        production(*(text(number) for number in range(first, first + 50)), age_s=150 - first)

    assert (120, 150) == (len(durations_ms(limit=120)), len(durations_ms(limit=1000)))


def test_a_function_that_never_logged_has_no_data(mocked_aws: None) -> None:  # noqa: ARG001
    """A log group that does not exist is no error."""

    assert [] == durations_ms("nobody")
