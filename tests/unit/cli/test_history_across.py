"""`power-tuner history` across functions, `power-tuner savings` and `power-tuner fleet`."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY

from power_tuner.aws import keys
from power_tuner.tuning.run_item import RunItem
from power_tuner_cli.exit_codes import ExitCode
from results import classic_result
from run_items import APPLIED, completed_run, failed_run, skipped_run
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import BUCKET, REGION, TABLE, StubbedAws, dynamodb_item


def answers(aws: StubbedAws, index: keys.Index, partition: str, *items: RunItem) -> None:
    """Expect one query of an index."""
    aws.has_stack()
    aws.stub("dynamodb").add_response(
        "query",
        {"Items": [dynamodb_item(item) for item in items]},
        {
            "TableName": TABLE,
            "IndexName": index.name,
            "KeyConditionExpression": "#partition = :partition",
            "ExpressionAttributeNames": {"#partition": index.attribute},
            "ExpressionAttributeValues": {":partition": {"S": partition}},
            "ScanIndexForward": False,
        },
    )


def test_a_day_lists_all_functions(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """One partition of the index; --status narrows it further."""
    skipped = skipped_run("run-2")
    answers(aws, keys.BY_DAY, keys.day("2026-11-23"), completed_run(), skipped)

    finished = power_tuner("history", "--day", "2026-11-23", "--status", "skipped", "--json")

    assert ["run-2"] == [item["runId"] for item in json.loads(finished.stdout)]


def test_without_anything_it_is_today(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """The shortest question has the likeliest meaning; a skip shows its reason, each row its function."""
    skipped = skipped_run("run-2")
    answers(aws, keys.BY_DAY, keys.day(f"{datetime.now(UTC):%Y-%m-%d}"), skipped)

    (line,) = (line for line in power_tuner("history").stdout.splitlines() if "run-2" in line)
    assert skipped.target_name in line
    assert "it is not enrolled" in line


def test_a_status_lists_all_functions(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """As CSV with a column for each of the usual questions."""
    answers(aws, keys.BY_STATUS, "failed", failed_run())

    finished = power_tuner("history", "--status", "failed", "--csv")

    (row,) = csv.DictReader(io.StringIO(finished.stdout))
    assert ("failed", "NothingMeasured", "run-1") == (row["status"], row["error"], row["runId"])


@pytest.mark.parametrize(
    "options",
    [["--json", "--csv"], ["--status", "done"], ["thumbnailer", "--day", "2026-11-23"]],
)
def test_a_contradiction_is_told(power_tuner: PowerTuner, options: list[str]) -> None:
    """Before AWS is asked."""
    assert ExitCode.BAD_INPUT == power_tuner("history", *options).exit_code


def counted(aws: StubbedAws, **sums: tuple[float, ...]) -> None:
    """Answer what CloudWatch counted of the one function, day by day, by metric; and that nothing is enrolled."""
    for metric, values in sums.items():
        days = [datetime(2026, 11, 1 + number, tzinfo=UTC) for number in range(len(values))]
        result = {"Id": "m0", "Timestamps": days, "Values": list(values), "StatusCode": "Complete"}
        stat = {
            "Metric": {
                "Namespace": "AWS/Lambda",
                "MetricName": metric,
                "Dimensions": [{"Name": "FunctionName", "Value": "thumbnailer"}],
            },
            "Period": 86_400,
            "Stat": "Sum",
        }
        expected = {"MetricDataQueries": [{"Id": "m0", "MetricStat": stat}], "StartTime": ANY, "EndTime": ANY}
        aws.stub("cloudwatch").add_response("get_metric_data", {"MetricDataResults": [result]}, expected)


def nobody_enrolled(aws: StubbedAws) -> None:
    """Answer the question which functions are enrolled."""
    aws.stub("dynamodb").add_response("query", {"Items": []})


def test_savings_count_real_invocations(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """The latest decision of each function, times what CloudWatch counted; with its assumption."""
    newer = completed_run("run-2", cost_usd=1e-6, cost_change=-0.5)
    answers(aws, keys.BY_STATUS, "completed", newer, completed_run())
    counted(aws, Invocations=(10_000_000, 20_000_000))
    nobody_enrolled(aws)

    finished = power_tuner("savings", "--json")

    document = json.loads(finished.stdout)
    (row,) = document["functions"]
    assert ("run-2", False) == (row["runId"], row["applied"])
    assert pytest.approx(30_000_000 / 30 * 30.4375 * 1e-6) == row["savedPerMonth"]
    assert "as often as in the last 30 days (CloudWatch)" in document["assumption"]


def test_savings_are_a_table_or_csv(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """For people and for spreadsheets."""
    for _ in range(3):
        answers(
            aws,
            keys.BY_STATUS,
            "completed",
            completed_run("run-2", cost_usd=1e-6, cost_change=-0.5),
        )
        counted(aws, Invocations=(1_000_000,))
        nobody_enrolled(aws)

    assert "saved/month" in power_tuner("savings").stdout
    assert "savedPerMonth" in (comma := power_tuner("savings", "--csv").stdout)
    assert comma == power_tuner("savings", "--format", "csv").stdout


def test_a_run_that_cannot_be_read_is_left_out_and_named(
    aws: StubbedAws, power_tuner: PowerTuner, tmp_path: Path
) -> None:
    """Savings and fleet have all others, and say which run they do not count."""
    damaged = completed_run(current_memory_mb="much")
    for command in (["savings"], ["fleet", "--out", str(tmp_path / "all.html")]):
        answers(aws, keys.BY_STATUS, "completed", completed_run("run-2", cost_usd=1e-6, cost_change=-0.5), damaged)
        counted(aws, Invocations=(1_000_000,))
        nobody_enrolled(aws)

        assert "#run-1 of" in power_tuner(*command).stderr

    assert "reports/run-2.html" in (tmp_path / "all.html").read_text("utf-8")


def test_no_savings_are_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Nothing compared, nothing saved."""
    answers(aws, keys.BY_STATUS, "completed")
    nobody_enrolled(aws)

    assert [] == json.loads(power_tuner("savings", "--json").stdout)["functions"]


