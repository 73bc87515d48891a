"""`power-tuner survey`: what each function costs, from what AWS has counted."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY

from power_tuner.aws import keys
from power_tuner.aws.item_table import to_attributes
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.surveying import polite_logs
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import FUNCTION, REGION, TABLE, StubbedAws

ACCOUNT = f"arn:aws:lambda:{REGION}:123456789012:function"
X86_GB_SECOND, ARM_GB_SECOND, REQUEST = 0.0000166667, 0.0000133334, 0.0000002
MONTH = 30.4375 / 30


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the logs be read as fast as the stub answers."""
    monkeypatch.setattr(polite_logs, "CALLS_PER_SECOND", 1e6)


def arn(name: str) -> str:
    return f"{ACCOUNT}:{name}"


def no_stack(aws: StubbedAws) -> None:
    """Answer that the tuner is not deployed."""
    aws.stub("cloudformation").add_client_error("describe_stacks", "ValidationError", "does not exist")


def has_functions(aws: StubbedAws, *pages: list[dict[str, Any]]) -> None:
    """Answer all functions of the account, page by page."""
    for number, page in enumerate(pages):
        following = {"NextMarker": f"page {number + 1}"} if number + 1 < len(pages) else {}
        expected = {"Marker": f"page {number}"} if number else {}
        functions = [FUNCTION | each | {"FunctionArn": arn(each["FunctionArn"])} for each in page]
        aws.stub("lambda").add_response("list_functions", {"Functions": functions, **following}, expected)


def counts(aws: StubbedAws, metric: str, names: list[str], *sums: float) -> None:
    """Answer what CloudWatch counted of each function on the two days before today."""
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": metric,
                    "Dimensions": [{"Name": "FunctionName", "Value": name}],
                },
                "Period": 86_400,
                "Stat": "Sum",
            },
        }
        for number, name in enumerate(names)
    ]
    results = [
        {
            "Id": f"m{number}",
            "Timestamps": [midnight - timedelta(days=day) for day in (1, 2)] if total else [],
            "Values": [total / 2, total / 2] if total else [],
        }
        for number, total in enumerate(sums)
    ]
    aws.stub("cloudwatch").add_response(
        "get_metric_data",
        {"MetricDataResults": results},
        {"MetricDataQueries": asked, "StartTime": midnight - timedelta(days=30), "EndTime": midnight},
    )


def has_fleet(aws: StubbedAws) -> None:
    """Answer three functions: one on ARM, a dear one on x86, one that nobody invokes."""
    no_stack(aws)
    has_functions(
        aws,
        [{"FunctionArn": "small", "MemorySize": 128}],
        [
            {"FunctionArn": "large", "MemorySize": 2048, "Architectures": ["x86_64"]},
            {"FunctionArn": "idle"},
        ],
    )
    counts(aws, "Invocations", ["small", "large", "idle"], 1e6, 2e6, 0)
    counts(aws, "Duration", ["small", "large"], 1e6 * 9.5, 2e6 * 99.5)
    counts(aws, "Errors", ["small", "large"], 0, 5e5)


