"""Asynchronous invocations: retries, dead letters, destinations."""

import json
import threading
import time
from typing import Any

import pytest

pytestmark = pytest.mark.local_aws
FAILS = "def handler(event, context): raise ValueError('no luck')"


def wait_idle(aws: Any) -> None:
    """Wait until no asynchronous invocation is left."""
    deadline = time.monotonic() + 10
    while not aws.service.idle():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def received(aws: Any, url: str) -> list[dict[str, Any]]:
    """Return the messages of a queue."""
    found: list[dict[str, Any]] = (
        aws.client("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"])
        .get("Messages", [])
    )
    return found


@pytest.fixture
def queue(aws: Any, name: str) -> tuple[str, str]:
    """A queue: its address and its ARN."""
    url = aws.client("sqs").create_queue(QueueName=name[:60])["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:123456789012:{name[:60]}"


def test_event_is_accepted_and_run(aws: Any, name: str, queue: tuple[str, str]) -> None:
    """An asynchronous invocation returns 202 at once, and its result goes to OnSuccess."""
    aws.add(name, "def handler(event, context): return {'got': event}")
    aws.functions.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnSuccess": {"Destination": queue[1]}}
    )
    answer = aws.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"a": 1}')
    wait_idle(aws)
    record = json.loads(received(aws, queue[0])[0]["Body"])

    assert 202 == answer["StatusCode"]
    assert ("Success", 1) == (record["requestContext"]["condition"], record["requestContext"]["approximateInvokeCount"])
    assert {"got": {"a": 1}} == record["responsePayload"]


def test_failure_is_retried_twice_then_a_dead_letter(aws: Any, name: str, queue: tuple[str, str]) -> None:
    """A failing event is tried three times, then goes to the dead-letter queue with the error."""
    aws.add(name, FAILS, DeadLetterConfig={"TargetArn": queue[1]})
    results: list[Any] = []
    aws.service.invoke_async(aws.settled(name)["FunctionArn"], b'{"a": 1}', on_done=results.append)
    wait_idle(aws)
    letter = received(aws, queue[0])[0]

    assert ("RetriesExhausted", 3) == (results[0].condition, results[0].attempts)
    assert '{"a": 1}' == letter["Body"]
    assert "no luck" == letter["MessageAttributes"]["ErrorMessage"]["StringValue"]
    assert "Number" == letter["MessageAttributes"]["ErrorCode"]["DataType"]


def test_retries_can_be_switched_off(aws: Any, name: str, queue: tuple[str, str]) -> None:
    """With MaximumRetryAttempts 0 the first failure goes to OnFailure."""
    aws.add(name, FAILS)
    aws.functions.put_function_event_invoke_config(
        FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue[1]}}
    )
    aws.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    wait_idle(aws)
    record = json.loads(received(aws, queue[0])[0]["Body"])

    assert 1 == record["requestContext"]["approximateInvokeCount"]
    assert "no luck" == record["responsePayload"]["errorMessage"]


def test_throttled_events_wait(aws: Any, name: str) -> None:
    """Events beyond the concurrency wait for their turn; none is lost."""
    aws.add(name)
    aws.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    results: list[Any] = []
    done = threading.Event()

    def note(result: Any) -> None:
        results.append(result.condition)
        if len(results) == 4:
            done.set()

    for _ in range(4):
        aws.service.invoke_async(name, b'{"sleep_ms": 20}', on_done=note)

    assert done.wait(10)
    assert ["Success"] * 4 == results


@pytest.mark.parametrize(
    ("max_age_s", "condition", "attempts"),
    [
        (60, "EventAgeExceeded", 1),
        (90, "EventAgeExceeded", 2),
        (179, "EventAgeExceeded", 2),
        (240, "RetriesExhausted", 3),
    ],
)
def test_events_age_as_on_aws(
    aws: Any, name: str, queue: tuple[str, str], max_age_s: int, condition: str, attempts: int
) -> None:
    """An event that would be too old at its next retry, 1 or 2 minutes later on AWS, is not retried."""
    aws.add(name, FAILS)
    aws.functions.put_function_event_invoke_config(
        FunctionName=name,
        MaximumEventAgeInSeconds=max_age_s,
        DestinationConfig={"OnFailure": {"Destination": queue[1]}},
    )
    aws.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    wait_idle(aws)
    message = received(aws, queue[0])[0]
    record = json.loads(message["Body"])

    context = record["requestContext"]
    assert (condition, attempts) == (context["condition"], context["approximateInvokeCount"])
    assert "no luck" == record["responsePayload"]["errorMessage"]
    assert message["Attributes"]["AWSTraceHeader"].startswith("Root=1-")


def test_blocked_function_is_not_run(aws: Any, name: str, queue: tuple[str, str]) -> None:
    """An event for a function with a reserved concurrency of 0 goes to OnFailure at once, without a response."""
    aws.add(name)
    aws.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    aws.functions.put_function_event_invoke_config(
        FunctionName=name, DestinationConfig={"OnFailure": {"Destination": queue[1]}}
    )
    aws.functions.invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    wait_idle(aws)
    record = json.loads(received(aws, queue[0])[0]["Body"])

    context = record["requestContext"]
    assert ("ZeroReservedConcurrency", 0) == (context["condition"], context["approximateInvokeCount"])
    assert "responsePayload" not in record


def test_queued_events_run_with_the_latest_configuration(aws: Any, name: str) -> None:
    """An event that waits while the function is updated runs with the new configuration."""
    aws.add(name, "import os\ndef handler(event, context): return os.environ['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']")
    aws.functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    results: list[Any] = []
    arn = aws.settled(name)["FunctionArn"]
    with aws.service.concurrency.slot(arn):
        aws.service.invoke_async(arn, b"{}", on_done=results.append)
        aws.set_memory(name, 256)
    wait_idle(aws)

    assert [b'"256"'] == [result.payload for result in results]
