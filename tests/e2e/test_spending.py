"""What a run costs is within what was known before it began, and its parts are told apart."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner
from power_tuner.aws.history import DynamoHistory
from power_tuner.aws.item_table import ItemTable
from power_tuner.tuning.ceiling import Ceiling
from power_tuner.tuning.pricing import prices_for

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]
REPORT = re.compile(r"Billed Duration: (\d+) ms\s+Memory Size: (\d+) MB")
SIZES = [128, 512, 1024]

COMPUTING = """
    import time

    def handler(event, context):
        until = time.process_time() + 0.01
        while time.process_time() < until:
            pass
"""
ENDLESS = """
    import time

    def handler(event, context):
        time.sleep(60)
"""
DYING = """
    import os, time
    time.sleep(0.1)

    def handler(event, context):
        os._exit(1)
"""


@dataclass(frozen=True)
class Bill:
    """What the log of a target says that it was billed for."""

    invocations: int
    usd: float


def bill_of(cloud: Cloud, arn: str) -> Bill:
    """Add up the REPORT lines of a function."""
    prices = prices_for(cloud.region, "arm64" if "arm64" in architectures(cloud, arn) else "x86_64")
    group = f"/aws/lambda/{arn.rpartition(':')[2]}"
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    reports = [REPORT.search(event["message"]) for page in pages for event in page["events"]]
    found = [(int(report[1]), int(report[2])) for report in reports if report]
    return Bill(len(found), sum(prices.invocations(memory_mb, billed_ms) for billed_ms, memory_mb in found))


def architectures(cloud: Cloud, arn: str) -> list[str]:
    found: list[str] = cloud.client("lambda").get_function_configuration(FunctionName=arn)["Architectures"]
    return found


def ceiling_of(cloud: Cloud, run_id: str) -> Ceiling:
    """Return what a run noted before its first invocation."""
    table = ItemTable(cloud.client("dynamodb"), cloud.outputs["TableName"])
    begun = DynamoHistory(table, lambda: 0.0, 1).begun(run_id)
    assert begun
    assert begun.ceiling
    return begun.ceiling


# Each kind of run, of a function that computes; those that differ where calls fail, of one that fails, too.
OF_EACH = [{"num": 16, "parallelInvocation": True}, {}]
OF_SOME = [
    {"num": 5},
    {"num": 3, "onlyColdStarts": True},
    {"num": 20, "maxCostUsd": 0.00001},
    {"maxInvocations": 4},
    {"maxCostUsd": 0.00001},
]


@pytest.mark.parametrize(
    ("source", "run_input"),
    [
        pytest.param(source, run_input, id=f"{name}-{json.dumps(run_input)}")
        for name, source, inputs in (
            ("computing", COMPUTING, OF_EACH + OF_SOME),
            ("endless", ENDLESS, [*OF_EACH, OF_SOME[0]]),
            ("dying", DYING, [*OF_EACH, OF_SOME[1]]),
        )
        for run_input in inputs
    ],
)
def test_no_run_costs_more_than_was_said(
    cloud: Cloud, tuner: Tuner, target: MakeTarget, source: str, run_input: dict[str, Any]
) -> None:
    """By the function's own log: whether it is quick, ends by its timeout at each call, or dies of each.

    With maxInvocations a smart run exceeds it by its last round at most, which tries three times what was planned.
    """
    arn = target(source, timeout_s=1)

    execution = tuner.tune({"lambdaARN": arn, "powerValues": SIZES, "toleratedErrorShare": 1, **run_input})

    bill, most = bill_of(cloud, arn), ceiling_of(cloud, execution["name"])
    limit = run_input.get("maxInvocations")
    assert 0 < bill.usd <= most.lambda_cost_usd * (3 if limit else 1)
    assert bill.invocations <= most.invocations + 2 * (limit or 0) + len(SIZES) * bool(limit)


def test_the_result_tells_what_is_measured_from_what_is_estimated(
    cloud: Cloud, tuner: Tuner, target: MakeTarget
) -> None:
    """Measured is what the log of the function says; a snapshot of each version for three hours is estimated."""
    arn = target(COMPUTING)
    functions = cloud.client("lambda")
    functions.update_function_configuration(FunctionName=arn, SnapStart={"ApplyOn": "PublishedVersions"})
    functions.get_waiter("function_updated_v2").wait(FunctionName=arn, WaiterConfig={"Delay": 1})

    execution = tuner.tune({"lambdaARN": arn, "num": 3, "powerValues": SIZES})

    item = tuner.run_item(arn, execution["name"])
    assert item
    spent, costs = tuner.document(item["resultKey"])["spent"], execution["output"]["stateMachine"]
    assert pytest.approx(bill_of(cloud, arn).usd) == spent["lambdaCostUsd"] == costs["measured"]["lambdaCost"]
    restored = sum(SIZES) / 1024 * 0.0001397998
    cached = sum(SIZES) / 1024 * 3 * 3600 * 0.0000015046
    assert pytest.approx(cached + restored) == spent["snapStartCostUsd"] == costs["estimated"]["snapStartCost"]
    assert spent["snapStartCostUsd"] <= ceiling_of(cloud, execution["name"]).snap_start_cost_usd
    assert 0 < spent["ownFunctionsCostUsd"] == costs["estimated"]["ownFunctionsCost"]
    assert spent["executionCostUsd"] == costs["executionCost"] == costs["estimated"]["executionCost"]
