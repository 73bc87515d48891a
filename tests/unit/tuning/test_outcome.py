"""What became of invocations and branches."""

import json
from typing import Any

import pytest
from msgspec import to_builtins

from power_tuner.tuning.outcome import Invocation, Ran, branch_outcome, error_message, judge_invocation
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.sample import Sample

OLD_TIMEOUT = "2026-11-23T12:00:00.000Z 6f127cc4-c2d7-4422-9490-774092cf5042 Task timed out after 3.00 seconds"
REPORT = Report(12.5, 13, max_memory_used_mb=64)


def judge(**answer: Any) -> Invocation:
    return judge_invocation(
        **{
            "ran": Ran("python3.13", 128, 3),
            "report": REPORT,
            "function_error": None,
            "payload": "{}",
            "payload_index": 0,
            "allowed_exceptions": (),
            "hide_payloads": False,
            **answer,
        }
    )


def raised(error_type: str = "ValueError", message: str = "no card 4111", **more: Any) -> dict[str, Any]:
    return {
        "function_error": "Unhandled",
        "payload": json.dumps({"errorType": error_type, "errorMessage": message, **more}),
    }


def told(**answer: Any) -> tuple[str, str]:
    failure = judge(**answer).failure
    assert failure is not None
    return failure.outcome, str(failure)


def test_a_report_becomes_a_sample() -> None:
    """All measures are kept, with the payload that was sent."""
    report = Report(12.5, 413, init_ms=400.0, max_memory_used_mb=64)

    assert Invocation(Sample(12.5, 413, 400.0, None, 64, "ok", 2)) == judge(report=report, payload_index=2)


def test_a_restored_snapshot_becomes_a_sample() -> None:
    """The time that SnapStart took to restore is kept too."""
    report = Report(12.5, 40, restore_ms=398.97, max_memory_used_mb=64)

    assert Invocation(Sample(12.5, 40, None, 398.97, 64, "ok", 0)) == judge(report=report)


def test_a_missing_report_is_unmeasurable() -> None:
    """No report means no duration, and the branch goes on."""

    assert Invocation(Sample(None, None, status="unmeasurable", payload_index=1)) == judge(report=None, payload_index=1)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            {**raised(stackTrace=["  File app.py, line 3\n", "    raise\n"])},
            (
                "function-error",
                "the function raised ValueError: no card 4111\n  File app.py, line 3\n    raise",
            ),
        ),
        (
            {"function_error": "Unhandled", "payload": "not JSON"},
            ("function-error", "the function raised an error: not JSON"),
        ),
        (
            {"report": Report(3000.0, 3000, status="timeout"), **raised("Sandbox.Timedout", "RequestId: 1 timed out")},
            ("timeout", "the function ran into its own timeout: RequestId: 1 timed out"),
        ),
        (
            {
                "report": None,
                "function_error": "Unhandled",
                "payload": json.dumps({"errorMessage": OLD_TIMEOUT}),
            },
            ("timeout", f"the function ran into its own timeout: {OLD_TIMEOUT}"),
        ),
        (
            {"report": Report(3000.0, 3000, status="timeout"), "function_error": "Unhandled", "payload": ""},
            ("timeout", "the function ran into its own timeout: no message"),
        ),
        (
            {
                "report": Report(812.4, 813, max_memory_used_mb=128, status="error", error_type="Runtime.OutOfMemory"),
                **raised("Runtime.ExitError", "RequestId: 1 Error: Runtime exited"),
            },
            ("out-of-memory", "the function needs more memory than this, used 128 MB"),
        ),
        (
            {"report": None, **raised("Sandbox.Timedout", "")},
            ("timeout", "the function ran into its own timeout: no message"),
        ),
        (
            {"report": Report(812.4, 813, status="error", error_type="Runtime.OutOfMemory"), **raised("E", "")},
            ("out-of-memory", "the function needs more memory than this"),
        ),
        (
            {"function_error": "Unhandled", "payload": "[" * 100_000},
            ("function-error", ("the function raised an error: " + "[" * 100_000)[:1500]),
        ),
        (
            {"function_error": "Unhandled", "payload": '["a list"]'},
            ("function-error", 'the function raised an error: ["a list"]'),
        ),
        (
            {**raised("E4111", "4111"), "hide_payloads": True},
            ("function-error", "the function raised E4111 (its message is hidden: disablePayloadLogs)"),
        ),
        (
            {"function_error": "Unhandled", "payload": "{}", "hide_payloads": True},
            ("function-error", "the function raised an error (its message is hidden: disablePayloadLogs)"),
        ),
        (
            {"report": Report(3.0, 3, status="timeout"), **raised("E", "4111"), "hide_payloads": True},
            ("timeout", "the function ran into its own timeout: its message is hidden: disablePayloadLogs"),
        ),
        (
            {"report": None, **raised("Runtime.OutOfMemory", "")},
            ("out-of-memory", "the function needs more memory than this"),
        ),
        (
            {"report": None, **raised("Runtime.ExitError", "RequestId: 1 Error: Runtime exited: signal: killed")},
            ("out-of-memory", "the function needs more memory than this"),
        ),
    ],
)
def test_a_failure_has_a_word_and_a_reason(answer: dict[str, Any], expected: tuple[str, str]) -> None:
    """Timeout, out of memory and the function's own errors are told apart, in new and old forms."""

    assert expected == told(**answer)


