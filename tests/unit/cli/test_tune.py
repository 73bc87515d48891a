"""`power-tuner tune`: what it starts, what it says, how it exits."""

import json
from pathlib import Path
from typing import Any

import pytest

from fakes import NOON
from power_tuner.tuning.applied import Applied
from power_tuner.tuning.result import Result
from power_tuner.tuning.result_document import write
from power_tuner.tuning.run_input import FIELDS
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.run_options import OF_A_RUN
from results import classic_result, paid_in, smart_result
from run_items import completed_run
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import EXECUTION, StubbedAws


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def expect_success(aws: StubbedAws, run_input: dict[str, Any], result: Result, *, hidden: bool = False) -> None:
    """Expect one run with this input, which ends with this result; the caller may not read a hidden function."""
    aws.has_stack()
    (aws.hides_function if hidden else aws.has_function)()
    aws.starts(run_input)
    aws.execution("RUNNING")
    aws.in_state("Measure")
    aws.execution("SUCCEEDED", output=json.dumps({"power": result.output.memory_mb}))
    applied = Applied(applied=True, mode="latest", from_memory_mb=1024, to_memory_mb=512)
    aws.has_item(completed_run(applied=applied) if run_input.get("autoOptimize") else completed_run())
    aws.has_object("results/date=2026-11-23/run-1.json", write(result).encode())


