"""What was used: counters of everything that AWS bills, recorded while something happens on the local AWS."""

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from power_tuner_local.gateway.identity import role_of

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    from power_tuner_local import LocalAws
    from power_tuner_local.gateway.api_calls import ApiCall

# By the name of a line of the bill.
Usage: TypeAlias = Mapping[str, float]

_REPORT = re.compile(r"Billed Duration: (\d+) ms\s+Memory Size: (\d+) MB")
_S3_WRITES = frozenset({"PutObject", "ListObjectsV2", "ListObjects"})
_S3_READS = frozenset({"GetObject", "HeadObject"})
_TABLE_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_TABLE_READS = frozenset({"GetItem", "Query"})
_WRITE_UNIT_BYTES = 1024
# CloudWatch Logs bills so many bytes for each event besides its text.
_EVENT_BYTES = 26
# Items of runs are in two indexes besides the table, and each copy is written.
_COPIES_OF_A_RUN = 3
_TARGETS = "/aws/lambda/"
MB_MS_PER_GB_S = 1024 * 1000


@dataclass(slots=True)
class _Calls:
    """Counts what the tuner's own roles ask of AWS, each request by the size of its text."""

    counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, call: "ApiCall") -> "WSGIApplication | None":
        if role_of(call.access_key):
            with self._lock:
                self.counts.update(_used_by(call))
        return None


def _used_by(call: "ApiCall") -> dict[str, int]:
    size, used = len(call.body), dict[str, int]()
    match call.service, call.action:
        case "s3", action if action in _S3_WRITES:
            used = {"s3_writes": 1, "s3_bytes": size}
        case "s3", action if action in _S3_READS:
            used = {"s3_reads": 1}
        case "dynamodb", action if action in _TABLE_WRITES:
            is_of_run, is_of_function = b'"RUN#' in call.body, b'"FUNCTION#' in call.body
            copies = _COPIES_OF_A_RUN if is_of_run and is_of_function else 1
            used["table_writes"] = copies * -(-size // _WRITE_UNIT_BYTES)
            # Leases go again; what is noted of a run stays.
            used["table_bytes"] = copies * size if action == "PutItem" and is_of_run else 0
        case "dynamodb", action if action in _TABLE_READS:
            used = {"table_reads": 1}
        case "events", "PutEvents":
            entries = call.json()["Entries"]
            used = {"events": len(entries) if isinstance(entries, list) else 1}
        case "sqs", _:
            used = {"sqs_requests": 1}
        case "lambda", "Invoke":
            used = {"invokes": 1}
    return used


@contextmanager
def recording(aws: "LocalAws") -> Iterator[dict[str, float]]:
    """Record what is used in this block; what is yielded is filled at its end."""
    calls, used = _Calls(), dict[str, float]()
    before = _logged(aws) + _executed(aws)
    aws.gateway.interceptors.append(calls)
    try:
        yield used
    finally:
        aws.wait_until_idle()
        aws.gateway.interceptors.remove(calls)
    after = _logged(aws) + _executed(aws)
    counted = calls.counts + Counter({name: after[name] - before[name] for name in after})
    # A function that neither Step Functions nor anybody else invoked was invoked by an event, in a trace of its own.
    by_event = counted["own_requests"] + counted["target_requests"] - counted.pop("invokes", 0)
    counted["traces"] = counted.pop("executions", 0) + max(0, by_event)
    used.update({name: count for name, count in sorted(counted.items()) if count})


def minus(one: Usage, other: Usage) -> dict[str, float]:
    """Return what one used more than the other."""
    return {name: more for name in one if (more := one[name] - other.get(name, 0)) > 0}


def _logged(aws: "LocalAws") -> Counter[str]:
    """Return what all logs tell so far: invocations and GB-seconds, and the bytes of the tuner's own."""
    client, logged = aws.client("logs"), Counter[str]()
    for page in client.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            whose = "target" if group["logGroupName"].startswith(_TARGETS) else "own"
            for event in _events(client, group["logGroupName"]):
                if whose == "own":
                    logged["log_bytes"] += len(event.encode()) + _EVENT_BYTES
                if report := _REPORT.search(event):
                    logged[f"{whose}_requests"] += 1
                    logged[f"{whose}_mb_ms"] += int(report[1]) * int(report[2])
    return logged


def _events(client: Any, group: str) -> Iterator[str]:
    for page in client.get_paginator("filter_log_events").paginate(logGroupName=group):
        for event in page["events"]:
            yield event["message"]


def _executed(aws: "LocalAws") -> Counter[str]:
    """Return the executions of the tuner's state machines so far, children included, and the states they entered."""
    client, executed = aws.client("stepfunctions"), Counter[str]()
    for machine in client.list_state_machines()["stateMachines"]:
        parents = client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
        for parent in parents:
            children = [
                child["executionArn"]
                for map_run in client.list_map_runs(executionArn=parent["executionArn"])["mapRuns"]
                for page in client.get_paginator("list_executions").paginate(mapRunArn=map_run["mapRunArn"])
                for child in page["executions"]
            ]
            executed["executions"] += 1 + len(children)
            executed["transitions"] += len(children)
            for arn in (parent["executionArn"], *children):
                pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
                types = [event["type"] for page in pages for event in page["events"]]
                executed["transitions"] += sum(each.endswith("StateEntered") for each in types)
    return executed


def write(usages: Mapping[str, Usage]) -> str:
    """Return recorded usages as JSON."""
    return json.dumps(usages, indent=2, sort_keys=True) + "\n"
