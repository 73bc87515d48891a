"""What CloudWatch counted of functions, day by day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from power_tuner.aws.clients import Client
from power_tuner.aws.metric_sums import Asked, sums

# What one GetMetricData call takes.
BATCH = 500
_DAY_S = 86_400
# Metrics Insights: a time series for each function, whose label is the function's name.
_BUSIEST = 'SELECT SUM(Duration) FROM SCHEMA("AWS/Lambda", FunctionName) GROUP BY FunctionName ORDER BY SUM() DESC'


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
        found: dict[str, dict[str, float]] = defaultdict(dict)
        once = list(dict.fromkeys(names))
        for batch in (once[first : first + BATCH] for first in range(0, len(once), BATCH)):
            asked = [Asked(metric, {"FunctionName": name}) for name in batch]
            for position, days, values in sums(self._client, asked, begin, until, _DAY_S):
                found[batch[position]] |= {
                    f"{day.astimezone(UTC):%Y-%m-%d}": value for day, value in zip(days, values, strict=True)
                }
        return dict(found)

    def busiest(self, most: int, since: datetime, until: datetime) -> list[str]:
        """Return the names of so many functions at most that ran longest, those first; 14 days back at most."""
        asked = {"Id": "busiest", "Expression": f"{_BUSIEST} LIMIT {most}", "Period": _DAY_S}
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[asked], StartTime=since, EndTime=until
        )
        return list(dict.fromkeys(result["Label"] for page in pages for result in page["MetricDataResults"]))

    def invocations(self, names: Sequence[str], days: int, now: datetime) -> dict[str, float]:
        """Return how often each function was invoked in the last days, today's part included."""
        found = self.sums("Invocations", names, now - timedelta(days=days), now)
        return {name: sum(by_day.values()) for name, by_day in found.items()}
