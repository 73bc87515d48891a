"""What CloudWatch counted of an alias whose calls several versions share.

Lambda counts the calls of such an alias by the version that ran (dimension ``ExecutedVersion``); its log does not say
of every call that failed that it did.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from power_tuner.automation.sequential_test import Errors
from power_tuner.aws.clients import Client
from power_tuner.aws.metric_sums import Asked, sums

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
        counted = [(metric, version) for metric in ("Invocations", "Errors") for version in versions]
        shared = {"FunctionName": function_name, "Resource": f"{function_name}:{alias}"}
        asked = [Asked(metric, {**shared, "ExecutedVersion": version}) for metric, version in counted]
        begin = datetime.fromtimestamp(since_s - since_s % _PERIOD_S, UTC)
        # The minute that has begun counts.
        end = datetime.fromtimestamp(until_s - until_s % _PERIOD_S + _PERIOD_S, UTC)
        found: Counter[tuple[str, str]] = Counter()
        for position, _, values in sums(self._client, asked, begin, end, _PERIOD_S):
            found[counted[position]] += int(sum(values))
        return {version: Errors(found["Invocations", version], found["Errors", version]) for version in versions}
