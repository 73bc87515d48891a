"""Step Functions behaves as on AWS, with and without our patches of moto's interpreter."""

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from integration.local_aws.machines import END, machine, run
from queues import make_queue

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local import LocalAws

    Receive = Callable[[Any, str, int], list[dict[str, Any]]]

pytestmark = pytest.mark.local_aws


def distributed(states: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Map",
        "ItemsPath": "$.items",
        "MaxConcurrency": 2,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": next(iter(states)),
            "States": states,
        },
        **fields,
    }


def test_stop_aborts_at_once_and_tells(aws: "LocalAws", received: "Receive") -> None:
    """StopExecution ends a waiting execution at once, with error and cause, and the event says ABORTED."""
    arn = machine(aws, "stopped", {"Wait": {"Type": "Wait", "Seconds": 30, "Next": "End"}, "End": END})
    sqs, events, states = aws.client("sqs"), aws.client("events"), aws.client("stepfunctions")
    queue = "arn:aws:sqs:us-east-1:123456789012:changes"
    url = make_queue(sqs, "changes", queue)
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [arn]}}
    events.put_rule(Name="changes", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="changes", Targets=[{"Id": "q", "Arn": queue}])
    execution = states.start_execution(stateMachineArn=arn, name="run-1", input='{"a": 1}')["executionArn"]
    states.stop_execution(executionArn=execution, error="ByHand", cause="enough")

    described = states.describe_execution(executionArn=execution)
    assert ("ABORTED", "ByHand", "enough") == (described["status"], described["error"], described["cause"])
    assert described["startDate"] <= described["stopDate"]
    details = [json.loads(message["Body"])["detail"] for message in received(sqs, url, 2)]
    assert ["RUNNING", "ABORTED"] == [detail["status"] for detail in details]
    assert ("run-1", '{"a": 1}', "ByHand", "enough") == tuple(
        details[1][key] for key in ("name", "input", "error", "cause")
    )


def test_stopped_execution_goes_no_further(aws: "LocalAws") -> None:
    """After StopExecution no further state runs, and the execution stays ABORTED."""
    arn = machine(aws, "goes-on", {"Wait": {"Type": "Wait", "Seconds": 1, "Next": "End"}, "End": END})
    states = aws.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    states.stop_execution(executionArn=execution)
    time.sleep(1.2)

    history = states.get_execution_history(executionArn=execution)["events"]
    assert "ABORTED" == states.describe_execution(executionArn=execution)["status"]
    assert not [event for event in history if event["type"].startswith("Pass")]


def test_machine_timeout_ends_timed_out(aws: "LocalAws") -> None:
    """A state machine's TimeoutSeconds ends the execution TIMED_OUT, with a stop date."""
    states = {"Wait": {"Type": "Wait", "Seconds": 3, "Next": "End"}, "End": END}
    described = run(aws, machine(aws, "slow", states, TimeoutSeconds=1))

    assert "TIMED_OUT" == described["status"]
    assert 0.9 < (described["stopDate"] - described["startDate"]).total_seconds() < 2


def test_names_are_unique(aws: "LocalAws") -> None:
    """Starting a running execution again with the same input returns it; other reuse is refused, as are bad names."""
    arn = machine(aws, "named", {"Wait": {"Type": "Wait", "Seconds": 20, "End": True}})
    states = aws.client("stepfunctions")
    first = states.start_execution(stateMachineArn=arn, name="one", input="{}")["executionArn"]

    assert first == states.start_execution(stateMachineArn=arn, name="one", input="{}")["executionArn"]
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(stateMachineArn=arn, name="one", input='{"other": 1}')
    states.stop_execution(executionArn=first)
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        states.start_execution(stateMachineArn=arn, name="one", input="{}")
    with pytest.raises(states.exceptions.InvalidName):
        states.start_execution(stateMachineArn=arn, name="no/slash")
    unnamed = {states.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(2)}
    assert 2 == len(unnamed)
    for execution in unnamed:
        states.stop_execution(executionArn=execution)


def test_children_of_a_distributed_map_are_executions(aws: "LocalAws") -> None:
    """A child has its own name, input selected in the parent's context, and an entry in the Map Run's list."""
    names = {"Type": "Pass", "Parameters": {"parent.$": "$.parent", "own.$": "$$.Execution.Name"}, "End": True}
    selector = {"parent.$": "$$.Execution.Name", "item.$": "$$.Map.Item.Value"}
    arn = machine(aws, "parent", {"Map": distributed({"Names": names}, ItemSelector=selector, End=True)})
    described = run(aws, arn, {"items": [1, 2, 3]})
    states = aws.client("stepfunctions")

    output = json.loads(described["output"])
    assert {described["name"]} == {child["parent"] for child in output}
    [map_run] = states.list_map_runs(executionArn=described["executionArn"])["mapRuns"]
    children = states.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]
    assert {child["own"] for child in output} == {child["name"] for child in children}
    assert ["SUCCEEDED"] * 3 == [child["status"] for child in children]
    assert 3 == states.describe_map_run(mapRunArn=map_run["mapRunArn"])["itemCounts"]["succeeded"]
    history = states.get_execution_history(executionArn=described["executionArn"])["events"]
    assert 8 == len(history)


