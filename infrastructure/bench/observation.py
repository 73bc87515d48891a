"""What a run did on the local AWS: its API calls and the histories of its executions."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIApplication

    from power_tuner_local import LocalAws
    from power_tuner_local.gateway.api_calls import ApiCall

PAYLOADS = frozenset({"input", "output", "parameters"})


@dataclass(slots=True)
class Calls:
    """The number of API requests by service and action, counted while a run goes on."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: ApiCall) -> WSGIApplication | None:
        """Count a request and let it pass."""
        with self._lock:
            self.counts[call.service, call.action] += 1
        return None

    def by_service(self) -> dict[str, str]:
        """Return each service's actions, most frequent first, as text."""
        actions: dict[str, list[str]] = defaultdict(list)
        for (service, action), count in self.counts.most_common():
            actions[service].append(f"{action} {count:,}")
        return {service: ", ".join(each) for service, each in sorted(actions.items())}


@dataclass(frozen=True, slots=True)
class Histories:
    """Figures from the histories of a run and its children.

    Attributes:
        parent_events: Events of the run itself.
        transitions: States entered by the run and its children, and each child's start: what Step Functions charges
            when it retries nothing.
        largest_payload: The largest input or output of any state, in bytes.
        children: Executions that the Distributed Map started.
    """

    parent_events: int
    transitions: int
    largest_payload: int
    children: int


@contextmanager
def counting_calls(aws: LocalAws) -> Iterator[Calls]:
    """Count all requests to the local AWS in this block."""
    calls = Calls()
    aws.gateway.interceptors.append(calls)
    try:
        yield calls
    finally:
        aws.gateway.interceptors.remove(calls)


def read_histories(client: Any, execution_arn: str) -> Histories:
    """Return the figures of an execution and its children."""
    children = [
        child["executionArn"]
        for map_run in client.list_map_runs(executionArn=execution_arn)["mapRuns"]
        for page in client.get_paginator("list_executions").paginate(mapRunArn=map_run["mapRunArn"])
        for child in page["executions"]
    ]
    parent, *others = [_events(client, arn) for arn in (execution_arn, *children)]
    events = [event for history in (parent, *others) for event in history]
    return Histories(
        parent_events=len(parent),
        transitions=sum(event["type"].endswith("StateEntered") for event in events) + len(children),
        largest_payload=max(map(_payload_bytes, events)),
        children=len(children),
    )


def _events(client: Any, execution_arn: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution_arn)
    return [event for page in pages for event in page["events"]]


def _payload_bytes(event: dict[str, Any]) -> int:
    details = [detail for detail in event.values() if isinstance(detail, dict)]
    return max((len(str(detail[key]).encode()) for detail in details for key in PAYLOADS & detail.keys()), default=0)
