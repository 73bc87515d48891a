"""Production's own REPORT lines: CloudWatch Logs and its stand-in keep the same promises."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from fakes import FakeProductionLogs
from power_tuner.aws.production_logs import CloudWatchLogs
from power_tuner.errors import TargetNotTunable
from power_tuner.ports import ProductionLogs
from power_tuner.tuning.target import FunctionLog

GROUP = "/aws/lambda/thumbnailer"


def log_of(name: str) -> FunctionLog:
    return FunctionLog(name, f"/aws/lambda/{name}")


OF_THUMBNAILER = log_of("thumbnailer")
DAY_S = 86_400


def text(duration_ms: float, memory_mb: int = 512, more: str = "", request_id: str = "8f5b") -> str:
    return (
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\tBilled Duration: 90 ms\t"
        f"Memory Size: {memory_mb} MB\tMax Memory Used: 40 MB\t{more}\n"
    )


def record(duration_ms: float, memory_mb: int | None = 512, status: str = "success") -> str:
    metrics = {"durationMs": duration_ms, "billedDurationMs": 90, "memorySizeMB": memory_mb, "maxMemoryUsedMB": 40}
    shown = {"requestId": "8f5b", "metrics": metrics, "status": status}
    return json.dumps({"time": "2026-11-23T12:00:00.000Z", "type": "platform.report", "record": shown})


def invocation(report: str) -> list[str]:
    """Return the platform's lines of one invocation."""
    if report.startswith("{"):
        start = {"type": "platform.start", "record": {"requestId": "8f5b", "version": "$LATEST"}}
        return [json.dumps(start), report]
    request_id = report.split()[2] if report.startswith("REPORT RequestId: ") else "8f5b"
    return [f"START RequestId: {request_id} Version: $LATEST\n", report]


def with_starts(reports: Iterable[str]) -> list[str]:
    """Return the platform's lines of invocations, one after another."""
    return [line for report in reports for line in invocation(report)]


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


@dataclass
class Production:
    """What production measured: the port, and what it takes to measure more."""

    logs: ProductionLogs
    report: Callable[[str, float, int, list[float]], object]


@pytest.fixture(params=["fake", "CloudWatch Logs"])
def measured(request: pytest.FixtureRequest) -> Production:
    if request.param == "fake":
        fake = FakeProductionLogs()
        return Production(fake, fake.report)
    request.getfixturevalue("mocked_aws")
    client = boto3.client("logs")
    groups: set[str] = set()

    def report(function_name: str, at_s: float, memory_mb: int, found_ms: list[float]) -> None:
        stream: Any = {"logGroupName": f"/aws/lambda/{function_name}", "logStreamName": "one"}
        if function_name not in groups:
            client.create_log_group(logGroupName=stream["logGroupName"])
            client.create_log_stream(**stream)
            groups.add(function_name)
        entries: Any = [
            {"timestamp": int(at_s * 1000) + number, "message": line}
            for number, line in enumerate(with_starts(text(each, memory_mb) for each in found_ms))
        ]
        client.put_log_events(**stream, logEvents=entries)

    return Production(CloudWatchLogs(client), report)


def test_what_production_measured_is_known(measured: Production) -> None:
    """Of this function, at this memory, since then, and no more than is wanted, the oldest first."""
    now_s = time.time()
    measured.report("thumbnailer", now_s - 300, 512, [70.0])
    measured.report("thumbnailer", now_s - 200, 1024, [81.0])
    measured.report("resizer", now_s - 200, 512, [90.0])
    measured.report("thumbnailer", now_s - 100, 512, [80.5, 80.25, 80.0])
    logs = measured.logs

    assert [80.5, 80.25, 80.0] == logs.durations_ms(OF_THUMBNAILER, 512, now_s - 250, 10)
    assert [80.5, 80.25] == logs.durations_ms(OF_THUMBNAILER, 512, now_s - 250, 2)
    assert [70.0, 80.5, 80.25, 80.0] == logs.durations_ms(OF_THUMBNAILER, 512, now_s - 350, 4)
    assert ([], []) == (logs.durations_ms(OF_THUMBNAILER, 128, 0, 10), logs.durations_ms(log_of("nobody"), 512, 0, 10))


