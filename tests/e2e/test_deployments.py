"""Deployments, each told by an event in AWS's real shape on the default bus."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner, bundle, trace_of, wait_for
from event_contracts import example, problems
from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import Profile
from queues import make_queue

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]

SLOW = """
    import time

    def handler(event, context):
        time.sleep(0.4)
"""
RUN_INPUT = {"num": 2, "powerValues": [128, 512], "payload": {"size": 3}}


def enroll(tuner: Tuner, arn: str, **more: Any) -> None:
    """Enrol a function; what a profile means is in the unit tests."""
    tuner.enroll(Profile(arn, **{"run_input": RUN_INPUT, "cool_down_s": 0, **more}))


def deployed(arn: str, name: str = "deployment-update-code", **detail: Any) -> dict[str, Any]:
    """Return the entry of PutEvents for a deployment that happens now."""
    event = example(name)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    shown = {**event["detail"], "eventTime": now, "requestParameters": {"functionName": arn}, "responseElements": None}
    return {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps({**shown, **detail})}


def put(cloud: Cloud, *entries: dict[str, Any]) -> None:
    for first in range(0, len(entries), 10):
        answer = cloud.client("events").put_events(Entries=list(entries[first : first + 10]))
        assert answer["FailedEntryCount"] == 0


def runs(tuner: Tuner, arn: str, status: str) -> list[dict[str, Any]]:
    return [item for item in tuner.items(arn) if item.get("status") == status]


def one_run(tuner: Tuner, arn: str, status: str) -> dict[str, Any]:
    (item,) = wait_for(f"a run of {arn} is {status}", lambda: runs(tuner, arn, status))
    found: dict[str, Any] = item
    return found


def executions_of(cloud: Cloud, tuner: Tuner, arn: str) -> list[dict[str, Any]]:
    """Return the executions whose name is of this function."""
    pages = cloud.client("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=tuner.machine_arn)
    name = arn.rpartition(":")[2]
    return [entry for page in pages for entry in page["executions"] if entry["name"].startswith(name)]


@pytest.fixture
def heard(cloud: Cloud, tuner: Tuner) -> Callable[[], list[dict[str, Any]]]:
    """Put a queue behind the app's bus; returns what reads the events in it."""
    name = f"heard-{uuid.uuid4().hex[:8]}"
    bus = cloud.outputs["EventBusName"]
    queues, events = cloud.client("sqs"), cloud.client("events")
    arn = f"arn:aws:sqs:{cloud.region}:{tuner.machine_arn.split(':')[4]}:{name}"
    url = make_queue(queues, name, arn)
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["power-tuner"]}))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

    def read() -> list[dict[str, Any]]:
        answer = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    return read


def test_a_deployment_leads_to_a_completed_run(
    cloud: Cloud, tuner: Tuner, target: MakeTarget, heard: Callable[[], list[dict[str, Any]]]
) -> None:
    """Event in, and out come item, objects and completion event; the target is as it was."""
    arn = target()
    enroll(tuner, arn)
    before = trace_of(cloud, arn)

    put(cloud, deployed(arn))

    item = one_run(tuner, arn, "completed")
    assert "deployment" == item["trigger"]
    assert item["reportKey"] in tuner.keys("reports/")
    assert tuner.document(item["resultKey"])["runId"] == item["runId"]
    (event,) = wait_for("the completion event comes", heard)
    assert [] == problems("power-tuning-completed", event)
    assert (item["runId"], "deployment") == (event["detail"]["runId"], event["detail"]["trigger"])
    assert before == trace_of(cloud, arn)
    assert not tuner.leases(arn)


