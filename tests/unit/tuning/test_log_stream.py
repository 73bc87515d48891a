"""The reports of a log stream of production: cold, warm and failed ones, and none that a function made up."""

from power_tuner.tuning.log_stream import LogStream
from power_tuner.tuning.report_line import Report, read_platform_line


def report(request_id: str, more: str = "", billed_ms: int = 20) -> str:
    figures = (
        f"Duration: 20.00 ms\tBilled Duration: {billed_ms} ms\tMemory Size: 512 MB\tMax Memory Used: 60 MB\t{more}"
    )
    return f"REPORT RequestId: {request_id}\t{figures}"


def start(request_id: str) -> str:
    return f"START RequestId: {request_id} Version: $LATEST"


def read(*lines: str) -> list[Report]:
    """Read lines of any memory size, as production's are read."""
    stream = LogStream()
    for at_ms, text in enumerate(lines):
        line = read_platform_line(text, None)
        assert line
        stream.add(line, at_ms)
    return [each for _, each in stream.all()]


def test_cold_warm_and_failed_calls_are_told() -> None:
    """Each with what Lambda says of it."""
    found = read(
        start("1"),
        report("1", "Init Duration: 400.00 ms\t"),
        start("2"),
        report("2"),
        start("3"),
        report("3", "Status: error\t"),
    )

    assert [(400.0, "success"), (None, "success"), (None, "error")] == [(each.init_ms, each.status) for each in found]
    assert {512} == {each.memory_mb for each in found}


def test_a_repeated_init_makes_a_call_cold() -> None:
    """Lambda reports no Init Duration then: the duration contains it."""
    (found,) = read("INIT_REPORT Init Duration: 9999.00 ms\tPhase: init\tStatus: timeout", start("1"), report("1"))

    assert found.init_ms == 0.0


def test_the_last_report_of_a_call_is_lambda_s() -> None:
    """What the function prints before it does not count."""
    (found,) = read(start("1"), report("1", billed_ms=900_000), report("1", billed_ms=20))

    assert found.billed_ms == 20


def test_a_call_that_was_made_up_counts_for_nothing() -> None:
    """Lambda's own report of another request shows that something was mistaken for an invocation."""
    assert [] == read(start("1"), start("2"), report("2", billed_ms=900_000), start("3"), report("3"), report("1"))


def test_a_report_without_its_start_counts_for_nothing() -> None:
    """What is read may begin within an invocation."""
    assert 1 == len(read(report("1"), start("2"), report("2")))
