"""AWS records the input of each execution: the payload of a run that a person starts is not in it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner
from e2e.conftest import cloud, target, tuner  # noqa: F401 - fixtures
from power_tuner_cli.cloud import find_stack
from power_tuner_cli.runs import start_run
from queues import make_queue

pytestmark = pytest.mark.local_aws
SECRET = "4111-1111-1111-1111"
ECHO = """
    def handler(event, context):
        if event["card"] != "4111-1111-1111-1111":
            raise ValueError("another payload")
"""


@pytest.fixture
def status_events(cloud: Cloud) -> Iterator[Callable[[], list[str]]]:  # noqa: F811
    """Keep what Step Functions tells the default bus of executions, as any rule of the account may."""
    events, sqs = cloud.client("events"), cloud.client("sqs")
    name = "seen-by-anybody"
    arn = f"arn:aws:sqs:{cloud.region}:{cloud.client('sts').get_caller_identity()['Account']}:{name}"
    url = make_queue(sqs, name, arn)
    events.put_rule(Name=name, EventPattern='{"source": ["aws.states"]}')
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def received() -> list[str]:
        found: list[str] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for each in messages:
                found.append(each["Body"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return found

    yield received
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=url)


def recorded(cloud: Cloud) -> list[str]:  # noqa: F811
    """Return all that Step Functions answers of the executions of all state machines and their Map Runs."""
    states = cloud.client("stepfunctions")
    machines = [each["stateMachineArn"] for each in states.list_state_machines()["stateMachines"]]
    executions = [
        each for machine in machines for each in states.list_executions(stateMachineArn=machine)["executions"]
    ]
    for execution in list(executions):
        for run in states.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]:
            executions += states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    arns = [each["executionArn"] for each in executions]
    found = [
        (states.describe_execution(executionArn=arn), states.get_execution_history(executionArn=arn)) for arn in arns
    ]
    return [json.dumps(each, default=str) for each in found]


@pytest.mark.parametrize("shape", ["plain", "weighted"])
def test_no_record_of_aws_holds_the_payload(
    cloud: Cloud,  # noqa: F811
    tuner: Tuner,  # noqa: F811
    target: Callable[..., str],  # noqa: F811
    status_events: Callable[[], list[str]],
    shape: str,
) -> None:
    """The function gets it; executions, their histories and their events name where it lies."""
    payload: Any = {"card": SECRET}
    given = payload if shape == "plain" else [{"payload": payload, "weight": 1}, {"payload": payload, "weight": 2}]
    run = start_run(
        cloud,
        find_stack(cloud, "power-tuner"),
        {"lambdaARN": target(ECHO), "payload": given, "num": 2, "powerValues": [128, 256], "strategy": "cost"},
    )

    ended = tuner.wait(run.execution_arn)
    cloud.settle()
    events = status_events()
    records = recorded(cloud) + events

    assert ended["status"] == "SUCCEEDED", ended
    assert any(run.run_id in each for each in events)
    assert [] == [each[:300] for each in records if SECRET in each]
    assert any(f"payloads/{run.run_id}.json" in each for each in records)