def test_a_function_that_is_not_enrolled_is_only_skipped(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """Nothing but an item that says why."""
    arn = target()

    put(cloud, deployed(arn))

    assert "it is not enrolled" == one_run(tuner, arn, "skipped")["reason"]
    assert [] == executions_of(cloud, tuner, arn)


def test_a_burst_of_copies_leads_to_one_run(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """50 copies at once, by each of the signals that tell of a function."""
    arn = target()
    enroll(tuner, arn)
    copies = [deployed(arn), deployed(arn, "deployment-publish-version")] * 25

    put(cloud, *copies)

    one_run(tuner, arn, "completed")
    cloud.settle()
    assert 1 == len(executions_of(cloud, tuner, arn))


def test_code_that_was_tuned_is_skipped(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A later event of the same code finds its result; other code starts another run."""
    arn = target()
    enroll(tuner, arn)
    put(cloud, deployed(arn))
    first = one_run(tuner, arn, "completed")

    put(cloud, deployed(arn, "deployment-publish-version"))

    assert first["runId"] in one_run(tuner, arn, "skipped")["reason"]
    cloud.client("lambda").update_function_code(FunctionName=arn, ZipFile=bundle(dedent(SLOW)))
    put(cloud, deployed(arn))
    wait_for("the new code is tuned", lambda: len(runs(tuner, arn, "completed")) == 2)


def test_tags_enrol(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A function whose template tags it is tuned when it is deployed."""
    arn = target()
    cloud.client("lambda").tag_resource(Resource=arn, Tags={"power-tuning": "on", "power-tuning:num": "2"})

    put(cloud, deployed(arn))

    assert 2 == int(one_run(tuner, arn, "completed")["num"])


def test_a_deployed_stack_leads_to_a_run_of_each_enrolled_function(cloud: Cloud, tuner: Tuner) -> None:
    """One event of CloudFormation, two functions, of which one is enrolled by its tags."""
    function = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": "arn:aws:iam::123456789012:role/target",
            "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
        },
    }
    tagged = {**function["Properties"], "Tags": [{"Key": "power-tuning", "Value": "on"}]}  # type: ignore[dict-item]
    template = {"Resources": {"Tuned": {**function, "Properties": tagged}, "Stranger": function}}
    client = cloud.client("cloudformation")
    stack_id = client.create_stack(StackName=f"thumbnails-{uuid.uuid4().hex[:6]}", TemplateBody=json.dumps(template))[
        "StackId"
    ]
    client.get_waiter("stack_create_complete").wait(StackName=stack_id, WaiterConfig={"Delay": 1})
    resources = client.list_stack_resources(StackName=stack_id)["StackResourceSummaries"]
    arns = {
        entry["LogicalResourceId"]: cloud.client("lambda").get_function_configuration(
            FunctionName=entry["PhysicalResourceId"]
        )["FunctionArn"]
        for entry in resources
    }
    event = example("deployment-stack")

    put(
        cloud,
        {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps({**event["detail"], "stack-id": stack_id}),
        },
    )

    assert "deployment" == one_run(tuner, arns["Tuned"], "completed")["trigger"]
    assert "it is not enrolled" == one_run(tuner, arns["Stranger"], "skipped")["reason"]


def test_our_own_updates_lead_to_no_run(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """CloudTrail shows the roles of this stack as callers; their events are not even looked at."""
    arn = target()
    roles = cloud.client("iam").list_roles()["Roles"]
    role = next(role["Arn"] for role in roles if "OptimizerFunctionRole" in role["RoleName"])
    enroll(tuner, arn)
    identity = example("deployment-update-code")["detail"]["userIdentity"]
    identity["sessionContext"]["sessionIssuer"]["arn"] = role

    put(cloud, deployed(arn, "deployment-publish-version", userIdentity=identity))

    cloud.settle()
    assert ([], []) == (executions_of(cloud, tuner, arn), runs(tuner, arn, "skipped"))


def test_a_deployment_in_the_middle_of_a_run(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """The run of the old code is aborted and cleaned up after; the new code gets a run that completes."""
    arn = target(SLOW, memory_mb=256)
    enroll(tuner, arn)
    put(cloud, deployed(arn))
    wait_for("the first run measures", lambda: _measuring(cloud, tuner, arn))
    cloud.client("lambda").update_function_code(FunctionName=arn, ZipFile=bundle(dedent(SLOW) + "\nVERSION = 2\n"))
    after_deployment = trace_of(cloud, arn)

    put(cloud, deployed(arn))

    completed = one_run(tuner, arn, "completed")
    aborted = one_run(tuner, arn, "failed")
    statuses = {entry["name"]: entry["status"] for entry in executions_of(cloud, tuner, arn)}
    assert {aborted["runId"]: "ABORTED", completed["runId"]: "SUCCEEDED"} == statuses
    assert "Execution.ABORTED" == aborted["error"]
    cloud.settle()
    left = trace_of(cloud, arn)
    assert 256 == left["configuration"]["MemorySize"]
    assert after_deployment["configuration"]["CodeSha256"] == left["configuration"]["CodeSha256"]
    assert ["$LATEST"] == [version["Version"] for version in left["versions"]]
    assert not tuner.leases(arn)


def _measuring(cloud: Cloud, tuner: Tuner, arn: str) -> bool:
    return any(tuner.state_entered(entry["executionArn"], "Measure") for entry in executions_of(cloud, tuner, arn))


def test_a_profile_applies_and_a_rollback_restores(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """From the deployment to the alias and back: the version before is behind it again."""
    arn = target(memory_mb=1024)
    functions = cloud.client("lambda")
    owners = functions.publish_version(FunctionName=arn)["Version"]
    functions.create_alias(FunctionName=arn, Name="live", FunctionVersion=owners)
    enroll(tuner, arn, policy=Policy("alias", alias="live"), run_input={"num": 2, "powerValues": [128]})
    put(cloud, deployed(arn))
    run_id = one_run(tuner, arn, "completed")["runId"]
    wait_for("the decision is applied", lambda: tuner.applied(arn, run_id) and not tuner.leases(arn))
    version = functions.get_alias(FunctionName=arn, Name="live")["FunctionVersion"]
    assert 128 == functions.get_function_configuration(FunctionName=arn, Qualifier=version)["MemorySize"]

    optimizer = cloud.client("cloudformation").describe_stack_resource(
        StackName="power-tuner", LogicalResourceId="OptimizerFunction"
    )["StackResourceDetail"]["PhysicalResourceId"]
    answer = functions.invoke(FunctionName=optimizer, Payload=json.dumps({"rollback": run_id}).encode())

    assert "FunctionError" not in answer, answer["Payload"].read()
    assert owners == functions.get_alias(FunctionName=arn, Name="live")["FunctionVersion"]
    assert 1024 == functions.get_function_configuration(FunctionName=arn)["MemorySize"]
    assert not tuner.leases(arn)


def test_a_parameter_gets_the_decision(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """With ssm the function stays as it is, and the parameter says what it should have."""
    arn = target(memory_mb=1024)
    name = f"/power-tuner/{arn.rpartition(':')[2]}"
    enroll(tuner, arn, policy=Policy("ssm", parameter=name), run_input={"num": 2, "powerValues": [128]})

    put(cloud, deployed(arn))

    wait_for("the decision is applied", lambda: tuner.applied(arn, one_run(tuner, arn, "completed")["runId"]))
    assert "128" == cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    assert 1024 == cloud.client("lambda").get_function_configuration(FunctionName=arn)["MemorySize"]


def test_all_functions_are_found_by_day_and_by_status(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """The indexes answer across functions."""
    arn = target()
    put(cloud, deployed(arn))
    item = one_run(tuner, arn, "skipped")

    for index, name, value in (("by-day", "day", item["day"]), ("by-status", "status", "skipped")):
        answer = cloud.client("dynamodb").query(
            TableName=tuner.table,
            IndexName=index,
            KeyConditionExpression="#name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": {"S": value}},
        )
        assert item["runId"] in [each["runId"]["S"] for each in answer["Items"]]
