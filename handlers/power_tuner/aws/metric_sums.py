"""Sums of Lambda's own metrics, as GetMetricData is asked for them and answers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from power_tuner.aws.clients import Client


class Asked(NamedTuple):
    """A metric of Lambda.

    Attributes:
        metric: such as ``Invocations``.
        dimensions: such as the name of a function.
    """

    metric: str
    dimensions: Mapping[str, str]


def sums(
    client: Client, asked: Sequence[Asked], begin: datetime, end: datetime, period_s: int
) -> Iterator[tuple[int, list[datetime], list[float]]]:
    """Yield sums as they come: the position of what was asked, the beginning of each period, its sum.

    One list may come in parts.

    Args:
        client: CloudWatch.
        asked: the metrics; one call takes 500.
        begin: the first period's beginning.
        end: what comes later is not counted.
        period_s: how long a period is.
    """
    queries = [_query(number, *each, period_s) for number, each in enumerate(asked)]
    pages = client.get_paginator("get_metric_data").paginate(MetricDataQueries=queries, StartTime=begin, EndTime=end)
    for page in pages:
        for result in page["MetricDataResults"]:
            yield int(result["Id"][1:]), result["Timestamps"], result["Values"]


# CloudWatch's own form.
def _query(number: int, metric: str, dimensions: Mapping[str, str], period_s: int) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    wanted = {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": named}
    return {"Id": f"m{number}", "MetricStat": {"Metric": wanted, "Period": period_s, "Stat": "Sum"}}
