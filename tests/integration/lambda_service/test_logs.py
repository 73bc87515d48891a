"""The log of an invocation: its content and destinations."""

import json
import re
import time
from typing import Any

import pytest

pytestmark = pytest.mark.local_aws
ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def events(aws: Any, group: str, least: int) -> list[str]:
    """Return the messages of a log group, once there are enough."""
    logs = aws.client("logs")
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            found = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            found = []
        if len(found) >= least:
            return found
        time.sleep(0.02)
    raise TimeoutError(f"only {found}")


class TestText:
    """The text format."""

    def test_lines(self, aws: Any, name: str) -> None:
        """START, the function's output, END and REPORT come in order and in Lambda's format."""
        aws.add(name, memory_mb=256)
        aws.invoke(name)
        log = aws.invoke(name, {"print": "printed", "log": "logged"}).log

        assert re.fullmatch(
            rf"START RequestId: ({ID}) Version: \$LATEST\n"
            r"printed\n"
            rf"\[WARNING\]\t\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z\t\1\tlogged\n"
            r"END RequestId: \1\n"
            r"REPORT RequestId: \1\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB"
            r"\tMax Memory Used: \d+ MB\t\n",
            log,
        )

    def test_cold_report(self, aws: Any, name: str) -> None:
        """Output during import comes before START; a cold REPORT ends with Init Duration."""
        aws.add(name, "print('imported')\ndef handler(event, context): return 1")
        log = aws.invoke(name).log

        assert log.startswith("imported\nSTART RequestId: ")
        assert re.search(r"\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t\n$", log)

    def test_tail_is_four_kilobytes(self, aws: Any, name: str) -> None:
        """A longer log is cut to its last 4096 bytes, in the middle of a line."""
        aws.add(name)
        log = aws.invoke(name, {"print": "0123456789" * 1000}).log

        assert 4096 == len(log)
        assert re.match(r"\d{100}", log)
        assert "\nREPORT RequestId: " in log

    def test_tracing(self, aws: Any, name: str) -> None:
        """With active tracing an XRAY line follows the REPORT."""
        aws.add(name, TracingConfig={"Mode": "Active"})
        log = aws.invoke(name).log

        assert re.search(
            r"\nXRAY TraceId: 1-[0-9a-f]{8}-[0-9a-f]{24}\tSegmentId: [0-9a-f]{16}\tSampled: true\t\n$", log
        )

    def test_no_tail_unless_asked_for(self, aws: Any, name: str) -> None:
        """Without LogType=Tail the response has no log."""
        aws.add(name)

        assert "LogResult" not in aws.functions.invoke(FunctionName=name)


class TestJson:
    """The JSON format."""

    def test_records(self, aws: Any, name: str) -> None:
        """Each line is a JSON document: platform.start, the function's own, platform.report."""
        aws.add(name, memory_mb=256, LoggingConfig={"LogFormat": "JSON"})
        aws.invoke(name)
        lines = [json.loads(line) for line in aws.invoke(name, {"log": "logged"}).log.splitlines()]
        start, own, report = lines

        assert ("platform.start", "$LATEST") == (start["type"], start["record"]["version"])
        assert ("WARNING", "logged", start["record"]["requestId"]) == (own["level"], own["message"], own["requestId"])
        assert "platform.report" == report["type"]
        assert ("success", start["record"]["requestId"]) == (report["record"]["status"], report["record"]["requestId"])
        metrics = report["record"]["metrics"]
        assert {"durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB"} == set(metrics)
        assert 256 == metrics["memorySizeMB"]

    def test_cold_and_failed(self, aws: Any, name: str) -> None:
        """A cold record has initDurationMs; a killed one its error type."""
        aws.add(name, LoggingConfig={"LogFormat": "JSON"})
        cold = json.loads(aws.invoke(name).log.splitlines()[-1])["record"]
        failed = json.loads(aws.invoke(name, {"exit": 1}).log.splitlines()[-1])["record"]

        assert cold["metrics"]["initDurationMs"] > 0
        assert ("error", "Runtime.ExitError") == (failed["status"], failed["errorType"])

    def test_system_log_level(self, aws: Any, name: str) -> None:
        """With the system log level WARN only failed invocations are reported."""
        aws.add(name, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
        silent, failed = aws.invoke(name).log, aws.invoke(name, {"exit": 1}).log

        assert "platform." not in silent
        assert ["platform.runtimeDone", "platform.report"] == re.findall(r'"type":"(platform\.\w+)"', failed)

    def test_the_runtimes_part(self, aws: Any, name: str) -> None:
        """With the system log level DEBUG Lambda tells it, here the whole duration: there are no extensions."""
        aws.add(name, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "DEBUG"})
        *_, done, report = (json.loads(line) for line in aws.invoke(name).log.splitlines())

        assert ("platform.runtimeDone", "platform.report") == (done["type"], report["type"])
        assert done["record"]["metrics"] == {"durationMs": report["record"]["metrics"]["durationMs"]}


class TestCloudWatch:
    """Logs are delivered to CloudWatch Logs."""

    def test_default_group(self, aws: Any, name: str) -> None:
        """Each line of an invocation is an event in /aws/lambda/<name>."""
        aws.add(name)
        aws.invoke(name, {"print": "one\ntwo"})
        messages = events(aws, f"/aws/lambda/{name}", 6)

        words = [re.split(r"[ \n]", message)[0] for message in messages]
        assert ["INIT_START", "START", "one", "two", "END", "REPORT"] == words

    def test_events_end_with_their_line(self, aws: Any, name: str) -> None:
        """Each event keeps its line's end; empty lines are no events."""
        aws.add(name)
        aws.invoke(name, {"print": "\none\n\ntwo\r2\n"})
        messages = events(aws, f"/aws/lambda/{name}", 6)

        assert ["one\n", "two\r2\n"] == messages[2:4]
        assert all(message.endswith("\n") for message in messages)

    def test_init_start(self, aws: Any, name: str) -> None:
        """A sandbox's first event names its runtime; the tail of the log does not have it."""
        aws.add(name)
        tail = aws.invoke(name).log
        aws.invoke(name)
        messages = events(aws, f"/aws/lambda/{name}", 7)

        assert re.fullmatch(
            r"INIT_START Runtime Version: python:3\.13\.v\d+\t"
            r"Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\n",
            messages[0],
        )
        assert "INIT_START" not in "".join(messages[1:])
        assert "INIT_START" not in tail

    def test_own_group(self, aws: Any, name: str) -> None:
        """A function with a log group of its own writes there."""
        aws.add(name, LoggingConfig={"LogGroup": f"/own/{name}"})
        aws.invoke(name)

        assert 4 == len(events(aws, f"/own/{name}", 4))
