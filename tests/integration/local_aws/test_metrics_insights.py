"""Metrics Insights: the queries that CloudWatch refuses, and what it answers."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.exceptions import ValidationError

from power_tuner.aws.daily_metrics import CloudWatchDailyMetrics
from power_tuner_local.cloudwatch.metrics_insights import MAX_SERIES, parse_query

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

GROUPED = 'SELECT SUM(Duration) FROM SCHEMA("AWS/Lambda", FunctionName) GROUP BY FunctionName'
NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    "query",
    [
        GROUPED.replace("FunctionName) ", "Resource) "),
        f"{GROUPED} LIMIT 0",
        f"{GROUPED} LIMIT {MAX_SERIES + 1}",
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(query: str) -> None:
    """By a dimension that the schema has not, or of more series than there may be."""
    with pytest.raises(ValidationError):
        parse_query(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT SUM(Duration) FROM SCHEMA(AWS/Lambda, FunctionName) GROUP BY FunctionName",
        'SELECT SUM(Duration) FROM "AWS/Lambda"',
        GROUPED.replace(" GROUP", " WHERE FunctionName = 'a' GROUP"),
        f"{GROUPED} ORDER BY FunctionName",
    ],
)
def test_queries_of_another_form_are_not_known(query: str) -> None:
    """They are refused by name instead of being answered with anything."""
    with pytest.raises(NotImplementedError, match="Metrics Insights"):
        parse_query(query)


def count(client: Any, days_ago: float, duration_ms: float, **dimensions: str) -> None:
    """Let CloudWatch have counted a duration."""
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    datum = {"MetricName": "Duration", "Dimensions": named, "Value": duration_ms}
    at = NOW - timedelta(days=days_ago)
    client.put_metric_data(Namespace="AWS/Lambda", MetricData=[{**datum, "Timestamp": at}])


@pytest.mark.local_aws
def test_the_functions_that_ran_longest_come_first(aws: "LocalAws") -> None:
    """In two weeks, by their own metrics: those of their aliases and those of older days do not count."""
    client = aws.client("cloudwatch")
    for days_ago in (1, 3):
        count(client, days_ago, 70.0, FunctionName="insights-b")
    count(client, 1, 100.0, FunctionName="insights-a")
    count(client, 1, 10.0, FunctionName="insights-c")
    count(client, 20, 900.0, FunctionName="insights-c")
    count(client, 1, 900.0, FunctionName="insights-d", Resource="insights-d:live")

    busiest = CloudWatchDailyMetrics(client).busiest(2, NOW - timedelta(days=30), NOW)

    assert busiest == ["insights-b", "insights-a"]


@pytest.mark.local_aws
def test_a_request_has_one_query_with_its_period(aws: "LocalAws") -> None:
    """Beside it there may be metrics."""
    client = aws.client("cloudwatch")
    count(client, 1, 100.0, FunctionName="insights-alone")
    named = {"Name": "FunctionName", "Value": "insights-alone"}
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Duration", "Dimensions": [named]}
    plain = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": "Sum"}}
    query = {"Id": "q", "Expression": GROUPED, "Period": 86_400}
    window = {"StartTime": NOW - timedelta(days=7), "EndTime": NOW}

    found = client.get_metric_data(MetricDataQueries=[plain, query], **window)["MetricDataResults"]

    assert {each["Id"] for each in found} == {"m", "q"}
    for queries in ([query, {**query, "Id": "r"}], [{"Id": "q", "Expression": GROUPED}]):
        with pytest.raises(ClientError, match="ValidationError"):
            client.get_metric_data(MetricDataQueries=queries, **window)