def durations_ms(name: str = "thumbnailer", limit: int = 100) -> list[float]:
    client = boto3.client("logs")
    return CloudWatchLogs(client).durations_ms(log_of(name), 512, time.time() - DAY_S, limit)


def test_warm_successes_at_this_memory_are_read(production: Any) -> None:
    """As text and as JSON; what is cold, failed, at another memory or no report is not."""
    production(
        *invocation(text(80.5)),
        *invocation(text(300, more="Init Duration: 542.01 ms\t")),
        *invocation(text(81, memory_mb=1024)),
        *invocation(text(30_000, more="Status: timeout\t")),
        *invocation(record(82.25)),
        *invocation(record(83, memory_mb=128)),
        *invocation(record(84, status="error")),
        *invocation(text(85, more="Restore Duration: 300.00 ms\t")),
        "the function's own line says REPORT and nothing else",
        json.dumps({"type": "platform.report", "record": {"metrics": {"durationMs": 86}}}),
    )

    assert [80.5, 82.25] == durations_ms()


def test_what_is_older_is_not_read(production: Any) -> None:
    """A check looks at the last day."""
    production(*invocation(text(70)), age_s=2 * DAY_S)
    production(*invocation(text(80)))

    assert [80] == durations_ms()


def test_no_more_is_read_than_is_wanted(production: Any) -> None:
    """Page by page, until there is enough."""
    for first in range(0, 150, 50):
        production(*with_starts(text(number) for number in range(first, first + 50)), age_s=150 - first)

    assert (120, 150) == (len(durations_ms(limit=120)), len(durations_ms(limit=1000)))


def test_a_function_that_never_logged_has_no_data(mocked_aws: None) -> None:  # noqa: ARG001
    """A log group that does not exist is no error."""

    assert [] == durations_ms("nobody")


@pytest.fixture
def stubbed(mocked_aws: None) -> tuple[CloudWatchLogs, Stubber]:  # noqa: ARG001 - keeps real credentials away
    client = boto3.client("logs")
    stubber = Stubber(client)
    stubber.activate()
    return CloudWatchLogs(client), stubber


def page(*durations: float, more: bool = True) -> dict[str, Any]:
    lines = with_starts(text(each) for each in durations)
    events = [{"message": line, "logStreamName": "one", "timestamp": 1_700_000_000_600} for line in lines]
    return {"events": events, **({"nextToken": "more"} if more else {})}


def test_logs_are_read_page_by_page(stubbed: tuple[CloudWatchLogs, Stubber]) -> None:
    """The reports alone, from the millisecond on; an empty page is not the end, and enough is."""
    logs, stubber = stubbed
    terms = ("START RequestId", "REPORT RequestId", "INIT_REPORT", "platform.start", "platform.report")
    pattern = " ".join(f'?"{term}"' for term in (*terms, "platform.initReport"))
    first = {"logGroupName": GROUP, "startTime": 1_700_000_000_500, "filterPattern": pattern}
    stubber.add_response("filter_log_events", page(), first)
    for each in (page(80.0), page(81.0, 82.0)):
        stubber.add_response("filter_log_events", each, {**first, "nextToken": "more"})

    assert [80.0, 81.0, 82.0] == logs.durations_ms(OF_THUMBNAILER, 512, 1_700_000_000.5, 3)
    stubber.assert_no_pending_responses()


def test_no_more_than_20_pages_are_read(stubbed: tuple[CloudWatchLogs, Stubber]) -> None:
    """A function that logs much is not read for ever: what was found by then counts."""
    logs, stubber = stubbed
    for number in range(20):
        stubber.add_response("filter_log_events", page(float(number)))

    assert [float(number) for number in range(20)] == logs.durations_ms(OF_THUMBNAILER, 512, 0, 100)
    stubber.assert_no_pending_responses()