def test_children_have_a_description_and_a_history(aws: "LocalAws") -> None:
    """A child has a description with input and end, and a history with only its own states."""
    states = aws.client("stepfunctions")
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "StringEquals": "bad", "Next": "Bad"}],
        "Default": "Good",
    }
    child = {"Which": choice, "Good": END, "Bad": {"Type": "Fail", "Error": "Spoilt", "Cause": "by the test"}}
    arn = machine(aws, "parent-of-two", {"Map": distributed(child, End=True, ToleratedFailurePercentage=100)})
    parent = states.start_execution(stateMachineArn=arn, input='{"items": ["good", "bad"]}')["executionArn"]
    aws.wait_until_idle(10)
    [map_run] = states.list_map_runs(executionArn=parent)["mapRuns"]

    seen = {}
    for listed in states.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]:
        described = states.describe_execution(executionArn=listed["executionArn"])
        events = states.get_execution_history(executionArn=listed["executionArn"])["events"]
        entered = [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]
        seen[described["input"]] = (described["status"], described.get("error"), entered, events[-1]["type"])
    assert {
        '"good"': ("SUCCEEDED", None, ["Which", "Good"], "ExecutionSucceeded"),
        '"bad"': ("FAILED", "Spoilt", ["Which", "Bad"], "ExecutionFailed"),
    } == seen
    own = states.get_execution_history(executionArn=parent)["events"]
    assert ["Map"] == [e["stateEnteredEventDetails"]["name"] for e in own if "stateEnteredEventDetails" in e]


@pytest.mark.parametrize(
    ("number", "tolerance", "expected"),
    [
        (1, {}, "FAILED"),
        (2, {"ToleratedFailurePercentage": 100}, "SUCCEEDED"),
        (3, {"ToleratedFailurePercentage": 10}, "FAILED"),
        (4, {"ToleratedFailureCount": 1}, "SUCCEEDED"),
    ],
)
def test_failed_children_are_tolerated_as_far_as_said(
    aws: "LocalAws", number: int, tolerance: dict[str, int], expected: str
) -> None:
    """A Map Run fails with States.ExceedToleratedFailureThreshold if more children fail than tolerated."""
    child = {
        "Two": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Fail"}], "Default": "End"},
        "Fail": {"Type": "Fail", "Error": "Two"},
        "End": {"Type": "Succeed"},
    }
    arn = machine(aws, f"tolerant-{number}", {"Map": distributed(child, End=True, **tolerance)})
    described = run(aws, arn, {"items": [1, 2, 3]})

    assert expected == described["status"]
    if expected == "FAILED":
        assert "States.ExceedToleratedFailureThreshold" == described["error"]


@pytest.mark.parametrize("keys", [[], ["one"], ["one", "two", "three"]], ids=len)
def test_objects_are_items(aws: "LocalAws", keys: list[str]) -> None:
    """A Distributed Map reads the objects of a bucket, also when there is none."""
    bucket = f"items-{len(keys)}"
    aws.client("s3").create_bucket(Bucket=bucket)
    for key in keys:
        aws.client("s3").put_object(Bucket=bucket, Key=key, Body=b"xyz")
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": bucket}}
    states = {"Map": {**distributed({"End": END}), "ItemReader": reader, "End": True}}
    del states["Map"]["ItemsPath"]
    described = run(aws, machine(aws, bucket, states))

    found = [(item["Key"], item["Size"], type(item["LastModified"])) for item in json.loads(described["output"])]
    assert [(key, 3, int) for key in sorted(keys)] == found


def test_long_maps_do_not_overflow(aws: "LocalAws") -> None:
    """A Map with one worker and 1100 items ends."""
    states = {
        "Map": {
            "Type": "Map",
            "MaxConcurrency": 1,
            "ItemsPath": "$.items",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "End", "States": {"End": END}},
            "ResultPath": None,
            "End": True,
        }
    }
    described = run(aws, machine(aws, "long", states), {"items": list(range(1100))})

    assert "SUCCEEDED" == described["status"]


def test_a_timed_out_execution_has_a_stop_date_in_the_list(aws: "LocalAws") -> None:
    """ListExecutions gives every ended execution its stop date."""
    arn = machine(aws, "slow-list", {"Wait": {"Type": "Wait", "Seconds": 3, "End": True}}, TimeoutSeconds=1)
    described = run(aws, arn)

    [listed] = aws.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
    assert described["stopDate"] == listed["stopDate"]


def test_history_comes_in_pages_and_reverse(aws: "LocalAws") -> None:
    """GetExecutionHistory honours maxResults, nextToken and reverseOrder."""
    described = run(aws, machine(aws, "paged", {"One": {"Type": "Pass", "Next": "Two"}, "Two": END}))
    states = aws.client("stepfunctions")
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=described["executionArn"], reverseOrder=True, PaginationConfig={"PageSize": 4}
    )

    ids = [[event["id"] for event in page["events"]] for page in pages]
    assert [[6, 5, 4, 3], [2, 1]] == ids


def test_context_object_is_json(aws: "LocalAws") -> None:
    """`$$.Execution.StartTime` is text and can be part of an output."""
    state = {"Type": "Pass", "Parameters": {"at.$": "$$.Execution.StartTime"}, "End": True}
    described = run(aws, machine(aws, "context", {"Time": state}))

    assert json.loads(described["output"])["at"].endswith("Z")


def test_unknown_execution_is_refused(aws: "LocalAws") -> None:
    """StopExecution of an execution that does not exist is an error."""
    arn = machine(aws, "none", {"End": END}).replace(":stateMachine:", ":execution:")

    with pytest.raises(ClientError, match="ExecutionDoesNotExist"):
        aws.client("stepfunctions").stop_execution(executionArn=f"{arn}:nobody")
