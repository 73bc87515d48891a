"""Drift checks of a whole fleet, set off by its schedule."""

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from e2e.cloud import Cloud, Tuner, open_cloud, wait_for
from power_tuner.automation.profile import Profile
from power_tuner.aws import keys
from power_tuner_cli import cloud as cli_cloud
from power_tuner_cli.cloud import find_stack, open_app
from power_tuner_cli.main import build_app

pytestmark = pytest.mark.local_aws

# `make fleet` checks 200; the ordinary suite fewer, to stay short.
TARGETS = int(os.environ.get("POWER_TUNER_FLEET", "15"))
BROKEN = 3
MakeTarget = Callable[..., str]
START = "START RequestId: {request_id} Version: $LATEST"
REPORT = (
    "REPORT RequestId: {request_id}\tDuration: {duration_ms} ms\tBilled Duration: 90 ms\t"
    "Memory Size: 512 MB\tMax Memory Used: 40 MB\t"
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """An AWS where no other file has tuned a function."""
    with open_cloud() as opened:
        yield opened


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
    """An outcome each, 3 reported because their function is gone, nothing left; the page knows what else to tune."""
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
    wasteful = target(WAITING)
    used_in_production(cloud, wasteful, 3008)
    before = log_lines(cloud, wasteful)

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
    _, _, worth = text.partition("worth a look</h2>")
    assert f'<th scope="row">{wasteful.rpartition(":")[2]}</th>' in worth
    assert before == log_lines(cloud, wasteful)


WAITING = """
    import time

    def handler(event, context):
        time.sleep(0.02)
"""


def used_in_production(cloud: Cloud, arn: str, *memories_mb: int) -> None:
    """Invoke a function at these memory sizes, one after the other, and let CloudWatch have counted a day of it."""
    client, name = cloud.client("lambda"), arn.rpartition(":")[2]
    for memory_mb in memories_mb:
        client.update_function_configuration(FunctionName=arn, MemorySize=memory_mb)
        client.get_waiter("function_updated_v2").wait(FunctionName=arn, WaiterConfig={"Delay": 1})
        for _ in range(15):
            client.invoke(FunctionName=arn, Payload=b"{}")
    counted = [
        {
            "MetricName": metric,
            "Dimensions": [{"Name": "FunctionName", "Value": name}],
            "Timestamp": datetime.now(UTC) - timedelta(days=1),
            "Value": value,
        }
        for metric, value in (("Invocations", 1e6), ("Duration", 25e6), ("Errors", 0.0))
    ]
    cloud.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=counted)


def log_lines(cloud: Cloud, *arns: str) -> int:
    """Return how many lines the logs of functions have."""
    logs = cloud.client("logs")
    pages = logs.get_paginator("filter_log_events")
    groups = [f"/aws/lambda/{arn.rpartition(':')[2]}" for arn in arns]
    return sum(len(page["events"]) for group in groups for page in pages.paginate(logGroupName=group))


def test_a_survey_knows_from_production_alone(
    cloud: Cloud, target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What production has shown needs no run; what it has not is enrolled; nothing is invoked."""
    shown, unsure = target(WAITING), target(WAITING)
    used_in_production(cloud, shown, 512, 3008)
    used_in_production(cloud, unsure, 3008)
    before = log_lines(cloud, shown, unsure)
    monkeypatch.setattr(cli_cloud, "open_account", lambda _options: cloud)

    finished = CliRunner().invoke(build_app(), ["survey", "--enroll-top", "2", "--json"], catch_exceptions=False)

    document = json.loads(finished.stdout)
    rows = {row["targetArn"]: row for row in document["functions"]}
    assert ("shown", 512, [512, 3008]) == (
        rows[shown]["verdict"],
        rows[shown]["shownPower"],
        rows[shown]["powersInProduction"],
    )
    assert rows[shown]["shownCostChangeHigh"] < -0.5
    assert rows[unsure]["worthwhile"]
    assert rows[unsure]["peakMemoryMb"] < rows[unsure]["floorMb"] < 512
    assert unsure in document["enrolled"]
    assert shown not in document["enrolled"]
    assert open_app(cloud, find_stack(cloud, cloud.stack_name)).profiles.get(unsure)
    assert before == log_lines(cloud, shown, unsure)