def test_a_failed_invocation_is_kept_as_a_sample() -> None:
    """A failed invocation is billed, so its measures are kept, with its outcome as status."""

    raised_text = "the function raised ValueError: no card 4111"
    expected = Sample(12.5, 13, max_memory_used_mb=64, status="function-error", error=raised_text)

    assert judge(**raised(stackTrace=["  app.py\n"])).sample == expected


def test_a_failure_without_report_is_kept_too() -> None:
    """Even without measures the sample says what happened."""

    raised_text = "the function raised ValueError: no card 4111"

    assert judge(report=None, **raised()).sample == Sample(None, None, status="function-error", error=raised_text)


def test_an_allowed_exception_is_a_success() -> None:
    """An error type that the input allows counts as measured."""

    assert Invocation(Sample(12.5, 13, max_memory_used_mb=64)) == judge(
        **raised("NotFound"), allowed_exceptions=("Gone", "NotFound")
    )


def test_another_exception_is_not_allowed() -> None:
    """Only what is named is allowed."""

    assert "function-error" == told(**raised("NotFoundError"), allowed_exceptions=("NotFound",))[0]


@pytest.mark.parametrize("error_type", ["Sandbox.Timedout", "Runtime.OutOfMemory", "java.lang.OutOfMemoryError"])
def test_every_type_can_be_allowed(error_type: str) -> None:
    """What is allowed is asked first, whatever the report says, as in aws-lambda-power-tuning."""
    report = Report(3000.0, 3000, status="timeout", error_type="Runtime.OutOfMemory")

    assert Invocation(Sample(3000.0, 3000)) == judge(
        report=report, **raised(error_type, "Task timed out after 3.00 seconds"), allowed_exceptions=(error_type,)
    )


@pytest.mark.parametrize(
    "message",
    [
        "the API said: Task timed out after 3.00 seconds",
        "Task timed out after 3.00 seconds",
        OLD_TIMEOUT,
        "RequestId: 1 Error: Runtime exited with error: signal: killed",
        "signal: killed",
        "Sandbox.Timedout",
        "java.lang.OutOfMemoryError: Metaspace",
        "JavaScript heap out of memory",
    ],
)
@pytest.mark.parametrize("report", [REPORT, None])
def test_what_an_error_says_decides_nothing(message: str, report: Report | None) -> None:
    """A function that quotes Lambda's words has raised an error of its own."""

    assert "function-error" == told(report=report, **raised("RuntimeError", message))[0]


EXITED = "RequestId: 6f127cc4-c2d7-4422-9490-774092cf5042 Error: Runtime exited with error: "


