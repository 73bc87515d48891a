"""`power-tuner history` across functions, and `power-tuner savings`."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from botocore.stub import ANY

from power_tuner.aws import keys
from power_tuner.tuning.run_item import RunItem
from power_tuner_cli.exit_codes import ExitCode
from run_items import completed_run, failed_run, skipped_run
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import TABLE, StubbedAws, dynamodb_item


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


def invoked(aws: StubbedAws, *sums: float) -> None:
    """Answer how often a function was invoked, day by day."""
    points = [{"Sum": each, "Timestamp": "2026-11-23T00:00:00Z"} for each in sums]
    expected = {
        "Namespace": "AWS/Lambda",
        "MetricName": "Invocations",
        "Dimensions": ANY,
        "StartTime": ANY,
        "EndTime": ANY,
        "Period": 86_400,
        "Statistics": ["Sum"],
    }
    aws.stub("cloudwatch").add_response("get_metric_statistics", {"Datapoints": points}, expected)


def test_savings_count_real_invocations(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """The latest decision of each function, times what CloudWatch counted; with its assumption."""
    newer = completed_run("run-2", cost_usd=1e-6, cost_change=-0.5)
    answers(aws, keys.BY_STATUS, "completed", newer, completed_run())
    invoked(aws, 10_000_000, 20_000_000)

    finished = power_tuner("savings", "--json")

    document = json.loads(finished.stdout)
    (row,) = document["functions"]
    assert ("run-2", False) == (row["runId"], row["applied"])
    assert pytest.approx(30_000_000 / 30 * 30.4375 * 1e-6) == row["savedPerMonth"]
    assert "as often as in the last 30 days (CloudWatch)" in document["assumption"]


def test_savings_are_a_table_or_csv(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """For people and for spreadsheets."""
    for _ in range(2):
        answers(
            aws,
            keys.BY_STATUS,
            "completed",
            completed_run("run-2", cost_usd=1e-6, cost_change=-0.5),
        )
        invoked(aws, 1_000_000)

    assert "saved/month" in power_tuner("savings").stdout
    assert "savedPerMonth" in power_tuner("savings", "--csv").stdout


def test_no_savings_are_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Nothing compared, nothing saved."""
    answers(aws, keys.BY_STATUS, "completed")

    assert [] == json.loads(power_tuner("savings", "--json").stdout)["functions"]