def test_what_was_applied_is_compared_with_the_bill(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Invocations, their durations and the two memory sizes, before and after; the day itself is in neither."""
    applied_at, result = "2026-11-03T09:00:00.000Z", classic_result()
    run = completed_run(
        "run-2", cost_usd=1e-6, cost_change=-0.5, applied=APPLIED, applied_at=applied_at, spent_usd=0.25
    )
    answers(aws, keys.BY_STATUS, "completed", run)
    counted(aws, Invocations=(1000, 1000, 1000, 1000, 1000))
    nobody_enrolled(aws)
    counted(aws, Invocations=(1000, 1000, 7, 3000, 3000), Duration=(1e5, 1e5, 9e9, 4.5e5, 4.5e5))
    body = msgspec.json.encode(msgspec.to_builtins(result))
    aws.stub("s3").add_response(
        "get_object",
        {"Body": StreamingBody(io.BytesIO(body), len(body))},
        {"Bucket": BUCKET, "Key": run.result_key},
    )

    finished = power_tuner("savings", "--format", "json")

    document = json.loads(finished.stdout)
    (row,), (total,) = document["functions"], document["totals"]
    assert pytest.approx(0.5) == row["realisedDurationChange"]
    assert row["realisedPerMonth"] == total["realisedPerMonth"] > 0
    assert (1, 0.25) == (total["realisedFunctions"], total["tuningCost"])


def test_the_next_command_is_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """The largest saving that is not applied, as one types it."""
    answers(aws, keys.BY_STATUS, "completed", completed_run("run-2", cost_usd=1e-6, cost_change=-0.5))
    counted(aws, Invocations=(1_000_000,))
    nobody_enrolled(aws)

    assert "power-tuner apply run-2 --dry-run" in power_tuner("savings").stderr


def test_the_fleet_is_a_page(aws: StubbedAws, power_tuner: PowerTuner, tmp_path: Path) -> None:
    """Each run's report is addressed in the console of S3; the sums are told to a program."""
    answers(aws, keys.BY_STATUS, "completed", completed_run("run-2", cost_usd=1e-6, cost_change=-0.5))
    counted(aws, Invocations=(1_000_000,))
    nobody_enrolled(aws)

    finished = power_tuner("fleet", "--out", str(tmp_path / "all.html"), "--json")

    page = (tmp_path / "all.html").read_text("utf-8")
    console = f"https://{REGION}.console.aws.amazon.com/s3/object/{BUCKET}?region={REGION}"
    assert f"{console}\\u0026prefix=reports/run-2.html" in page
    document = json.loads(finished.stdout)
    assert 1 == document["functions"]
    assert pytest.approx(1_000_000 / 30 * 30.4375 * 1e-6) == document["totals"][0]["open"]
