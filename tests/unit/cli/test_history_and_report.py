"""`power-tuner history` and `power-tuner report`: what was found out before."""

import json
from pathlib import Path

from power_tuner.aws.item_table import to_attributes
from power_tuner.tuning.result import Result
from power_tuner.tuning.result_document import write
from power_tuner.tuning.run_item import CompletedRun, FailedRun
from power_tuner_cli.exit_codes import ExitCode
from results import SIX_VALUES, branch, classic_result, paid_in
from run_items import completed_run, failed_run
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import StubbedAws, dynamodb_item

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


def expect_query(aws: StubbedAws) -> None:
    """Expect the item collection of the function to be asked for, newest first."""
    aws.has_runs(ARN, completed_run("run-2"), completed_run())


def test_a_name_stands_for_the_function_beside_the_stack(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """A bare name is looked up by the ARN it has in the stack's region and account."""
    expect_query(aws)

    finished = power_tuner("history", "thumbnailer", "--json")

    assert ["run-2", "run-1"] == [item["runId"] for item in json.loads(finished.stdout)]


def test_a_qualified_arn_stands_for_its_function(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """An alias's ARN finds the runs of its function, in a table with a row each."""
    expect_query(aws)

    finished = power_tuner("history", f"{ARN}:live", "--limit", "5")

    assert ExitCode.DONE == finished.exit_code
    assert finished.stdout.index("run-2") < finished.stdout.index("run-1")


def test_a_function_without_runs_is_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """No run is an answer, not an error: an empty list."""
    aws.has_stack()
    aws.has_item(None)

    finished = power_tuner("history", "other", "--json")

    assert [] == json.loads(finished.stdout)
    assert "has no run of 'other'" in finished.stderr
    assert ExitCode.DONE == finished.exit_code


def test_a_report_is_saved_under_its_run(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """The page is saved as RUN.html unless another file is named."""
    aws.has_stack()
    aws.has_object("reports/run-1.html", b"<p>the page</p>")

    finished = power_tuner("report", "run-1")

    assert "run-1.html\n" == finished.stdout
    assert "<p>the page</p>" == Path("run-1.html").read_text("utf-8")


def has_ended(aws: StubbedAws, item: CompletedRun | FailedRun) -> None:
    """Answer what a run noted when it began, and its item."""
    begun = to_attributes({"startedAt": item.started_at, "targetArn": item.target_arn})
    aws.stub("dynamodb").add_response("get_item", {"Item": begun})
    aws.stub("dynamodb").add_response("get_item", {"Item": dynamodb_item(item)})


def has_result(aws: StubbedAws, run_id: str, result: Result) -> None:
    """Answer the looks at a completed run, and its result."""
    item = completed_run(run_id)
    has_ended(aws, item)
    aws.has_object(item.result_key, write(result).encode())


def test_two_runs_are_saved_over_one_another(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """One page of both; how the second differs is said, and is in the document too."""
    aws.has_stack()
    has_result(aws, "run-1", classic_result())
    has_result(aws, "run-2", classic_result([branch(each, cpu_ms=90) for each in SIX_VALUES], name="resizer"))

    answer = json.loads(power_tuner("report", "run-1", "run-2", "--json").stdout)

    assert (["run-1", "run-2"], "run-1-run-2.html") == (answer["runIds"], answer["report"])
    assert answer["sentence"].startswith("resizer: 49 % cheaper and 49 % faster than thumbnailer, over the 6 memory")
    assert "resizer against thumbnailer" in Path("run-1-run-2.html").read_text("utf-8")


def test_costs_in_two_currencies_are_not_compared(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Both are named, and nothing is written."""
    aws.has_stack()
    has_result(aws, "run-1", classic_result())
    has_result(aws, "run-2", paid_in(classic_result(), "CNY"))

    finished = power_tuner("report", "run-1", "run-2")

    assert ExitCode.BAD_INPUT == finished.exit_code
    assert "run-1 was paid in USD and run-2 in CNY" in finished.stderr
    assert not Path("run-1-run-2.html").exists()


def test_a_failed_run_is_not_compared(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """It is named: it has no result."""
    aws.has_stack()
    has_ended(aws, failed_run("run-1"))

    finished = power_tuner("report", "run-1", "run-2")

    assert ExitCode.BAD_INPUT == finished.exit_code
    assert "Run run-1 failed: it has no result to compare." in finished.stderr


def test_a_format_is_of_one_run(power_tuner: PowerTuner) -> None:
    """Two runs with --format are refused before anything is asked for."""
    finished = power_tuner("report", "run-1", "run-2", "--format", "json")

    assert ExitCode.BAD_INPUT == finished.exit_code
    assert "--format prints one run's result." in finished.stderr


def test_an_unknown_run_is_named(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """A run without a report exits with 2 and is named, with the way to find the right one."""
    aws.has_stack()
    aws.stub("s3").add_client_error("get_object", "NoSuchKey")

    finished = power_tuner("report", "absent")

    assert ExitCode.BAD_INPUT == finished.exit_code
    assert "s3://tuner-bucket/reports/absent.html does not exist" in finished.stderr
    assert "power-tuner history" in finished.stderr


def test_no_local_aws_is_told_with_the_remedy(power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Without a running local AWS, --local exits with 3 and says how to start one."""
    finished = power_tuner("history", "thumbnailer", "--local", "--state-dir", str(tmp_path))

    assert ExitCode.UNREACHABLE == finished.exit_code
    assert "power-tuner local up" in finished.stderr
