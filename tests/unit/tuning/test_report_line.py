"""Reports: real lines of AWS, and what only looks like one."""

import json
import re
import time
from typing import Any

import pytest

from power_tuner.tuning import report_line
from power_tuner.tuning.report_line import Report

ID = "6f127cc4-c2d7-4422-9490-774092cf5042"
HEAD = f"REPORT RequestId: {ID}\t"
WARM = HEAD + "Duration: 0.85 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 15 MB\t"
COLD = (
    HEAD + "Duration: 3.10 ms\tBilled Duration: 546 ms\tMemory Size: 128 MB\tMax Memory Used: 95 MB\t"
    "Init Duration: 542.01 ms\t"
)
SNAP_START = (
    HEAD + "Duration: 127.10 ms\tBilled Duration: 154 ms\tMemory Size: 1024 MB\tMax Memory Used: 110 MB\t"
    "Restore Duration: 398.97 ms\tBilled Restore Duration: 26 ms\t"
)
TIMEOUT = (
    HEAD
    + "Duration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 1024 MB\tMax Memory Used: 64 MB\tStatus: timeout"
)
OUT_OF_MEMORY = (
    HEAD + "Duration: 812.44 ms\tBilled Duration: 813 ms\tMemory Size: 1024 MB\tMax Memory Used: 1024 MB\t"
    "Status: error\tError Type: Runtime.OutOfMemory"
)
XRAY = "XRAY TraceId: 1-6a50a1b2-0123456789abcdef01234567\tSegmentId: d0021c3f5e6a7b89\tSampled: true\t"
INIT_REPORT = "INIT_REPORT Init Duration: 83.58 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError"


def find_report(tail: str) -> Report | None:
    """Find a report of whatever memory size it tells."""
    told = re.search(r'(?:Memory Size: |"memorySizeMB": )(\d+)', tail)
    return report_line.find_report(tail, ID, int(told[1]) if told else 128)


def record(
    *, metrics: dict[str, Any] | None = None, kind: str = "platform.report", status: str | None = "success", **more: Any
) -> str:
    measured = metrics or {
        "durationMs": 1233.96,
        "billedDurationMs": 1698,
        "memorySizeMB": 256,
        "maxMemoryUsedMB": 123,
        "initDurationMs": 463.512,
    }
    inner = {"requestId": ID, "metrics": measured, **({"status": status} if status else {}), **more}
    return json.dumps({"time": "2026-10-08T09:00:00.000Z", "type": kind, "record": inner})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (WARM, Report(0.85, 1, max_memory_used_mb=15)),
        (COLD, Report(3.1, 546, init_ms=542.01, max_memory_used_mb=95)),
        (SNAP_START, Report(127.1, 154, restore_ms=398.97, max_memory_used_mb=110)),
        (TIMEOUT, Report(3000.0, 3000, max_memory_used_mb=64, status="timeout")),
        (
            OUT_OF_MEMORY,
            Report(812.44, 813, max_memory_used_mb=1024, status="error", error_type="Runtime.OutOfMemory"),
        ),
        (record(), Report(1233.96, 1698, init_ms=463.512, max_memory_used_mb=123)),
        (
            record(
                metrics={
                    "durationMs": 2338.66,
                    "billedDurationMs": 2521,
                    "memorySizeMB": 512,
                    "maxMemoryUsedMB": 200,
                    "restoreDurationMs": 400.5,
                    "billedRestoreDurationMs": 182,
                }
            ),
            Report(2338.66, 2521, restore_ms=400.5, max_memory_used_mb=200),
        ),
        (
            record(status="failure", errorType="Runtime.OutOfMemory"),
            Report(1233.96, 1698, 463.512, None, 123, "failure", "Runtime.OutOfMemory"),
        ),
        (record(status="timeout"), Report(1233.96, 1698, 463.512, None, 123, "timeout")),
        (record(tracing={"type": "X-Amzn-Trace-Id"}), Report(1233.96, 1698, 463.512, None, 123)),
        (HEAD + "Duration: 0.60 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\t", Report(0.6, 1)),
        (record(metrics={"durationMs": 0.6, "billedDurationMs": 1, "memorySizeMB": 128}), Report(0.6, 1)),
        (record(metrics={"durationMs": 0, "billedDurationMs": 0.0, "memorySizeMB": 128}), Report(0.0, 0)),
        (record(metrics={"durationMs": 8.5, "billedDurationMs": 9, "memorySizeMB": 128}, status=None), Report(8.5, 9)),
    ],
    ids=[
        "warm",
        "cold",
        "SnapStart",
        "timeout",
        "out of memory",
        "JSON cold",
        "JSON SnapStart",
        "JSON out of memory",
        "JSON timeout",
        "JSON tracing",
        "no memory",
        "JSON no memory",
        "JSON no time",
        "JSON no status",
    ],
)
def test_a_real_report_is_read(line: str, expected: Report) -> None:
    """Each format that AWS writes is read, to the last digit."""

    assert expected == find_report(f"START RequestId: {ID} Version: 3\nEND RequestId: {ID}\n{line}\n")


