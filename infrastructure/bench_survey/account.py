"""An account that holds a generated fleet, answers what a survey asks of AWS, and counts it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from bench_survey.fleets import REGION, FleetFunction

# ListFunctions answers so many at once (API reference of Lambda).
_PAGE = 50
# Events of a page of the log. AWS answers up to 10,000; with fewer, the survey knows less.
_CALLS_PER_PAGE = 12
_DAY_S = 86_400


@dataclass(slots=True)
class Asked:
    """What was asked of AWS: calls by action, and the metrics that are charged."""

    calls: Counter[str] = field(default_factory=Counter)
    metrics: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """The clients of Lambda, CloudWatch and CloudWatch Logs, for this fleet."""

    fleet: Mapping[str, FleetFunction]
    seed: int
    asked: Asked = field(default_factory=Asked)

    def get_paginator(self, name: str) -> "_Pages":
        """Return what asks page by page."""
        return _Pages(self, name)

    def list_functions(self) -> Iterator[dict[str, Any]]:
        """Yield pages of configurations."""
        names = [*self.fleet]
        for first in range(0, len(names), _PAGE):
            self.asked.calls["ListFunctions"] += 1
            yield {"Functions": [_configuration(self.fleet[name]) for name in names[first : first + _PAGE]]}

    def get_metric_data(
        self,
        MetricDataQueries: Sequence[Mapping[str, Any]],  # noqa: N803 - AWS's name
        StartTime: datetime,  # noqa: N803
        EndTime: datetime,  # noqa: N803
    ) -> Iterator[dict[str, Any]]:
        """Yield a page with a sum for each day: as often as on any other, and none at all where less than once."""
        self.asked.calls["GetMetricData"] += 1
        self.asked.metrics += len(MetricDataQueries)
        days = [StartTime + timedelta(days=day) for day in range((EndTime - StartTime).days)]
        results = []
        for query in MetricDataQueries:
            metric = query["MetricStat"]["Metric"]
            function = self.fleet[metric["Dimensions"][0]["Value"]]
            of_a_call = {"Invocations": 1.0, "Duration": function.mean_duration_ms, "Errors": 0.0}
            value = function.per_day * of_a_call[metric["MetricName"]]
            told = days if value else []
            results.append({"Id": query["Id"], "Timestamps": told, "Values": [value] * len(told)})
        yield {"MetricDataResults": results}

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        """Return the first page of a part of a function's log."""
        self.asked.calls["FilterLogEvents"] += 1
        function = self.fleet[request["logGroupName"].rpartition("/")[2]]
        begin_ms, end_ms = request["startTime"], request["endTime"]
        generator = np.random.default_rng([self.seed, int(function.name.rpartition("-")[2]), begin_ms])
        expected = function.per_day * (end_ms - begin_ms) / 1000 / _DAY_S
        count = int(min(_CALLS_PER_PAGE, generator.poisson(min(expected, 1e6))))
        events = [
            {"logStreamName": "2026/11/20/[$LATEST]8f5b", "timestamp": begin_ms + number, "message": line}
            for number in range(count)
            for line in _lines(function, generator, f"{begin_ms}-{number}")
        ]
        return {"events": events, **({"nextToken": "more"} if expected > _CALLS_PER_PAGE else {})}


@dataclass(frozen=True, slots=True)
class _Pages:
    account: Account
    action: str

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield all pages."""
        yield from getattr(self.account, self.action)(**request)


def _configuration(function: FleetFunction) -> dict[str, Any]:
    return {
        "FunctionArn": f"arn:aws:lambda:{REGION}:123456789012:function:{function.name}",
        "Version": "$LATEST",
        "MemorySize": function.memory_mb,
        "Timeout": 900,
        "CodeSha256": "code",
        "RevisionId": "revision",
        "Runtime": "python3.13",
        "Architectures": [function.workload.architecture],
    }


def _lines(function: FleetFunction, generator: np.random.Generator, request_id: str) -> tuple[str, str]:
    """Return what Lambda writes of one invocation."""
    size = function.size_of_a_call(generator.random())
    duration_ms = float(generator.choice(function.workload.durations_ms[size]))
    used_mb = function.peak_mb * generator.uniform(0.7, 1.0)
    init_ms = function.init_ms if generator.random() < function.cold_share else 0.0
    init = f"Init Duration: {init_ms:.2f} ms\t" if init_ms else ""
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\t"
        f"Billed Duration: {int(np.ceil(duration_ms + init_ms))} ms\t"
        f"Memory Size: {function.workload.memories_mb[size]} MB\tMax Memory Used: {used_mb:.0f} MB\t{init}\n"
    )
    return f"START RequestId: {request_id} Version: $LATEST\n", report
