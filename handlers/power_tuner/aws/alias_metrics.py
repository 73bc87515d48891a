"""What CloudWatch counted of an alias whose calls several versions share.

Lambda counts the calls of such an alias by the version that ran (dimension ``ExecutedVersion``); its log does not say
of every call that failed that it did.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from power_tuner.automation.sequential_test import Errors
from power_tuner.aws.clients import Client

# Lambda counts by the minute.
_PERIOD_S = 60


class CloudWatchAliasCalls:
    """Lambda's own metrics of aliases.

    Args:
        client: CloudWatch.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def of_versions(
        self, function_name: str, alias: str, versions: Sequence[str], since_s: float, until_s: float
    ) -> dict[str, Errors]:
        """Return how many calls each version had, and how many of them failed."""
        asked = [(metric, version) for metric in ("Invocations", "Errors") for version in versions]
        queries = [
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/Lambda",
                        "MetricName": metric,
                        "Dimensions": [
                            {"Name": "FunctionName", "Value": function_name},
                            {"Name": "Resource", "Value": f"{function_name}:{alias}"},
                            {"Name": "ExecutedVersion", "Value": version},
                        ],
                    },
                    "Period": _PERIOD_S,
                    "Stat": "Sum",
                },
            }
            for number, (metric, version) in enumerate(asked)
        ]
        begin = datetime.fromtimestamp(since_s - since_s % _PERIOD_S, UTC)
        # The minute that has begun counts.
        end = datetime.fromtimestamp(until_s - until_s % _PERIOD_S + _PERIOD_S, UTC)
        sums: Counter[tuple[str, str]] = Counter()
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=begin, EndTime=end
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                sums[asked[int(result["Id"][1:])]] += int(sum(result["Values"]))
        return {version: Errors(sums["Invocations", version], sums["Errors", version]) for version in versions}