def test_the_x_ray_line_follows_the_report() -> None:
    """With tracing on, the last line of the tail is not the report."""

    assert Report(0.85, 1, max_memory_used_mb=15) == find_report(f"{WARM}\n{XRAY}\n")


def done(duration_ms: object, request_id: str = ID) -> str:
    metrics = {"durationMs": duration_ms, "producedBytes": 0}
    inner = {"requestId": request_id, "status": "success", "metrics": metrics}
    return json.dumps({"time": "2026-10-08T09:00:00.000Z", "type": "platform.runtimeDone", "record": inner})


@pytest.mark.parametrize(
    ("lines", "expected_ms"),
    [
        ([done(1000.0)], 233.96),
        ([done(1.0), "the function's own line stands before Lambda's", done(1000.0)], 233.96),
        ([done(1000.0), done(1.0, ID.replace("6", "7"))], 233.96),
        ([], None),
        ([done(2000.0)], None),
        ([done("1000")], None),
        ([done(True)], None),
    ],
    ids=["told", "written by the function too", "of another", "not told", "longer than all", "text", "no number"],
)
def test_what_went_by_after_the_response_is_told(lines: list[str], expected_ms: float | None) -> None:
    """It is the duration without the runtime's part, where Lambda writes that."""
    tail = "\n".join([*lines, record()])
    found = report_line.find_report(tail, ID, 256, tells_runtime=True)

    assert found is not None
    assert expected_ms == (found.extensions_ms and pytest.approx(found.extensions_ms))
    assert found.duration_ms == 1233.96


def test_a_function_cannot_tell_the_runtimes_part() -> None:
    """Where Lambda does not write it, a line that looks like it is the function's."""
    found = report_line.find_report(f"{done(1.0)}\n{record()}", ID, 256)

    assert found is not None
    assert found.extensions_ms is None


def test_an_init_report_is_no_report() -> None:
    """A failed init tells the time of the init phase, not of an invocation."""

    assert find_report(f"INIT_START Runtime Version: python:3.13.v9\n{INIT_REPORT}\n") is None


def test_the_report_after_a_failed_init_is_read() -> None:
    """An INIT_REPORT before the report does not hide it."""

    assert Report(0.85, 1, max_memory_used_mb=15) == find_report(f"{INIT_REPORT}\n{WARM}\n")


@pytest.mark.parametrize("tail", ["", "\n", "START RequestId: 6f12\nEND RequestId: 6f12\n", XRAY])
def test_without_a_report_there_is_no_report(tail: str) -> None:
    """A missing report is missing, never a duration of 0."""

    assert find_report(tail) is None


def test_a_report_cut_at_the_front_is_no_report() -> None:
    """A 4 KB tail that begins inside the report yields nothing, wherever it was cut."""
    tails = [f"{COLD[cut:]}\n{XRAY}" for cut in range(1, len(COLD))]

    assert [] == [tail for tail in tails if find_report(tail)]


def test_a_report_cut_at_the_end_is_never_another_number() -> None:
    """A number without its unit may have lost digits, so it is not believed."""
    reports = [find_report(COLD[:end]) for end in range(len(COLD))]

    assert {(3.1, 546)} == {(report.duration_ms, report.billed_ms) for report in reports if report}