@pytest.mark.parametrize(
    ("runtime", "error_type", "message"),
    [
        ("java21", "java.lang.OutOfMemoryError", "Metaspace"),
        ("java8.al2", "java.lang.OutOfMemoryError", "Java heap space"),
        ("dotnet8", "OutOfMemoryException", "Insufficient memory"),
        ("dotnet8", "System.OutOfMemoryException", "Insufficient memory"),
        ("nodejs22.x", "Runtime.ExitError", EXITED + "signal: aborted"),
        ("nodejs22.x", "Runtime.ExitError", EXITED + "signal: aborted (core dumped)"),
    ],
)
@pytest.mark.parametrize("report", [REPORT, None])
def test_an_exhausted_heap_is_a_lack_of_memory(
    runtime: str, error_type: str, message: str, report: Report | None
) -> None:
    """The JVM and .NET name it by type, V8 aborts; a larger memory size gives each a larger heap."""
    failed = told(ran=Ran(runtime, 128, 3), report=report, **raised(error_type, message))

    assert failed[0] == "out-of-memory"


@pytest.mark.parametrize(
    ("error_type", "message"),
    [
        ("Sandbox.Timedout", "RequestId: 1 Error: Task timed out after 3.00 seconds"),
        ("Runtime.OutOfMemory", ""),
        ("Runtime.ExitError", EXITED + "signal: killed"),
        ("Runtime.ExitError", EXITED + "signal: aborted"),
        ("java.lang.OutOfMemoryError", "Metaspace"),
        ("System.OutOfMemoryException", ""),
    ],
)
def test_a_type_that_the_figures_contradict_decides_nothing(error_type: str, message: str) -> None:
    """A Python function may name its exception as Lambda or Java would; it neither ran that long nor used that much."""

    assert told(**raised(error_type, message))[0] == "function-error"


@pytest.mark.parametrize(
    ("figures", "error_type", "message", "expected"),
    [
        (
            {"duration_ms": 3000.0},
            "Sandbox.Timedout",
            "RequestId: 1 Error: Task timed out after 3.00 seconds",
            "timeout",
        ),
        ({"max_memory_used_mb": 128}, "Runtime.OutOfMemory", "", "out-of-memory"),
        ({"max_memory_used_mb": 127}, "Runtime.ExitError", EXITED + "signal: killed", "out-of-memory"),
    ],
)
def test_a_type_that_the_figures_confirm_is_believed(
    figures: dict[str, Any], error_type: str, message: str, expected: str
) -> None:
    """A REPORT without a status, as Lambda used to write it, and the error document in Lambda's form."""
    report = Report(**{"duration_ms": 12.5, "billed_ms": 13, **figures})

    assert told(report=report, **raised(error_type, message))[0] == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {
                "errorType": "TypeError",
                "errorMessage": "no id",
                "trace": ["TypeError: no id", "    at f (/var/a.js:1)"],
            },
            "the function raised TypeError: no id\n    at f (/var/a.js:1)",
        ),
        (
            {"errorType": "E", "errorMessage": "no id", "trace": ["    at f (/var/a.js:1)"]},
            "the function raised E: no id\n    at f (/var/a.js:1)",
        ),
        (
            {"errorType": "java.lang.E", "errorMessage": "no id", "stackTrace": ["a.B.c(B.java:1)", "a.B.d(B.java:2)"]},
            "the function raised java.lang.E: no id\na.B.c(B.java:1)\na.B.d(B.java:2)",
        ),
        (
            {
                "errorType": "errorString",
                "errorMessage": "no id",
                "stackTrace": [{"path": "main.go", "line": 7, "label": "handler"}],
            },
            "the function raised errorString: no id\nhandler\n\tmain.go:7",
        ),
        ({"errorType": "E", "errorMessage": "m", "stackTrace": "one text"}, "the function raised E: m\none text"),
        ({"errorType": "E", "errorMessage": "m", "stackTrace": True}, "the function raised E: m"),
        ({"errorType": "E", "errorMessage": "m", "stackTrace": [None, 3, {}]}, "the function raised E: m\n\n3\n{}"),
        ({"errorType": 3, "errorMessage": ["m"]}, 'the function raised an error: ["m"]'),
        ("plain", "the function raised an error: plain"),
        ({"reason": "other"}, 'the function raised an error: {"reason": "other"}'),
        (None, "the function raised an error: null"),
    ],
    ids=["Node.js", "Node.js frames", "Java", "Go", "text", "flag", "others", "types", "string", "object", "null"],
)
def test_each_runtimes_error_is_shown_as_its_users_know_it(document: object, expected: str) -> None:
    """A trace has a line per frame, and what is no error document is shown as it is."""

    assert ("function-error", expected) == told(function_error="Unhandled", payload=json.dumps(document))