def test_a_group_that_may_not_be_read_is_named(stubbed: tuple[CloudWatchLogs, Stubber]) -> None:
    """A missing permission is no function without data: the parameter that grants it is said."""
    logs, stubber = stubbed
    stubber.add_client_error("filter_log_events", "AccessDeniedException")

    with pytest.raises(TargetNotTunable, match=r"logs to /aws/lambda/thumbnailer, .* productionLogGroups"):
        logs.durations_ms(OF_THUMBNAILER, 512, 0, 100)


def test_in_a_shared_group_only_the_functions_streams_count(mocked_aws: None) -> None:  # noqa: ARG001
    """Lambda puts the function's name into the names of its streams there."""
    client = boto3.client("logs")
    client.create_log_group(logGroupName="/shop")
    for stream, duration_ms in (
        ("2026/11/26/thumbnailer[1]0a", 80),
        ("2026/11/26/old-thumbnailer[1]0b", 90),
        ("2026/11/26/thumbnailer-2[1]0c", 95),
    ):
        client.create_log_stream(logGroupName="/shop", logStreamName=stream)
        entries: Any = [
            {"timestamp": int(time.time() * 1000), "message": line} for line in invocation(text(duration_ms))
        ]
        client.put_log_events(logGroupName="/shop", logStreamName=stream, logEvents=entries)

    assert CloudWatchLogs(client).durations_ms(FunctionLog("thumbnailer", "/shop"), 512, 0, 9) == [80]


def test_other_refusals_stay_what_they_are(stubbed: tuple[CloudWatchLogs, Stubber]) -> None:
    """A fault of CloudWatch Logs is no function without data."""
    logs, stubber = stubbed
    stubber.add_client_error("filter_log_events", "ServiceUnavailableException")

    with pytest.raises(ClientError, match="ServiceUnavailableException"):
        logs.durations_ms(OF_THUMBNAILER, 512, 0, 100)


@pytest.mark.parametrize(
    "message",
    [
        "REPORT RequestId: 8f5b\tDuration: 80.00 ms\tBilled Duration: 90 ms\tMax Memory Used: 40 MB\t\n",
        record(80).replace("memorySizeMB", "memory"),
        record(80, memory_mb=None),
    ],
)
def test_a_report_without_its_memory_is_none(production: Any, message: str) -> None:
    """It cannot be known which memory was measured."""
    production(*invocation(message))

    assert [] == durations_ms()


def test_the_durations_of_versions_are_told_apart(mocked_aws: None) -> None:  # noqa: ARG001 - the calls below go there
    """By the version in the stream's name; what ended before, after, or in another version does not count."""
    client = boto3.client("logs")
    client.create_log_group(logGroupName=GROUP)
    now_s = time.time()
    written = {
        "2026/11/23/[7]6f0c": (-100, 512, [80.0, 81.0]),
        "2026/11/23/[8]6f0c": (-100, 256, [90.0]),
        "2026/11/23/[8]7a1b": (-50, 256, [91.0]),
        "2026/11/23/[8]8c2d": (-300, 256, [1.0]),
        "2026/11/23/[8]9e3f": (-5, 256, [2.0]),
        "2026/11/23/[8]af40": (-100, 512, [3.0]),
        "2026/11/23/[9]6f0c": (-100, 256, [4.0]),
        "2026/11/23/[$LATEST]6f0c": (-100, 256, [5.0]),
    }
    for stream, (age_s, memory_mb, found_ms) in written.items():
        client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        entries: Any = [
            {"timestamp": int((now_s + age_s) * 1000) + number, "message": line}
            for number, line in enumerate(with_starts(text(each, memory_mb) for each in found_ms))
        ]
        client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=entries)

    found = CloudWatchLogs(client).of_versions(OF_THUMBNAILER, {"7": 512, "8": 256}, now_s - 200, now_s - 20, 60)

    assert found == {"7": [80.0, 81.0], "8": [90.0, 91.0]}


def test_a_version_that_was_not_called_has_no_durations(mocked_aws: None) -> None:  # noqa: ARG001 - as above
    """Nor has a function that was never called."""
    client = boto3.client("logs")

    assert CloudWatchLogs(client).of_versions(OF_THUMBNAILER, {"7": 512}, 1000, time.time(), 60) == {"7": []}
