"""Metrics Insights: one SQL query in GetMetricData, over the metrics of a namespace.

moto answers such a query with the sum of every metric that there is. Source: "Metrics Insights query components and
syntax" and "Metrics Insights quotas" in the user guide of CloudWatch.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import CloudWatchBackend

if TYPE_CHECKING:
    from power_tuner_local.moto_patches import MotoPatches

# What one query takes into account, and what it answers.
MAX_METRICS = 10_000
MAX_SERIES = 500
MAX_AGE = timedelta(days=14)
_NAME = r'(?:\w+|"[^"]+")'
_FUNCTION = r"(?P<{}>AVG|COUNT|MAX|MIN|SUM)"
_QUERY = re.compile(
    rf"\s*SELECT\s+{_FUNCTION.format('function')}\((?P<metric>{_NAME})\)"
    rf"\s+FROM\s+SCHEMA\((?P<schema>{_NAME}(?:\s*,\s*{_NAME})*)\)"
    rf"\s+GROUP\s+BY\s+(?P<group>{_NAME})"
    rf"(?:\s+ORDER\s+BY\s+{_FUNCTION.format('order')}\(\)(?:\s+(?P<way>ASC|DESC))?)?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE,
)
_AGGREGATE: Mapping[str, Callable[[Sequence[float]], float]] = {
    "AVG": fmean,
    "COUNT": len,
    "MAX": max,
    "MIN": min,
    "SUM": sum,
}


@dataclass(frozen=True, slots=True)
class InsightsQuery:
    """A query of the one form that the local AWS knows.

    Attributes:
        dimensions: exactly those that a metric must have.
        group: the dimension by whose values the metrics are grouped.
        order: the function by which the groups are ordered; None if they are not.
    """

    function: str
    metric: str
    namespace: str
    dimensions: frozenset[str]
    group: str
    order: str | None = None
    descending: bool = False
    limit: int = MAX_SERIES


def parse_query(text: str) -> InsightsQuery:
    """Return a query.

    >>> parse_query('SELECT SUM(Duration) FROM SCHEMA("AWS/Lambda", FunctionName) GROUP BY FunctionName').group
    'FunctionName'

    Raises:
        ValidationError: CloudWatch refuses it.
        NotImplementedError: the local AWS knows no such query.
    """
    match = _QUERY.fullmatch(text)
    if match is None:
        raise NotImplementedError(
            "of Metrics Insights the local AWS knows one form of query only: a function of a metric, FROM SCHEMA(...), "
            f"GROUP BY one dimension, ORDER BY a function, LIMIT; and this is another: {text}"
        )
    namespace, *dimensions = (each.strip().strip('"') for each in match["schema"].split(","))
    group = match["group"].strip('"')
    limit = int(match["limit"] or MAX_SERIES)
    if group not in dimensions or not 1 <= limit <= MAX_SERIES:
        raise ValidationError(f"Error in expression: {text}")
    return InsightsQuery(
        function=match["function"].upper(),
        metric=match["metric"].strip('"'),
        namespace=namespace,
        dimensions=frozenset(dimensions),
        group=group,
        order=match["order"].upper() if match["order"] else None,
        descending=(match["way"] or "ASC").upper() == "DESC",
        limit=limit,
    )


def answer(
    query: InsightsQuery, metrics: Sequence[Any], begin: datetime, end: datetime, period_s: int
) -> list[tuple[str, list[datetime], list[float]]]:
    """Return each group with the beginnings of its periods and their values, the earliest first.

    Args:
        query: what is asked.
        metrics: every datum that moto keeps.
        begin: the first period's beginning.
        end: what comes later is not counted.
        period_s: how long a period is.
    """
    found: dict[str, dict[int, list[float]]] = {}
    for datum in metrics:
        named = {each.name: each.value for each in datum.dimensions}
        asked = (datum.namespace, datum.name) == (query.namespace, query.metric) and named.keys() == query.dimensions
        if asked and begin <= datum.timestamp < end:
            number = int((datum.timestamp - begin).total_seconds()) // period_s
            if named[query.group] in found or len(found) < MAX_METRICS:
                found.setdefault(named[query.group], defaultdict(list))[number].append(datum.value)
    groups = list(found.items())
    if query.order:
        order = _AGGREGATE[query.order]
        groups.sort(
            key=lambda group: order([each for values in group[1].values() for each in values]),
            reverse=query.descending,
        )
    value_of = _AGGREGATE[query.function]
    return [
        (
            name,
            [begin + timedelta(seconds=number * period_s) for number in sorted(periods)],
            [float(value_of(periods[number])) for number in sorted(periods)],
        )
        for name, periods in groups[: query.limit]
    ]


def patch_moto(patches: "MotoPatches") -> None:
    """Let moto's GetMetricData answer queries as CloudWatch does."""
    original = CloudWatchBackend.get_metric_data

    def get_metric_data(
        self: CloudWatchBackend,
        queries: list[dict[str, Any]],
        start_time: datetime,
        end_time: datetime,
        scan_by: str = "TimestampAscending",
    ) -> list[dict[str, Any]]:
        selects = [each for each in queries if each.get("Expression", "").lstrip().upper().startswith("SELECT")]
        others = [each for each in queries if each not in selects]
        found = original(self, others, start_time, end_time, scan_by) if others or not selects else []
        if len(selects) > 1:
            raise ValidationError("A GetMetricData request can have one Metrics Insights query only.")
        for asked in selects:
            if "Period" not in asked:
                raise ValidationError("A Metrics Insights query needs a Period.")
            begin = max(start_time, datetime.now(UTC).replace(tzinfo=start_time.tzinfo) - MAX_AGE)
            parsed = parse_query(asked["Expression"])
            for label, timestamps, values in answer(
                parsed, self.get_all_metrics(), begin, end_time, int(asked["Period"])
            ):
                newest_first = scan_by == "TimestampDescending"
                found.append(
                    {
                        "id": asked["Id"],
                        "label": label,
                        "timestamps": timestamps[::-1] if newest_first else timestamps,
                        "values": values[::-1] if newest_first else values,
                        "status_code": "Complete",
                    }
                )
        return found

    patches.replace(CloudWatchBackend, get_metric_data=get_metric_data)
