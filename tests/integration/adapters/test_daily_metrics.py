"""Daily sums of CloudWatch's metrics: batches, pages, days."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from power_tuner.aws.daily_metrics import BATCH, CloudWatchDailyMetrics

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def client() -> Any:
    return boto3.client("cloudwatch", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def result(number: int, *values: tuple[int, float]) -> dict[str, Any]:
    days = [datetime(2026, 11, day, tzinfo=UTC) for day, _ in values]
    return {"Id": f"m{number}", "Timestamps": days, "Values": [value for _, value in values]}


def test_five_hundred_functions_are_asked_about_at_once(client: Any) -> None:
    """1,001 functions are three calls, and a function that is named twice is asked about once."""
    names = [f"f{number}" for number in range(2 * BATCH + 1)]
    with Stubber(client) as stub:
        for first in range(0, len(names), BATCH):
            asked = [
                {
                    "Id": f"m{number}",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/Lambda",
                            "MetricName": "Invocations",
                            "Dimensions": [{"Name": "FunctionName", "Value": name}],
                        },
                        "Period": 86_400,
                        "Stat": "Sum",
                    },
                }
                for number, name in enumerate(names[first : first + BATCH])
            ]
            expected = {
                "MetricDataQueries": asked,
                "StartTime": datetime(2026, 11, 21, tzinfo=UTC),
                "EndTime": NOW,
            }
            stub.add_response("get_metric_data", {"MetricDataResults": [result(0, (22, first + 1.0))]}, expected)

        found = CloudWatchDailyMetrics(client).invocations([*names, "f0"], 2, NOW)
        stub.assert_no_pending_responses()

    assert {"f0": 1.0, "f500": 501.0, "f1000": 1001.0} == found


def test_points_on_several_pages_are_put_together(client: Any) -> None:
    """As CloudWatch answers what does not fit: the same metric again, on the next page."""
    with Stubber(client) as stub:
        pages: list[dict[str, Any]] = [
            {"MetricDataResults": [result(0, (21, 5.0)), result(1, (21, 1.0))], "NextToken": "more"},
            {"MetricDataResults": [result(0, (20, 7.0))]},
        ]
        expected = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY}
        stub.add_response("get_metric_data", pages[0], expected)
        stub.add_response("get_metric_data", pages[1], {**expected, "NextToken": "more"})

        found = CloudWatchDailyMetrics(client).sums("Duration", ["a", "b"], NOW, NOW)

    assert {"a": {"2026-11-21": 5.0, "2026-11-20": 7.0}, "b": {"2026-11-21": 1.0}} == found


def test_the_functions_that_ran_longest_are_named_by_one_query(client: Any) -> None:
    """In its order, over all pages; one that comes in parts is named once."""
    query = (
        'SELECT SUM(Duration) FROM SCHEMA("AWS/Lambda", FunctionName) GROUP BY FunctionName ORDER BY SUM() DESC LIMIT 9'
    )
    expected = {
        "MetricDataQueries": [{"Id": "busiest", "Expression": query, "Period": 86_400}],
        "StartTime": datetime(2026, 11, 9, 12, tzinfo=UTC),
        "EndTime": NOW,
    }
    with Stubber(client) as stub:
        for names, token in ((["b", "a"], {"NextToken": "more"}), (["a", "c"], {})):
            found = [{"Id": "busiest", "Label": name, "Timestamps": [], "Values": []} for name in names]
            stub.add_response("get_metric_data", {"MetricDataResults": found, **token}, expected)
            expected = {**expected, "NextToken": "more"}

        assert CloudWatchDailyMetrics(client).busiest(9, datetime(2026, 11, 9, 12, tzinfo=UTC), NOW) == ["b", "a", "c"]