@pytest.mark.parametrize(
    "answer",
    [
        raised(),
        raised(stackTrace=["4111"]),
        raised(message="Task timed out after 4111"),
        {"report": Report(1.0, 1, status="timeout"), **raised("Sandbox.Timedout")},
        raised(message="signal: killed 4111"),
        {"function_error": "Handled", "payload": "4111"},
    ],
)
def test_the_functions_words_can_be_hidden(answer: dict[str, Any]) -> None:
    """With disablePayloadLogs no reason has anything that the function said but the type of its error."""

    assert "4111" not in told(**answer, hide_payloads=True)[1]


@pytest.mark.parametrize("message", ["x" * 100_000, "Task timed out after " + "9" * 100_000])
def test_a_reason_has_an_end(message: str) -> None:
    """A reason fits into a state, an item and an event."""

    assert 1500 == len(told(**raised(message=message))[1])


@pytest.mark.parametrize("error", ["FunctionError", "ProcessorFailed", "States.Timeout", "ClientError"])
def test_a_caught_reason_has_an_end(error: str) -> None:
    """Whatever Step Functions caught, its reason is cut to the same length."""

    assert 1500 == len(branch_outcome(error, "x" * 100_000).reason)


@pytest.mark.parametrize(
    ("error", "cause", "expected"),
    [
        (
            "OutOfMemory",
            '{"errorMessage": "the function needs more memory than this", "errorType": "OutOfMemory"}',
            {"outcome": "out-of-memory", "reason": "the function needs more memory than this"},
        ),
        ("TargetTimeout", '{"errorMessage": "3 s"}', {"outcome": "timeout", "reason": "3 s"}),
        ("FunctionError", '{"errorMessage": "boom"}', {"outcome": "function-error", "reason": "boom"}),
        ("Throttled", '{"errorMessage": "for 121 s"}', {"outcome": "throttled", "reason": "for 121 s"}),
        ("Unmeasurable", '{"errorMessage": "other version"}', {"outcome": "unmeasurable", "reason": "other version"}),
        (
            "ProcessorFailed",
            '{"errorMessage": "the pre-processor p failed"}',
            {"outcome": "unmeasurable", "reason": "the pre-processor p failed", "endsRun": True},
        ),
        (
            "States.Timeout",
            "",
            {
                "outcome": "timeout",
                "reason": "one invocation took longer than the Executor can wait: States.Timeout",
            },
        ),
        (
            "Sandbox.Timedout",
            '{"errorType": "Sandbox.Timedout", "errorMessage": "after 900 s"}',
            {"outcome": "timeout", "reason": "one invocation took longer than the Executor can wait: after 900 s"},
        ),
        (
            "Lambda.Unknown",
            '{"errorType": "Sandbox.Timedout", "errorMessage": "after 900 s"}',
            {"outcome": "timeout", "reason": "one invocation took longer than the Executor can wait: after 900 s"},
        ),
        (
            "ClientError",
            '{"errorMessage": "AccessDenied"}',
            {"outcome": "unmeasurable", "reason": "ClientError: AccessDenied"},
        ),
        ("States.Runtime", "no such path", {"outcome": "unmeasurable", "reason": "States.Runtime: no such path"}),
    ],
)
def test_a_caught_error_becomes_the_branchs_outcome(error: str, cause: str, expected: dict[str, Any]) -> None:
    """What Step Functions caught is said in the words of outcomes."""

    assert expected == to_builtins(branch_outcome(error, cause))


@pytest.mark.parametrize(
    ("cause", "expected"),
    [('{"errorMessage": "a sentence"}', "a sentence"), ("text", "text"), ("", "Name"), ('["list"]', '["list"]')],
)
def test_a_cause_holds_a_sentence(cause: str, expected: str) -> None:
    """The sentence is found in Lambda's error document, else the cause is the sentence, else the name."""

    assert expected == error_message("Name", cause)
