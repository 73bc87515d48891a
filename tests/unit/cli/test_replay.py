"""`power-tuner replay`."""

import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody

from event_contracts import example
from power_tuner_cli.exit_codes import ExitCode
from power_tuner_cli.replay import function_for
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import StubbedAws

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"
NOT_RECORDED = {"runId": "run-1", "targetArn": "arn:aws:lambda:eu-west-1:123456789012:function:a", "replay": True}
RECEIVE = {"QueueUrl": URL, "MaxNumberOfMessages": 10, "VisibilityTimeout": 960}


def has(aws: StubbedAws, logical_id: str, physical_id: str) -> None:
    resource = {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical_id,
        "ResourceType": "any",
        "LastUpdatedTimestamp": "2026-11-23T12:00:00Z",
        "ResourceStatus": "CREATE_COMPLETE",
    }
    aws.stub("cloudformation").add_response("describe_stack_resource", {"StackResourceDetail": resource})


def message(aws: StubbedAws, body: Any) -> None:
    """Let one message be in the queue."""
    aws.has_stack()
    has(aws, "DeadLetters", URL)
    sent = {"MessageId": "1", "ReceiptHandle": "handle", "Body": json.dumps(body)}
    aws.stub("sqs").add_response("receive_message", {"Messages": [sent]}, RECEIVE)
    aws.stub("sqs").add_response("receive_message", {}, RECEIVE)


def answers(aws: StubbedAws, document: Any, **more: str) -> None:
    body = json.dumps(document).encode()
    aws.stub("lambda").add_response(
        "invoke",
        {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **more},
        {"FunctionName": "record-1", "Payload": json.dumps(NOT_RECORDED).encode()},
    )


def test_a_message_is_replayed_and_deleted(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """Record gets again what it could not record, and the message is deleted."""
    message(aws, NOT_RECORDED)
    has(aws, "RecordFunction", "record-1")
    answers(aws, {"output": {}})
    aws.stub("sqs").add_response("delete_message", {}, {"QueueUrl": URL, "ReceiptHandle": "handle"})

    finished = power_tuner("replay", "--json")

    assert [{"function": "RecordFunction", "subject": "run-1", "failure": ""}] == json.loads(finished.stdout)
    assert "Dead letters replayed: 1" in finished.stderr


def test_what_fails_again_stays(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """The message is visible again at once; the output has the reason, and the exit code says so."""
    message(aws, NOT_RECORDED)
    has(aws, "RecordFunction", "record-1")
    answers(aws, {"errorType": "NotRecorded", "errorMessage": "still no table"}, FunctionError="Unhandled")
    visible = {"QueueUrl": URL, "ReceiptHandle": "handle", "VisibilityTimeout": 0}
    aws.stub("sqs").add_response("change_message_visibility", {}, visible)

    finished = power_tuner("replay")

    assert ExitCode.RUN_FAILED == finished.exit_code
    assert "RecordFunction: run-1: still no table" in finished.stderr
    assert "1 of 1 dead letters failed again and stay" in finished.stderr


@pytest.mark.parametrize(
    ("body", "function"),
    [
        (NOT_RECORDED, "RecordFunction"),
        ({"detail-type": "Power Tuning Completed", "detail": {}}, "OptimizerFunction"),
        ({"runId": "run-1", "executionArn": "a", "error": {"Error": "Execution.ABORTED"}}, "CleanUpOnErrorFunction"),
        (example("deployment-update-code"), "DeploymentsFunction"),
        (example("deployment-stack"), "DeploymentsFunction"),
        ({"detail-type": "Scheduled Event"}, "JanitorFunction"),
        ({"anything": "else"}, ""),
        ([], ""),
    ],
)
def test_every_message_has_its_function(body: Any, function: str) -> None:
    """The shape of a message says which function it is for; the function gets it as it is."""

    assert (function, body) == function_for(body)


def test_an_undelivered_event_is_transformed_as_its_rule_would_have() -> None:
    """The end of an execution reaches the cleanup as the rule's input transformer would have sent it."""
    detail = {"name": "run-1", "executionArn": "arn:1", "startDate": 1_795_435_200_000, "status": "ABORTED"}
    function, event = function_for({"detail-type": "Step Functions Execution Status Change", "detail": detail})

    assert "CleanUpOnErrorFunction" == function
    assert {
        "runId": "run-1",
        "executionArn": "arn:1",
        "startedAtMs": 1_795_435_200_000,
        "error": {"Error": "Execution.ABORTED", "Cause": "The execution was ended from outside."},
    } == event