def test_a_function_is_tuned_with_the_given_options(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Each option becomes the input field of its name, and what was not given is left to the stack."""
    expect_success(
        aws,
        {
            "lambdaARN": "thumbnailer",
            "num": 20,
            "powerValues": [128, 1536],
            "payload": {"size": 3},
            "strategy": "balanced",
            "balancedWeight": 0.3,
            "parallelInvocation": True,
            "discardTopBottom": 0.1,
            "autoOptimize": True,
        },
        classic_result(),
    )

    finished = power_tuner(
        *("tune", "thumbnailer", "--num", "20", "--power-values", "128,1536", "--payload", '{"size": 3}'),
        *("--strategy", "balanced", "--balanced-weight", "0.3", "--parallel"),
        *("--discard-top-bottom", "0.1", "--auto-optimize"),
    )

    assert ExitCode.DONE == finished.exit_code


def test_every_field_of_the_input_has_an_option(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """All other fields can be given too, under names of their own."""
    expect_success(
        aws,
        {
            "lambdaARN": "thumbnailer",
            "payloadS3": "s3://photos/event.json",
            "strategy": "slo",
            "maxDurationMs": 250.0,
            "statistic": "p99",
            "tolerance": 0.1,
            "confidence": "highest",
            "maxInvocations": 200,
            "maxCostUsd": 0.5,
            "maxDurationSeconds": 600,
            "onlyColdStarts": True,
            "sleepBetweenRunsMs": 40.0,
            "allowedExceptions": ["NotFound", "Refused"],
            "preProcessorARN": "before",
            "postProcessorARN": "after",
            "disablePayloadLogs": True,
            "includeOutputResults": True,
            "autoOptimize": True,
            "autoOptimizeAlias": "live",
        },
        smart_result(),
    )

    finished = power_tuner(
        *("tune", "thumbnailer", "--payload-s3", "s3://photos/event.json", "--strategy", "slo"),
        *("--max-duration-ms", "250", "--statistic", "p99", "--tolerance", "0.1", "--confidence", "highest"),
        *("--max-invocations", "200", "--max-cost-usd", "0.5", "--max-duration-seconds", "600", "--only-cold-starts"),
        *("--sleep-between-runs-ms", "40", "--allowed-exception", "NotFound", "--allowed-exception", "Refused"),
        *("--pre-processor", "before", "--post-processor", "after", "--disable-payload-logs"),
        *("--include-output-results", "--auto-optimize", "--auto-optimize-alias", "live"),
    )

    assert ExitCode.DONE == finished.exit_code, finished.stderr


def test_no_field_of_the_input_lacks_an_option() -> None:
    """All but the function, which is the argument."""

    assert {"lambdaARN"} == FIELDS.keys() - {field.name for field in OF_A_RUN}


def test_the_smart_mode_shows_how_sure_it_is(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Without --num people see intervals, chances, the gain, and what was spent against a sweep."""
    expect_success(aws, {"lambdaARN": "thumbnailer"}, smart_result())

    shown = power_tuner("tune", "thumbnailer").stdout

    assert "211 ms (185 to 253 ms)" in shown
    assert "96 %" in shown
    assert "97 % that no other candidate is more than 2 % better" in shown
    assert "−41 % (−49 to −30 %)" in shown  # noqa: RUF001 - minus signs are meant
    assert "significant" in shown
    assert "15 invocations, $0.0000721" in shown
    assert "$0.000340 by estimate, 4.7 times as much" in shown
    assert "256, 1024 MB" in shown


def test_amounts_are_in_the_currency_that_is_paid(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """In China nothing is told in dollars."""
    expect_success(aws, {"lambdaARN": "thumbnailer"}, paid_in(smart_result(), "CNY"))

    shown = power_tuner("tune", "thumbnailer").stdout

    assert "CN¥4.24" in shown
    assert "$" not in shown


def test_check_advises_nothing_for_a_gain_in_doubt(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """A pipeline is not told to change for a gain that may be none."""
    expect_success(aws, {"lambdaARN": "thumbnailer"}, smart_result(significant=False))

    assert ExitCode.DONE == power_tuner("tune", "thumbnailer", "--check").exit_code


def test_people_see_sentence_table_curves_and_places(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Stdout holds the sentence, all memory sizes, both curves, and where item and objects are."""
    expect_success(aws, {"lambdaARN": "thumbnailer"}, classic_result())

    shown = power_tuner("tune", "thumbnailer").stdout

    assert "1536 MB: 41 % cheaper and 15 % slower than now (3008 MB)." in shown
    assert "Instead of 1536 MB: 3008 MB costs 70 % more and is 13 % faster." in shown
    assert all(f" {memory_mb} MB" in shown for memory_mb in (128, 256, 512, 1024, 1536, 3008))
    assert "Mean duration" in shown
    assert "Cost of a million invocations" in shown
    assert "s3://tuner-bucket/reports/run-1.html" in shown
    assert f"SK RUN#{NOON}#run-1" in shown


def test_json_is_one_document_on_stdout(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """With --json, stdout is exactly one JSON document with status, result and places."""
    expect_success(aws, {"lambdaARN": "thumbnailer"}, classic_result())

    document = json.loads(power_tuner("tune", "thumbnailer", "--json").stdout)

    assert "SUCCEEDED" == document["status"]
    assert EXECUTION == document["executionArn"]
    assert 1536 == document["result"]["decision"]["power"]
    assert "s3://tuner-bucket/results/date=2026-11-23/run-1.json" == document["places"]["result"]


def test_the_report_is_saved_where_it_was_asked_for(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """--report writes the page from S3 to the named file."""
    expect_success(aws, {"lambdaARN": "thumbnailer"}, classic_result())
    aws.has_object("reports/run-1.html", b"<p>the page</p>")

    power_tuner("tune", "thumbnailer", "--report", "out/page.html")

    assert "<p>the page</p>" == Path("out/page.html").read_text("utf-8")


@pytest.mark.parametrize(("current", "code"), [(3008, ExitCode.CHANGE_ADVISED), (1536, ExitCode.DONE)])
def test_check_tells_a_pipeline_whether_to_change(
    aws: StubbedAws, power_tuner: PowerTuner, current: int, code: ExitCode
) -> None:
    """With --check the exit code is 4 when another value than the current one was chosen, else 0."""
    expect_success(aws, {"lambdaARN": "thumbnailer"}, classic_result(current=current))

    assert code == power_tuner("tune", "thumbnailer", "--check").exit_code


@pytest.mark.parametrize(("error", "code"), [("TargetBusy", ExitCode.RUN_FAILED), ("InvalidInput", ExitCode.BAD_INPUT)])
def test_a_failed_run_says_why(aws: StubbedAws, power_tuner: PowerTuner, error: str, code: ExitCode) -> None:
    """A failed run exits with 1, one whose input was refused with 2, and error and cause are told."""
    aws.has_stack()
    aws.has_function()
    aws.starts({"lambdaARN": "thumbnailer"})
    aws.execution("FAILED", error=error, cause="Somebody else is tuning it.")
    aws.has_item(None)

    finished = power_tuner("tune", "thumbnailer")

    assert code == finished.exit_code
    assert f"failed: {error}: Somebody else is tuning it." in finished.stderr


def test_ctrl_c_stops_the_run(aws: StubbedAws, power_tuner: PowerTuner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C stops the execution, says so and exits with 130."""

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    aws.has_stack()
    aws.has_function()
    aws.starts({"lambdaARN": "thumbnailer"})
    aws.execution("RUNNING")
    aws.in_state("Publisher")
    aws.stub("stepfunctions").add_response("stop_execution", {"stopDate": "2026-11-23T12:00:02Z"})
    aws.execution("ABORTED")

    finished = power_tuner("tune", "thumbnailer")

    aws.stub("stepfunctions").assert_no_pending_responses()
    assert ExitCode.INTERRUPTED == finished.exit_code
    assert "is aborted" in finished.stderr


def test_a_missing_stack_is_named(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Without the stack the exit code is 3, and the message says what to do."""
    aws.stub("cloudformation").add_client_error("describe_stacks", "ValidationError", "does not exist")

    finished = power_tuner("tune", "thumbnailer", "--json")

    assert ExitCode.UNREACHABLE == finished.exit_code
    assert "There is no stack 'power-tuner' in eu-west-1" in finished.stderr
    assert "--stack-name" in json.loads(finished.stdout)["error"]


def test_refused_credentials_are_told_without_a_traceback(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """An AWS error becomes one line with its code, and exit code 3."""
    aws.stub("cloudformation").add_client_error("describe_stacks", "ExpiredToken", "The token has expired")

    finished = power_tuner("tune", "thumbnailer")

    assert ExitCode.UNREACHABLE == finished.exit_code
    assert "power-tuner: AWS refused DescribeStacks: ExpiredToken: The token has expired\n" == finished.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--num", "0"], "--num: 0 is not accepted. Allowed: a whole number from 1 to 10000.\n"),
        (["--power-values", "64"], "--power-values: 64 is not accepted."),
        (["--power-values", "200000"], "--power-values: 200000 is not accepted."),
        (["--power-values", "some"], "--power-values 'some'"),
        (["--strategy", "cheap"], "--strategy: 'cheap' is not accepted. Allowed: cost, speed, balanced, slo"),
        (["--strategy", "slo"], "--max-duration-ms: nothing was given. Allowed: a number above 0 and at most 900000; "),
        (["--max-duration-ms", "0"], "--max-duration-ms: 0.0 is not accepted."),
        (["--only-cold-starts", "--num", "101"], "--num: 101 is not accepted. Allowed: a whole number from 1 to 100 "),
        (["--pre-processor", "a b"], "--pre-processor: 'a b' is not accepted."),
        (["--balanced-weight", "2"], "--balanced-weight: 2.0 is not accepted."),
        (["--payload", '[{"payload": 1, "weight": 0}]'], "--payload[].weight: 0 is not accepted."),
        (["--payload", "1", "--payload-s3", "s3://bucket/key"], "--payload-s3: 's3://bucket/key' is not accepted."),
        (["--payload", "{oops"], "--payload '{oops'"),
        (["--payload", "@absent.json"], "absent.json"),
        (["--payload", "1", "--payload-file", "x"], "not both"),
    ],
)
def test_bad_input_is_refused_before_aws_is_asked(
    aws: StubbedAws, power_tuner: PowerTuner, arguments: list[str], told: str
) -> None:
    """A bad value exits with 2, names its option, and not one call is made."""
    finished = power_tuner("tune", "thumbnailer", *arguments)

    assert ExitCode.BAD_INPUT == finished.exit_code
    assert told in finished.stderr
    assert {} == aws.stubbers


def test_a_folder_that_is_not_there_is_named(power_tuner: PowerTuner) -> None:
    """A path that is no folder is not taken for a function's name."""
    finished = power_tuner("tune", "./absent")

    assert ExitCode.BAD_INPUT == finished.exit_code
    assert "There is no folder './absent'" in finished.stderr


def test_a_folder_without_its_handler_is_named(power_tuner: PowerTuner) -> None:
    """A folder in which the handler's file is missing is refused before the local AWS starts."""
    Path("code").mkdir()

    finished = power_tuner("tune", "code", "--handler", "main.run")

    assert ExitCode.BAD_INPUT == finished.exit_code
    assert "there is no file main.py, .js, .mjs or .cjs in code" in finished.stderr


def test_a_payload_may_be_a_file(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """--payload takes a file's path, as --payload-file and @FILE do."""
    Path("event.json").write_text('{"size": 4}', "utf-8")
    expect_success(aws, {"lambdaARN": "thumbnailer", "payload": {"size": 4}}, classic_result())

    assert ExitCode.DONE == power_tuner("tune", "thumbnailer", "--payload", "event.json").exit_code


def test_what_a_run_may_spend_is_told_before_it_starts(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """From the function's timeout; both memory sizes five times, the larger once more, each for 13 s at most."""
    expect_success(aws, {"lambdaARN": "thumbnailer", "num": 5}, classic_result())

    told = " ".join(power_tuner("tune", "thumbnailer", "--num", "5").stderr.split())

    usd = 13 * (5 * 0.125 + 6 * 0.25) * 0.0000133334 + 11 * 0.0000002
    assert f"${usd:.6f} invocations" in told
    assert 0 <= told.index("At most 11 invocations and $") < told.index("Run run-1")


def test_what_a_run_may_spend_is_told_later_to_who_may_not_look(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """As the run noted it before its first invocation."""
    expect_success(aws, {"lambdaARN": "thumbnailer", "num": 5}, classic_result(), hidden=True)

    told = " ".join(power_tuner("tune", "thumbnailer", "--num", "5").stderr.split())

    assert "At most 30 invocations and $0.0210 ($0.0200 invocations, $0.00100 state transitions)" in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--num", "1000"), "at most 1999 invocations in all, as the stack's parameter maxInvocationsPerRun says"),
        (("--num", "5"), "cannot be tuned"),
    ],
)
def test_what_would_be_refused_has_no_estimate(
    aws: StubbedAws, power_tuner: PowerTuner, options: tuple[str, ...], words: str
) -> None:
    """The stack's limit and the function's state are looked at as the run would."""
    aws.has_stack(maxInvocationsPerRun="1999")
    aws.has_function(State="Failed")

    finished = power_tuner("tune", "thumbnailer", "--estimate", *options)

    assert words in " ".join(finished.stderr.split())
    assert ExitCode.BAD_INPUT == finished.exit_code


@pytest.mark.parametrize("flag", ["--json", None])
def test_an_estimate_starts_nothing(aws: StubbedAws, power_tuner: PowerTuner, flag: str | None) -> None:
    """It reads the function's configuration, and no more."""
    aws.has_stack()
    aws.has_function()

    finished = power_tuner("tune", "thumbnailer", "--num", "5", "--estimate", *([flag] if flag else []))

    assert ExitCode.DONE == finished.exit_code
    if flag:
        assert 11 == json.loads(finished.stdout)["invocations"]
    else:
        assert "At most 11 invocations and $" in finished.stdout
