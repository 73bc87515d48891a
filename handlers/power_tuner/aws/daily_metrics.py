"""What CloudWatch counted of functions, day by day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from power_tuner.aws.clients import Client

# What one GetMetricData call takes.
BATCH = 500
_DAY_S = 86_400


class CloudWatchDailyMetrics:
    """Daily sums of Lambda's own metrics.

    Args:
        client: CloudWatch.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def sums(self, metric: str, names: Sequence[str], since: datetime, until: datetime) -> dict[str, dict[str, float]]:
        """Return the sum of each day (YYYY-MM-DD, UTC) that has one, by the function's name.

        Args:
            metric: such as ``Invocations`` or ``Duration``.
            names: of the functions.
            since: its whole day is counted.
            until: what comes later is not counted.
        """
        begin = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        # One list of points may come in parts.
        found: dict[str, dict[str, float]] = defaultdict(dict)
        paginator = self._client.get_paginator("get_metric_data")
        once = list(dict.fromkeys(names))
        for batch in (once[first : first + BATCH] for first in range(0, len(once), BATCH)):
            queries = [
                {
                    "Id": f"m{number}",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/Lambda",
                            "MetricName": metric,
                            "Dimensions": [{"Name": "FunctionName", "Value": name}],
                        },
                        "Period": _DAY_S,
                        "Stat": "Sum",
                    },
                }
                for number, name in enumerate(batch)
            ]
            for page in paginator.paginate(MetricDataQueries=queries, StartTime=begin, EndTime=until):
                for result in page["MetricDataResults"]:
                    days = found[batch[int(result["Id"][1:])]]
                    for moment, value in zip(result["Timestamps"], result["Values"], strict=True):
                        days[f"{moment.astimezone(UTC):%Y-%m-%d}"] = value
        return dict(found)

    def invocations(self, names: Sequence[str], days: int, now: datetime) -> dict[str, float]:
        """Return how often each function was invoked in the last days, today's part included."""
        sums = self.sums("Invocations", names, now - timedelta(days=days), now)
        return {name: sum(by_day.values()) for name, by_day in sums.items()}
