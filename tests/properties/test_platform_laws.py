"""Laws of what Lambda says and what a function says: nothing that a function writes is taken for Lambda's."""

import json
import time

from hypothesis import given
from hypothesis import strategies as st

from power_tuner.tuning.log_stream import LogStream
from power_tuner.tuning.outcome import Ran, judge_invocation
from power_tuner.tuning.report_line import TAIL_BYTES, Report, find_report, read_platform_line

REQUEST_ID = "6f127cc4-c2d7-4422-9490-774092cf5042"
MEMORY_MB = 512
RAN = Ran("python3.13", MEMORY_MB, 3)
TRUTH = Report(812.44, 813, max_memory_used_mb=64)

request_ids = st.sampled_from([REQUEST_ID, "0c7e5a83-5c1b-44ae-9b8c-6d7d5b3d1f10", ""])
memories_mb = st.sampled_from([MEMORY_MB, 128])


def text_report(request_id: str, memory_mb: int, duration_ms: float, more: str = "") -> str:
    return (
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\tBilled Duration: "
        f"{-(-duration_ms // 1):.0f} ms\tMemory Size: {memory_mb} MB\tMax Memory Used: 64 MB\t{more}"
    )


def json_report(request_id: str, memory_mb: int, duration_ms: float, status: str = "success") -> str:
    metrics = {
        "durationMs": duration_ms,
        "billedDurationMs": int(-(-duration_ms // 1)),
        "memorySizeMB": memory_mb,
        "maxMemoryUsedMB": 64,
    }
    record = {"requestId": request_id, "metrics": metrics, "status": status}
    return json.dumps({"time": "2026-11-26T12:00:00.000Z", "type": "platform.report", "record": record})


forged = st.one_of(
    st.text(max_size=80),
    st.builds(text_report, request_ids, memories_mb, st.floats(1, 9)),
    st.builds(text_report, request_ids, memories_mb, st.floats(1, 9), st.just("Init Duration: 99.00 ms\t")),
    st.builds(text_report, request_ids, memories_mb, st.floats(1, 9), st.just("Status: timeout\t")),
    st.builds(json_report, request_ids, memories_mb, st.floats(1, 9), st.sampled_from(["success", "timeout", "error"])),
    st.builds("START RequestId: {} Version: 1".format, request_ids),
    st.just("INIT_REPORT Init Duration: 9999.00 ms\tPhase: init\tStatus: timeout"),
    st.just('{"type": "platform.initReport", "record": {"phase": "init", "status": "timeout"}}'),
)
written = st.lists(forged, max_size=8).map("\n".join)
endings = st.sampled_from(
    [text_report(REQUEST_ID, MEMORY_MB, TRUTH.duration_ms), json_report(REQUEST_ID, MEMORY_MB, TRUTH.duration_ms)]
)


def tail_of(log: str) -> str:
    """Return the log as Lambda sends it: the end of it, which may begin within a line."""
    return log.encode(errors="replace")[-TAIL_BYTES:].decode(errors="replace")


@given(written, endings)
def test_no_line_of_a_function_changes_a_measurement(lines: str, ending: str) -> None:
    """Law: whatever a function writes, its sample is that of Lambda's own report."""
    log = f"START RequestId: {REQUEST_ID} Version: 1\n{lines}\nEND RequestId: {REQUEST_ID}\n{ending}\n"

    assert find_report(tail_of(log), REQUEST_ID, MEMORY_MB) == TRUTH


@given(
    written,
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(["Sandbox.Timedout", "Runtime.OutOfMemory", "Runtime.ExitError", "java.lang.OutOfMemoryError"]),
    ),
    st.one_of(
        st.text(max_size=80),
        st.sampled_from(
            [
                f"RequestId: {REQUEST_ID} Error: Task timed out after 3.00 seconds",
                f"RequestId: {REQUEST_ID} Error: Runtime exited with error: signal: killed",
                f"2026-11-26T12:00:00.000Z {REQUEST_ID} Task timed out after 3.00 seconds",
            ]
        ),
    ),
    st.sampled_from([{"errorType"}, set()]),
)
def test_no_words_of_a_function_change_an_outcome(
    lines: str, error_type: str, message: str, left_out: set[str]
) -> None:
    """Law: an error of a function is the function's, whatever it is called and whatever it says."""
    said = {"errorType": error_type, "errorMessage": message}
    document = {name: words for name, words in said.items() if name not in left_out}
    log = (
        f"START RequestId: {REQUEST_ID} Version: 1\n{lines}\n{text_report(REQUEST_ID, MEMORY_MB, TRUTH.duration_ms)}\n"
    )
    judged = judge_invocation(
        ran=RAN,
        report=find_report(tail_of(log), REQUEST_ID, MEMORY_MB),
        function_error="Unhandled",
        payload=json.dumps(document),
        payload_index=0,
        allowed_exceptions=(),
        hide_payloads=False,
    )

    assert judged.sample.status == "function-error"
    assert judged.sample.duration_ms == TRUTH.duration_ms


@given(st.lists(st.tuples(written, st.floats(100, 999)), min_size=1, max_size=5))
def test_no_line_of_a_function_becomes_a_duration_of_production(invocations: list[tuple[str, float]]) -> None:
    """Law: what is read of a stream is nothing but durations that Lambda reported."""
    stream = LogStream()
    for number, (lines, duration_ms) in enumerate(invocations):
        request_id = f"6f127cc4-c2d7-4422-9490-{number:012d}"
        own = [f"START RequestId: {request_id} Version: 1", *lines.split("\n")]
        for line in [*own, text_report(request_id, MEMORY_MB, duration_ms)]:
            read = read_platform_line(line, MEMORY_MB)
            if read is not None:
                stream.add(read, number)

    reported = {round(duration_ms, 2) for _, duration_ms in invocations}
    assert {report.duration_ms for _, report in stream.warm()} <= reported


def seconds_to_read(log: str) -> float:
    """Return the shortest of five times of CPU that reading takes."""
    times = []
    for _ in range(5):
        began = time.process_time()
        find_report(log, REQUEST_ID, MEMORY_MB)
        for line in log.split("\n"):
            read_platform_line(line, MEMORY_MB)
        times.append(time.process_time() - began)
    return min(times)


def test_reading_takes_as_long_as_the_log_is() -> None:
    """256 KB of lines that nearly are a report take about eight times as long as 32 KB; quadratic would be 64 times."""
    for unit in (
        "REPORT RequestId: ",
        "REPORT RequestId: x\tDuration: ",
        '{"type": "platform.report", "record": {',
        "A: b\t" * 50,
        "[" * 100,
        "\n",
        "REPORT RequestId: x\t" + "Duration: 1\t" * 100 + "\n",
    ):
        short, long = (unit * (size // len(unit)) for size in (32 * 1024, 256 * 1024))

        assert seconds_to_read(long) < 24 * seconds_to_read(short) + 0.05
