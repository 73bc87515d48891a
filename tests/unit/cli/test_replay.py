"""`power-tuner replay`."""

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.response import StreamingBody

from event_contracts import example
from power_tuner_cli.dead_letters import Call, Sorter, UnusableLetter
from power_tuner_cli.exit_codes import ExitCode
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import STATE_MACHINE, StubbedAws

URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"
TOLD = {"runId": "run-1", "replay": True}
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
        {"FunctionName": "record-1", "Payload": json.dumps(TOLD).encode()},
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


def test_a_message_for_what_the_stack_no_longer_has_stays(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """A stack that has moved to a smaller mode has no Optimizer; the message is not lost, and the others go on."""
    message(aws, NOT_RECORDED)
    aws.stub("cloudformation").add_client_error("describe_stack_resource", "ValidationError", "does not exist")
    shown = {"QueueUrl": URL, "ReceiptHandle": "handle", "VisibilityTimeout": 0}
    aws.stub("sqs").add_response("change_message_visibility", {}, shown)

    finished = power_tuner("replay", "--json")

    (replayed,) = json.loads(finished.stdout)
    assert "the stack power-tuner has no RecordFunction: it has mode=apply" == replayed["failure"]
    assert ExitCode.RUN_FAILED == finished.exit_code


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


MACHINE = STATE_MACHINE.replace(":stateMachine:", ":execution:")
CANARIES = MACHINE.rpartition(":")[0] + ":canary-1a2b"
ENDED = {"name": "run-1", "status": "ABORTED", "startDate": datetime.fromtimestamp(1_795_435_200, UTC)}
CLEANUP = {
    "runId": "run-1",
    "executionArn": f"{MACHINE}:run-1",
    "startedAtMs": 1_795_435_200_000,
    "error": {"Error": "Execution.ABORTED", "Cause": "The execution was ended from outside."},
}
DEPLOYED = {**example("deployment-update-code"), "account": "123456789012"}


def call_for(letter: Any, execution: Mapping[str, Any] | None = ENDED) -> Call:
    return Sorter(STATE_MACHINE, lambda _: execution).call_for(letter)


@pytest.mark.parametrize(
    ("letter", "function", "event"),
    [
        ({**NOT_RECORDED, "result": "invented"}, "RecordFunction", {"runId": "run-1", "replay": True}),
        (
            {"detail-type": "Power Tuning Completed", "detail": {"runId": "run-1", "policy": {"apply": "latest"}}},
            "OptimizerFunction",
            {"detail": {"runId": "run-1"}},
        ),
        (
            {"runId": "other", "executionArn": f"{MACHINE}:run-1", "startedAtMs": 1, "error": {"Error": "Invented"}},
            "CleanUpOnErrorFunction",
            CLEANUP,
        ),
        (
            {
                "detail-type": "Step Functions Execution Status Change",
                "detail": {"name": "other", "executionArn": f"{MACHINE}:run-1", "status": "FAILED"},
            },
            "CleanUpOnErrorFunction",
            CLEANUP,
        ),
        (DEPLOYED, "DeploymentsFunction", DEPLOYED),
        ({"detail-type": "Scheduled Event", "anything": 1}, "JanitorFunction", {}),
        ({"executionArn": f"{CANARIES}:run-1", "status": "ABORTED"}, "JanitorFunction", {}),
        (
            {"detail-type": "Step Functions Execution Status Change", "detail": {"executionArn": f"{CANARIES}:run-1"}},
            "JanitorFunction",
            {},
        ),
    ],
)
def test_a_letter_only_says_what_it_is_about(letter: Any, function: str, event: Any) -> None:
    """A function is told the run that the letter names; the rest is read from AWS."""
    call = call_for(letter)

    assert (function, event) == (call.function, call.event)


@pytest.mark.parametrize(
    ("letter", "reason"),
    [
        ([], "no JSON object"),
        ("text", "no JSON object"),
        ({}, "no function"),
        ({"anything": "else"}, "no function"),
        ({"replay": True}, "its runId names no run"),
        ({"runId": "A" * 81, "replay": True}, "its runId names no run"),
        ({"runId": "a/../b", "replay": True}, "its runId names no run"),
        ({"replay": True, "runId": {"a": 1}}, "its runId names no run"),
        ({"replay": "yes", "runId": "run-1"}, "no function"),
        ({"detail-type": "Power Tuning Completed"}, "its detail is no JSON object"),
        ({"detail-type": "Power Tuning Completed", "detail": {"runId": ""}}, "its runId names no run"),
        ({"detail-type": "Step Functions Execution Status Change", "detail": None}, "its detail is no JSON object"),
        ({"runId": "run-1", "error": {}}, "its executionArn is no text"),
        ({"runId": "run-1", "error": {}, "executionArn": f"{MACHINE}-other:run-1"}, "no execution of this stack"),
        ({**DEPLOYED, "account": "210987654321"}, "no deployment event of AWS in this account"),
        ({**DEPLOYED, "source": "my.app"}, "no deployment event of AWS in this account"),
        ({**DEPLOYED, "source": ["aws.lambda"]}, "no deployment event of AWS in this account"),
        ({**DEPLOYED, "detail": "text"}, "its detail is no JSON object"),
    ],
)
def test_a_letter_that_nobody_gave_up_is_refused(letter: Any, reason: str) -> None:
    """A message of another form is for no function, and the reason says why."""
    with pytest.raises(UnusableLetter, match=reason):
        call_for(letter)


@pytest.mark.parametrize(
    ("execution", "reason"),
    [
        (None, "no longer knows"),
        ({**ENDED, "status": "RUNNING"}, "still running"),
        ({**ENDED, "status": "SUCCEEDED"}, "succeeded"),
    ],
)
def test_only_an_execution_that_failed_is_cleaned_up_after(execution: Mapping[str, Any] | None, reason: str) -> None:
    """What a letter says of the end of an execution is not believed."""
    with pytest.raises(UnusableLetter, match=reason):
        call_for({"runId": "run-1", "error": {"Error": "Invented"}, "executionArn": f"{MACHINE}:run-1"}, execution)


def test_a_malformed_message_is_stepped_over(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """It is reported and stays; those behind it are replayed."""
    aws.has_stack()
    has(aws, "DeadLetters", URL)
    bodies = ["{", json.dumps(NOT_RECORDED)]
    sent = [{"MessageId": f"m{n}", "ReceiptHandle": f"handle{n}", "Body": body} for n, body in enumerate(bodies)]
    aws.stub("sqs").add_response("receive_message", {"Messages": sent}, RECEIVE)
    aws.stub("sqs").add_response("receive_message", {}, RECEIVE)
    visible = {"QueueUrl": URL, "ReceiptHandle": "handle0", "VisibilityTimeout": 0}
    aws.stub("sqs").add_response("change_message_visibility", {}, visible)
    has(aws, "RecordFunction", "record-1")
    answers(aws, {"output": {}})
    aws.stub("sqs").add_response("delete_message", {}, {"QueueUrl": URL, "ReceiptHandle": "handle1"})

    finished = power_tuner("replay")

    assert ExitCode.RUN_FAILED == finished.exit_code
    assert "Stepped over: message m0: it is no JSON document" in finished.stderr
    assert "RecordFunction: run-1: done" in finished.stderr


def test_messages_are_not_hidden_when_aws_refuses(aws: StubbedAws, power_tuner: PowerTuner) -> None:
    """A call that is refused ends the command; what it had received can be received again at once."""
    message(aws, NOT_RECORDED)
    has(aws, "RecordFunction", "record-1")
    aws.stub("lambda").add_client_error("invoke", "AccessDeniedException", "not you")
    visible = {"QueueUrl": URL, "ReceiptHandle": "handle", "VisibilityTimeout": 0}
    aws.stub("sqs").add_response("change_message_visibility", {}, visible)

    finished = power_tuner("replay")

    assert ExitCode.UNREACHABLE == finished.exit_code
    aws.stub("sqs").assert_no_pending_responses()