def test_each_function_has_its_price(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Requests, and durations rounded up to a millisecond, at the memory size and architecture of today."""
    has_fleet(aws)

    document = json.loads(power_tuner("survey", "--logs", "0", "--json").stdout)

    large, small, idle = document["functions"]
    assert [arn("large"), arn("small"), arn("idle")] == [each["targetArn"] for each in (large, small, idle)]
    assert pytest.approx(MONTH * 2e6 * (0.1 * 2 * X86_GB_SECOND + REQUEST)) == large["costPerMonth"]
    assert pytest.approx(MONTH * 1e6 * (0.01 / 8 * ARM_GB_SECOND + REQUEST)) == small["costPerMonth"]
    assert (round(2e6 * MONTH), pytest.approx(99.5), 0.25) == (
        large["invocationsPerMonth"],
        large["meanDurationMs"],
        large["errorShare"],
    )
    assert (0, None, 0.0) == (idle["invocationsPerMonth"], idle["meanDurationMs"], idle["costPerMonth"])


def test_the_dearest_comes_first_for_people_too(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """The list has each function's figures, and the message their sum."""
    has_fleet(aws)

    finished = power_tuner("survey", "--logs", "0")

    lines = finished.stdout.splitlines()
    (large,), (small,) = ([line for line in lines if name in line] for name in ("large", "small"))
    assert lines.index(large) < lines.index(small)
    assert all(text in large for text in ("2048 MB", "2,029,167", "$7.17"))
    assert "3 functions cost $7.39 a month" in finished.stderr


def test_people_get_the_first_rows(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Of a large fleet the terminal has those with most to save; programs get all."""
    no_stack(aws)
    names = [f"idle-{number:02}" for number in range(30)]
    has_functions(aws, [{"FunctionArn": name} for name in names])
    counts(aws, "Invocations", names, *[0.0] * 30)

    finished = power_tuner("survey")

    assert "idle-24" in finished.stdout
    assert "idle-25" not in finished.stdout
    assert "5 more: --csv and --json have all" in finished.stderr


def test_a_survey_is_csv_for_a_spreadsheet(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """One row for each function, with the names that the JSON has."""
    has_fleet(aws)

    rows = list(csv.DictReader(io.StringIO(power_tuner("survey", "--logs", "0", "--csv").stdout)))

    assert ["large", "small", "idle"] == [row["targetName"] for row in rows]
    assert "2048" == rows[0]["currentPower"]


def logs(aws: StubbedAws, name: str, memory_mb: int) -> None:
    """Answer each part of a function's log: warm invocations that took 100 ms and used 60 MB at most."""
    for part in range(8):
        lines = []
        for number in range(6):
            lines.append(f"START RequestId: {part}-{number} Version: $LATEST")
            lines.append(
                f"REPORT RequestId: {part}-{number}\tDuration: {98 + number}.00 ms\tBilled Duration: {98 + number} ms\t"
                f"Memory Size: {memory_mb} MB\tMax Memory Used: 60 MB\t"
            )
        events = [{"logStreamName": "one", "timestamp": number, "message": line} for number, line in enumerate(lines)]
        expected = {"logGroupName": f"/aws/lambda/{name}", "startTime": ANY, "endTime": ANY, "filterPattern": ANY}
        aws.stub("logs").add_response("filter_log_events", {"events": events}, expected)


def never_tuned(aws: StubbedAws) -> None:
    """Answer that a function has no runs."""
    aws.stub("dynamodb").add_response("query", {"Items": []})


def has_huge_function(aws: StubbedAws) -> None:
    """Answer one function with much memory and traffic, and its log."""
    has_functions(aws, [{"FunctionArn": "huge", "MemorySize": 10240}])
    counts(aws, "Invocations", ["huge"], 1e6)
    counts(aws, "Duration", ["huge"], 1e8)
    counts(aws, "Errors", ["huge"], 0)
    logs(aws, "huge", 10240)


def test_the_log_tells_what_tuning_would_save(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Peak, floor, the chance that it stands too high, money a month with its interval, and what a run costs."""
    no_stack(aws)
    has_huge_function(aws)

    (row,) = json.loads(power_tuner("survey", "--json").stdout)["functions"]

    assert ("too high", 60, 71, 48, [10240], True) == (
        row["verdict"],
        row["peakMemoryMb"],
        round(row["floorMb"]),
        row["callsRead"],
        row["powersInProduction"],
        row["worthwhile"],
    )
    assert 0 < row["savedPerMonthLow"] < row["savedPerMonth"] < row["savedPerMonthHigh"] < row["costPerMonth"]
    assert 0 < row["runCost"] < 1


def test_a_log_that_cannot_be_read_does_not_end_the_survey(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """A log group of the class Infrequent Access refuses to be filtered: its function is unknown, with the reason."""
    no_stack(aws)
    has_functions(aws, [{"FunctionArn": "huge", "MemorySize": 10240}])
    for metric, total in (("Invocations", 1e6), ("Duration", 1e8), ("Errors", 0)):
        counts(aws, metric, ["huge"], total)
    aws.stub("logs").add_client_error("filter_log_events", "InvalidOperationException", "not of this class")

    (row,) = json.loads(power_tuner("survey", "--json").stdout)["functions"]

    assert ("unknown", "/aws/lambda/huge could not be read (InvalidOperationException)") == (
        row["verdict"],
        row["unknown"],
    )
    assert row["costPerMonth"] > 0


def test_people_read_what_tuning_would_save(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """In a row, and the sum of all that are worth a run."""
    no_stack(aws)
    has_huge_function(aws)

    finished = power_tuner("survey")

    assert "too high; worth a run" in finished.stdout
    assert "1 are worth a run" in finished.stderr
    assert "Next: `power-tuner deploy`, then `power-tuner tune huge`." in finished.stderr


def has_deployed_tuner(aws: StubbedAws, **parameters: str) -> None:
    """Answer that the tuner is deployed, with no function of its own."""
    aws.has_stack(**parameters)
    aws.stub("cloudformation").add_response("list_stack_resources", {"StackResourceSummaries": []})


def is_enrolled(aws: StubbedAws, *arns: str) -> None:
    """Answer which functions are enrolled."""
    items = [to_attributes({**keys.profile(arn), "targetArn": arn, "profile": "{}"}) for arn in arns]
    aws.stub("dynamodb").add_response("query", {"Items": items})


def test_the_top_is_enrolled(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """With the profile that `enroll` would write without options."""
    has_deployed_tuner(aws)
    has_huge_function(aws)
    never_tuned(aws)
    is_enrolled(aws)
    aws.stub("dynamodb").add_response("put_item", {}, {"TableName": TABLE, "Item": ANY})

    document = json.loads(power_tuner("survey", "--enroll-top", "5", "--json").stdout)

    assert [arn("huge")] == document["enrolled"]
    aws.stub("dynamodb").assert_no_pending_responses()


def test_a_dry_run_enrolls_nothing(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """It only says which functions it would be."""
    has_deployed_tuner(aws)
    has_huge_function(aws)
    never_tuned(aws)
    is_enrolled(aws)

    finished = power_tuner("survey", "--enroll-top", "5", "--dry-run")

    assert f"{arn('huge')} would be enrolled." in finished.stderr


def test_a_profile_is_not_overwritten(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """A function that is enrolled already keeps its payload and its policy."""
    has_deployed_tuner(aws)
    has_huge_function(aws)
    never_tuned(aws)
    is_enrolled(aws, arn("huge"))

    finished = power_tuner("survey", "--enroll-top", "5", "--json")

    assert [] == json.loads(finished.stdout)["enrolled"]
    assert "Worth a run too, and left as they are: 1 enrolled already." in finished.stderr


@pytest.mark.parametrize(
    ("parameters", "enrolled"),
    [
        ({"lambdaResource": "arn:aws:lambda:*:*:function:hu*"}, True),
        ({"lambdaResource": "arn:aws:lambda:*:*:function:shop-*"}, False),
        ({"targetTag": "team-a"}, True),
        ({"targetTag": "team-b"}, False),
    ],
)
def test_only_what_the_stack_may_tune_is_enrolled(
    aws: StubbedAws, power_tuner: PowerTuner, parameters: dict[str, str], *, enrolled: bool
) -> None:
    """A run of another would only fail; that it was left out is said."""
    has_deployed_tuner(aws, **parameters)
    has_huge_function(aws)
    never_tuned(aws)
    is_enrolled(aws)
    if "targetTag" in parameters:
        aws.stub("resourcegroupstaggingapi").add_response(
            "get_resources",
            {"ResourceTagMappingList": [{"ResourceARN": arn("huge")}] if enrolled else []},
            {
                "ResourceTypeFilters": ["lambda:function"],
                "TagFilters": [{"Key": "power-tuner-stack", "Values": [parameters["targetTag"]]}],
            },
        )

    finished = power_tuner("survey", "--enroll-top", "5", "--dry-run", "--json")

    assert ([arn("huge")] if enrolled else []) == json.loads(finished.stdout)["enrolled"]
    assert ("1 that this stack may not tune" in finished.stderr) is not enrolled


def test_enrolling_needs_a_stack_that_tunes(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Both are said before AWS is asked about any function."""
    no_stack(aws)
    missing = power_tuner("survey", "--enroll-top", "5")
    aws.has_stack(mode="measure")
    measuring = power_tuner("survey", "--enroll-top", "5")

    assert ExitCode.UNREACHABLE == missing.exit_code
    assert ExitCode.BAD_INPUT == measuring.exit_code
    assert "mode=measure" in measuring.stderr


def test_only_one_table_fits_on_stdout(power_tuner: PowerTuner) -> None:
    """--json and --csv exclude each other, before AWS is asked."""
    finished = power_tuner("survey", "--json", "--csv")

    assert ExitCode.BAD_INPUT == finished.exit_code


def test_a_tag_narrows_the_survey_and_the_tuners_own_functions_are_left_out(
    aws: StubbedAws, power_tuner: PowerTuner
) -> None:
    """Nothing is asked of CloudWatch about a function that is not surveyed."""
    aws.has_stack()
    own = {"LogicalResourceId": "Executor", "ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": "executor"}
    aws.stub("cloudformation").add_response(
        "list_stack_resources",
        {
            "StackResourceSummaries": [
                own | {"LastUpdatedTimestamp": "2026-11-23T12:00:00Z", "ResourceStatus": "CREATE_COMPLETE"}
            ]
        },
    )
    aws.stub("resourcegroupstaggingapi").add_response(
        "get_resources",
        {"ResourceTagMappingList": [{"ResourceARN": arn("small")}, {"ResourceARN": arn("executor")}]},
        {"ResourceTypeFilters": ["lambda:function"], "TagFilters": [{"Key": "team", "Values": ["web"]}]},
    )
    has_functions(aws, [{"FunctionArn": "small"}, {"FunctionArn": "large"}, {"FunctionArn": "executor"}])
    counts(aws, "Invocations", ["small"], 0)
    is_enrolled(aws)

    document = json.loads(power_tuner("survey", "--tag", "team=web", "--json").stdout)

    assert [(arn("small"), False)] == [(each["targetArn"], each["enrolled"]) for each in document["functions"]]


def test_what_is_enrolled_already_is_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Beside how its memory size stands."""
    has_deployed_tuner(aws)
    has_huge_function(aws)
    never_tuned(aws)
    is_enrolled(aws, arn("huge"))

    told = power_tuner("survey").stdout

    assert "worth a run; enrolled" in " ".join(told.split())


def test_a_region_without_functions_is_told(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """An empty survey says where it looked."""
    no_stack(aws)
    aws.stub("lambda").add_response("list_functions", {"Functions": []}, {})

    finished = power_tuner("survey")

    assert f"No function in {REGION} to survey" in finished.stderr
