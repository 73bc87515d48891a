"""What CloudWatch counted of an alias: by version, all minutes, all pages."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from power_tuner.automation.sequential_test import Errors
from power_tuner.aws.alias_metrics import CloudWatchAliasCalls

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def client() -> Any:
    return boto3.client("cloudwatch", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def result(number: int, *values: float) -> dict[str, Any]:
    return {"Id": f"m{number}", "Timestamps": [NOON] * len(values), "Values": values}


def test_calls_and_errors_of_both_versions_are_summed(client: Any) -> None:
    """From the minute of the beginning to the one that has begun; a version without a call has none."""
    with Stubber(client) as stub:
        expected: dict[str, Any] = {
            "MetricDataQueries": ANY,
            "StartTime": NOON,
            "EndTime": datetime(2026, 11, 23, 12, 5, tzinfo=UTC),
        }
        pages: list[dict[str, Any]] = [
            {"MetricDataResults": [result(0, 10.0, 20.0), result(2, 1.0)], "NextToken": "more"},
            {"MetricDataResults": [result(0, 5.0)]},
        ]
        stub.add_response("get_metric_data", pages[0], expected)
        stub.add_response("get_metric_data", pages[1], {**expected, "NextToken": "more"})

        since_s = NOON.timestamp()
        found = CloudWatchAliasCalls(client).of_versions("f", "live", ["7", "8"], since_s + 30, since_s + 250)

    assert found == {"7": Errors(35, 1), "8": Errors(0, 0)}