def test_a_line_cut_in_the_middle_does_not_hide_the_report() -> None:
    """The rest of a long log line at the beginning of the tail is passed over."""

    assert Report(0.85, 1, max_memory_used_mb=15) == find_report('xxx", "level": "INFO"}\n' + WARM)


FAKE_TEXT = HEAD + "Duration: 1.00 ms\tBilled Duration: 1 ms\tMemory Size: 256 MB\tMax Memory Used: 1 MB\t"
FAKE_RECORD = record(metrics={"durationMs": 1.0, "billedDurationMs": 1, "memorySizeMB": 256})


@pytest.mark.parametrize("fake", [FAKE_TEXT, FAKE_RECORD], ids=["text", "JSON"])
@pytest.mark.parametrize(
    ("real", "expected"),
    [(COLD.replace("128 MB", "256 MB"), 3.1), (record(), 1233.96)],
    ids=["text report", "JSON report"],
)
def test_a_function_may_log_what_looks_like_a_report(fake: str, real: str, expected: float) -> None:
    """Lambda's own report comes after all that the function logged, in either format, and wins."""
    report = find_report(f"{fake}\n{real}\n{XRAY}")

    assert report is not None
    assert expected == report.duration_ms


@pytest.mark.parametrize(
    "line",
    [
        record(kind="platform.start"),
        record(kind="platform.runtimeDone"),
        json.dumps({"message": '"platform.report"', "durationMs": 5}),
        '{"type": "mine", "of": "platform.report", "record": {"metrics": {"durationMs": 5, "billedDurationMs": 5}}}',
        '{"type": "platform.report", "record": null}',
        '{"type": "platform.report", "record": {"requestId": "'
        + ID
        + '", "metrics": {"memorySizeMB": 128, "durationMs": 5}}}',
        '{"type": "platform.report", "record": {"requestId": "'
        + ID
        + '", "metrics": {"memorySizeMB": 128, "durationMs": "5", "billedDurationMs": 5}}}',
        '{"type": "platform.report", "record": {"requestId": "'
        + ID
        + '", "metrics": {"memorySizeMB": 128, "durationMs": NaN, "billedDurationMs": 5}}}',
        '{"type": "platform.report", "record": {"requestId": "'
        + ID
        + '", "metrics": {"memorySizeMB": 128, "durationMs": 5, "billedDurationMs": 1e999}}}',
        '{"type": "platform.report", "record": {"requestId": "'
        + ID
        + '", "metrics": {"memorySizeMB": 128, "durationMs": 1e999, "billedDurationMs": 5}}}',
        '{"type": "platform.report", "record": {"requestId": "'
        + ID
        + '", "metrics": {"memorySizeMB": 128, "durationMs": 1'
        + "0" * 400
        + ', "billedDurationMs": 5}}}',
        '{"type": "platform.report", "record": {"requestId": "'
        + ID
        + '", "metrics": {"memorySizeMB": 128, "durationMs": -0.5, "billedDurationMs": 5}}}',
        '{"type": "platform.report", "record": {"requestId": "'
        + ID
        + '", "metrics": {"memorySizeMB": 128, "durationMs": true, "billedDurationMs": 5}}}',
        '["platform.report"]',
        '["platform.report", ' + "[" * 4000,
        '{"type": "platform.report", "record":',
        HEAD + "Duration: fast\tBilled Duration: 1 ms\tMemory Size: 128 MB",
        HEAD + "Duration: nan ms\tBilled Duration: 1 ms\tMemory Size: 128 MB",
        HEAD + "Duration: 1_0 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB",
        HEAD + "Duration: \uff11\uff12 ms\tBilled Duration: 1 ms\tMemory Size: 128 MB",
        HEAD + "Duration: 5 MB\tBilled Duration: 5 ms\tMemory Size: 128 MB",
        HEAD + "Billed Duration: 1 ms\tMemory Size: 128 MB",
        HEAD + "Duration: 5.00 ms\tBilled Duration: 5 ms\t",
        record(metrics={"durationMs": 5, "billedDurationMs": 5}),
        " " + WARM,
        "2026-11-23T12:00:00 " + WARM,
        "it said " + WARM,
        "\u2028" + WARM,
        WARM.replace(ID, ID[:-1]),
        WARM.replace(ID, ID + "0"),
        record().replace(ID, "another"),
        json.dumps({"message": json.loads(record())}),
        json.dumps([json.loads(record())]),
        WARM + "x" * 2000,
        "REPORT Duration: 5.00 ms\tBilled Duration: 5 ms",
        "INIT_" + WARM,
        "2026-11-23T12:00:00 INIT_" + WARM,
    ],
)
def test_what_is_not_a_whole_report_is_none(line: str) -> None:
    """Neither other records nor broken ones are measures, and none of them raises."""

    assert find_report(line) is None


