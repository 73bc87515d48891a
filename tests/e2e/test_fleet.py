"""Drift checks of a whole fleet, set off by its schedule."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner, wait_for
from power_tuner.automation.profile import Profile
from power_tuner.aws import keys

pytestmark = pytest.mark.local_aws

# `make fleet` checks 200; the ordinary suite fewer, to stay short.
TARGETS = int(os.environ.get("POWER_TUNER_FLEET", "40"))
BROKEN = 3
MakeTarget = Callable[..., str]
START = "START RequestId: {request_id} Version: $LATEST"
REPORT = (
    "REPORT RequestId: {request_id}\tDuration: {duration_ms} ms\tBilled Duration: 90 ms\t"
    "Memory Size: 512 MB\tMax Memory Used: 40 MB\t"
)


def copy_run(cloud: Cloud, tuner: Tuner, model: dict[str, Any], plan: dict[str, Any], arn: str) -> None:
    """Let a function have the run of another, as if it had been tuned as well."""
    client = cloud.client("dynamodb")
    key = keys.run(model["targetArn"], model["startedAt"], model["runId"])
    item = client.get_item(TableName=tuner.table, Key={name: {"S": text} for name, text in key.items()})["Item"]
    run_id = f"run-of-{arn.rpartition(':')[2]}"
    own = {**keys.run(arn, model["startedAt"], run_id), "targetArn": arn, "runId": run_id}
    client.put_item(TableName=tuner.table, Item={**item, **{name: {"S": text} for name, text in own.items()}})
    body = json.dumps({**plan, "target": {**plan["target"], "arn": arn}}).encode()
    cloud.client("s3").put_object(Bucket=tuner.bucket, Key=f"runs/{run_id}/plan.json", Body=body)


def log_reports(cloud: Cloud, name: str) -> None:
    """Let production have measured a little."""
    logs, group = cloud.client("logs"), f"/aws/lambda/{name}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    now_ms = int(time.time() * 1000)
    lines = [
        line.format(request_id=f"8f5b-{number}", duration_ms=80 + number)
        for number in range(12)
        for line in (START, REPORT)
    ]
    reports = [{"timestamp": now_ms, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=reports)


def fleet_executions(cloud: Cloud) -> list[dict[str, Any]]:
    """Return the executions of the fleet's state machine that have ended."""
    client = cloud.client("stepfunctions")
    machines = client.list_state_machines()["stateMachines"]
    arn = next(machine["stateMachineArn"] for machine in machines if machine["name"].startswith("fleet-"))
    return [each for each in client.list_executions(stateMachineArn=arn)["executions"] if each["status"] != "RUNNING"]


def test_a_fleet_is_checked_in_one_execution(cloud: Cloud, tuner: Tuner, target: MakeTarget, tmp_path: Path) -> None:
    """An outcome each, 3 reported because their function is gone, nothing left behind."""
    model_arn = target()
    run = tuner.tune({"lambdaARN": model_arn, "num": 2, "powerValues": [512]})
    model = tuner.run_item(model_arn, run["name"])
    assert model
    plan = tuner.document(f"runs/{run['name']}/plan.json")
    folder = next(tmp_path.glob("target-*"))
    arns = [
        cloud.add_function(folder, name=f"fleet-{number}", memory_mb=512, timeout_s=10) for number in range(TARGETS)
    ]
    for arn in arns:
        copy_run(cloud, tuner, model, plan, arn)
        log_reports(cloud, arn.rpartition(":")[2])
        tuner.enroll(Profile(arn, {"num": 2, "powerValues": [512]}))
    for arn in arns[:BROKEN]:
        cloud.client("lambda").delete_function(FunctionName=arn)

    cloud.run_fleet()

    (execution,) = wait_for("the fleet is checked", lambda: fleet_executions(cloud), timeout_s=400)
    assert "SUCCEEDED" == execution["status"]
    described = cloud.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
    checked = json.loads(described["output"])
    by_outcome: dict[str, set[str]] = {}
    for each in checked:
        by_outcome.setdefault(each["outcome"], set()).add(each["targetArn"])
    assert {"failed": set(arns[:BROKEN]), "baseline": set(arns[BROKEN:])} == by_outcome
    assert {"FunctionNotFound"} == {each["error"] for each in checked if each["outcome"] == "failed"}
    assert not [arn for arn in arns[BROKEN:] if tuner.leases(arn)]
    page = cloud.client("s3").get_object(Bucket=tuner.bucket, Key="fleet.html")
    assert page["ContentType"].startswith("text/html")
    text = page["Body"].read().decode()
    assert all(f"reports/{run['name']}.html" in text and arn in text for arn in arns)