@pytest.mark.parametrize(
    ("line", "expected"), [(WARM, (False, False)), (TIMEOUT, (True, False)), (OUT_OF_MEMORY, (False, True))]
)
def test_a_report_tells_why_it_failed(line: str, expected: tuple[bool, bool]) -> None:
    """Timeout and out of memory are told apart."""
    report = find_report(line)

    assert report is not None
    assert expected == (report.timed_out, report.out_of_memory)


@pytest.mark.parametrize("line", [WARM, record()], ids=["text", "JSON"])
def test_a_report_of_another_memory_size_is_none(line: str) -> None:
    """What ran with another memory size was not measured."""

    assert report_line.find_report(line, ID, 1769) is None


@pytest.mark.parametrize("memory_mb", [0, 1, 127, 10_241, 999_999_999])
@pytest.mark.parametrize("line", [WARM, record()])
def test_a_report_of_a_memory_size_that_no_function_has_is_none(line: str, memory_mb: int) -> None:
    """In production's log any memory size counts that Lambda has; nothing can be computed for another."""
    written = re.sub(r'(Memory Size: |"memorySizeMB": )[0-9]+', rf"\g<1>{memory_mb}", line)

    (told, other) = (report_line.read_platform_line(each, None) for each in (line, written))

    assert told
    assert told.report
    assert other
    assert other.report is None


@pytest.mark.parametrize("last", [WARM.replace("128 MB", "512 MB"), HEAD + "Duration: fast"])
def test_only_the_last_report_is_looked_at(last: str) -> None:
    """When the last one cannot be believed, an earlier one is the function's own."""

    assert report_line.find_report(f"{WARM}\n{last}\n", ID, 128) is None


START = f"START RequestId: {ID} Version: 3"
INIT_TIMEOUT = "INIT_REPORT Init Duration: 10008.53 ms\tPhase: init\tStatus: timeout"
INIT_RECORD = json.dumps({"type": "platform.initReport", "record": {"phase": "init", "status": "timeout"}})
START_RECORD = json.dumps({"type": "platform.start", "record": {"requestId": ID, "version": "3"}})


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((INIT_TIMEOUT, START, WARM), 0.0),
        ((INIT_RECORD, START_RECORD, WARM), 0.0),
        ((INIT_TIMEOUT, START, COLD), 542.01),
        ((START, INIT_TIMEOUT, WARM), None),
        ((START_RECORD, INIT_RECORD, WARM), None),
        ((INIT_TIMEOUT, WARM), None),
        (("it said " + INIT_TIMEOUT, START, WARM), None),
    ],
)
def test_an_init_phase_that_was_repeated_makes_a_cold_start(lines: tuple[str, ...], expected: float | None) -> None:
    """The duration contains the second one; what is written within the invocation says nothing of its init phase."""
    report = find_report("\n".join(lines))

    assert report is not None
    assert expected == report.init_ms


@pytest.mark.parametrize(
    "line",
    [
        "REPORT RequestId: ",
        "REPORT RequestId: " * 14_000,
        HEAD + "Duration: 1" + "\t" * 250_000,
        HEAD + "A" * 250_000,
        HEAD + "a: " * 80_000,
        '{"type": "platform.report", ' + "[" * 1900,
        '{"platform.":' + '"a' * 100_000,
        START,
    ],
)
def test_reading_takes_time_in_proportion_to_the_length(line: str) -> None:
    """Whatever fills 256 KB of log, it is read at once."""
    text = ((line + "\n") * (262_144 // len(line) + 1))[:262_144]
    began_s = time.process_time()
    find_report(f"{text}\n{text}")

    assert time.process_time() - began_s < 1
