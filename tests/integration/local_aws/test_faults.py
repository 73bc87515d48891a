"""Injected faults hit the requests that they describe, and no others."""

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from power_tuner_local.faults import Fault, Kind, callers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws
ONCE = Config(retries={"total_max_attempts": 1})
WRITER = """
import boto3

def handler(event, context):
    sqs = boto3.client("sqs")
    for name in event["queues"]:
        sqs.create_queue(QueueName=name)
    return "done"
"""


@pytest.fixture(scope="module")
def writer(aws: "LocalAws", tmp_path_factory: pytest.TempPathFactory) -> str:
    """A function that creates queues."""
    folder: Path = tmp_path_factory.mktemp("writer")
    (folder / "app.py").write_text(WRITER, encoding="utf-8")
    arn = aws.add_function(folder, name="writer", memory_mb=1769)
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    role = aws.client("lambda").get_function_configuration(FunctionName=arn)["Role"].rpartition("/")[2]
    aws.client("iam").put_role_policy(
        RoleName=role, PolicyName="sqs", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    return arn


def queues(aws: "LocalAws", prefix: str) -> list[str]:
    found = aws.client("sqs").list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
    return sorted(url.rpartition("/")[2] for url in found)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (Kind.THROTTLE, ["TooManyRequestsException", "SlowDown", "ThrottlingException", "ThrottlingException"]),
        (Kind.SERVER_ERROR, ["ServiceException", "InternalError", "InternalServerError", "InternalException"]),
        (
            Kind.CONFLICT,
            ["ResourceConflictException", "OperationAborted", "TransactionConflictException", "ConflictException"],
        ),
        (
            Kind.FORBIDDEN,
            ["AccessDeniedException", "AccessDenied", "AccessDeniedException", "AccessDeniedException"],
        ),
    ],
)
def test_refusals_are_those_of_the_service(aws: "LocalAws", kind: Kind, codes: list[str]) -> None:
    """Each service refuses with its own error, in its own protocol."""
    acts: list[tuple[str, Callable[[Any], object]]] = [
        ("lambda", lambda client: client.list_functions()),
        ("s3", lambda client: client.list_buckets()),
        ("dynamodb", lambda client: client.list_tables()),
        ("events", lambda client: client.list_rules()),
    ]
    seen = []
    for service, act in acts:
        client = aws.client(service, config=ONCE)
        with aws.faults.inject(Fault(kind, service=service)), pytest.raises(ClientError) as caught:
            act(client)
        seen.append(caught.value.response["Error"]["Code"])
        act(client)

    assert codes == seen


def test_ordinal_and_number(aws: "LocalAws") -> None:
    """The second and third matching requests are hit, and no others."""
    sqs = aws.client("sqs", config=ONCE)
    with aws.faults.inject(Fault(Kind.THROTTLE, service="sqs", action="ListQueues", nth=2, times=2)) as injection:
        outcomes = []
        for _ in range(4):
            try:
                sqs.list_queues()
                outcomes.append("ok")
            except ClientError:
                outcomes.append("throttled")

    assert ["ok", "throttled", "throttled", "ok"] == outcomes
    assert (4, 2) == (injection.seen, len(injection.hit))


def test_only_who_and_what_was_named(aws: "LocalAws") -> None:
    """A fault with a caller and a text does not hit other callers or requests."""
    fault = Fault(Kind.SERVER_ERROR, service="sqs", caller="victim", mentions="unlucky")
    victim = aws.client("sqs", config=ONCE, role="stack-victim-role")
    with aws.faults.inject(fault):
        aws.client("sqs", config=ONCE).create_queue(QueueName="unlucky-1")
        victim.create_queue(QueueName="lucky")
        with pytest.raises(ClientError):
            victim.create_queue(QueueName="unlucky-2")

    assert ["unlucky-1"] == queues(aws, "unlucky")


@pytest.mark.parametrize(("kind", "effect"), [(Kind.DROP_BEFORE, []), (Kind.DROP_AFTER, ["dropped-after"])])
def test_dropped_connection(aws: "LocalAws", kind: Kind, effect: list[str]) -> None:
    """The caller gets no response; the service has done nothing, or everything."""
    name = f"dropped-{kind.name.removeprefix('DROP_').lower()}"
    with aws.faults.inject(Fault(kind, service="sqs", action="CreateQueue")), pytest.raises(ConnectionClosedError):
        aws.client("sqs", config=ONCE).create_queue(QueueName=name)

    assert effect == queues(aws, name)


def test_slow_answer(aws: "LocalAws") -> None:
    """The response is delayed by the given time."""
    began_s = time.monotonic()
    with aws.faults.inject(Fault(Kind.SLOW, service="sqs", delay_s=0.3)):
        assert aws.client("sqs").create_queue(QueueName="slow")["QueueUrl"]

    assert time.monotonic() - began_s >= 0.3


@pytest.mark.parametrize(
    ("kind", "error_type", "effect"),
    [
        (Kind.CRASH_BEFORE, "Runtime.ExitError", ["crash_before-a"]),
        (Kind.CRASH_AFTER, "Runtime.ExitError", ["crash_after-a", "crash_after-b"]),
        (Kind.TIMEOUT, "Sandbox.Timedout", ["timeout-a", "timeout-b"]),
    ],
)
def test_crash_at_a_call(aws: "LocalAws", writer: str, kind: Kind, error_type: str, effect: list[str]) -> None:
    """The function ends at its second call, before or after the effect; the next invocation succeeds."""
    prefix = kind.name.lower()
    event: dict[str, Any] = {"queues": [f"{prefix}-a", f"{prefix}-b", f"{prefix}-c"]}
    client = aws.client("lambda", config=ONCE)
    with aws.faults.inject(Fault(kind, service="sqs", action="CreateQueue", caller="writer", nth=2)):
        answer = client.invoke(FunctionName=writer, Payload=json.dumps(event))
    error = json.load(answer["Payload"])

    assert "Unhandled" == answer["FunctionError"]
    assert error_type == error["errorType"]
    assert effect == queues(aws, prefix)
    assert b'"done"' == client.invoke(FunctionName=writer, Payload=json.dumps(event))["Payload"].read()


def test_somebody_else_just_before(aws: "LocalAws") -> None:
    """An intrusion happens before the request is served, which then sees its effect."""
    other = aws.client("sqs")
    fault = Fault(
        Kind.INTRUSION,
        service="sqs",
        action="ListQueues",
        intrusion=lambda _: other.create_queue(QueueName="intruder"),
    )
    with aws.faults.inject(fault):
        found = aws.client("sqs").list_queues(QueueNamePrefix="intruder")

    assert 1 == len(found["QueueUrls"])


def test_wrong_clock(aws: "LocalAws", tmp_path: "Path") -> None:
    """One invocation's clock is ahead or behind; its remaining time and the next invocation's clock are right."""
    (tmp_path / "app.py").write_text(
        "import time\n\ndef handler(event, context):\n"
        "    return [time.time(), context.get_remaining_time_in_millis()]\n"
    )
    arn = aws.add_function(tmp_path, name="clock", timeout_s=50)
    client = aws.client("lambda", config=ONCE)

    def seen(payload: str) -> tuple[int, int]:
        now_s, remaining_ms = json.load(client.invoke(FunctionName=arn, Payload=json.dumps(payload))["Payload"])
        return round((now_s - time.time()) / 10) * 10, round(remaining_ms / 10_000) * 10

    ahead = Fault(Kind.CLOCK, target=":clock", mentions="fast", delay_s=120)
    behind = Fault(Kind.CLOCK, target=":clock", mentions="slow", delay_s=-120)
    with aws.faults.inject(ahead), aws.faults.inject(behind):
        clocks = [seen("fast"), seen("right"), seen("slow")]

    assert [(120, 50), (0, 50), (-120, 50)] == clocks


def test_watch_counts_the_calls_of_roles(aws: "LocalAws", writer: str) -> None:
    """A watch collects every request that contains a text; callers() counts them by role and action."""
    with aws.faults.watch("watched") as watch:
        aws.client("lambda").invoke(FunctionName=writer, Payload=b'{"queues": ["watched-1", "watched-2"]}')

    assert {("writer-role", "sqs", "CreateQueue"): 2} == callers(watch.calls)
    assert ["Invoke", "CreateQueue", "CreateQueue"] == [call.action for call in watch.calls]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Kind.THROTTLE, "Lambda.TooManyRequestsException"),
        (Kind.SERVER_ERROR, "Lambda.ServiceException"),
        (Kind.DROP_AFTER, "Lambda.SdkClientException"),
        (Kind.FORBIDDEN, "Lambda.AWSLambdaException"),
    ],
)
def test_tasks_name_what_lambda_refuses(aws: "LocalAws", writer: str, kind: Kind, error: str) -> None:
    """A state machine can retry and catch a refused invocation by its name on AWS."""
    task = {"Type": "Task", "Resource": writer, "End": True}

    assert error == failed(aws, f"lambda-{kind.name}", task, Fault(kind, service="lambda", action="Invoke"))


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (Kind.THROTTLE, "EventBridge.ThrottlingException"),
        (Kind.SERVER_ERROR, "EventBridge.InternalException"),
        (Kind.DROP_AFTER, "EventBridge.SdkClientException"),
        (Kind.FORBIDDEN, "EventBridge.EventBridgeException"),
    ],
)
def test_tasks_name_what_eventbridge_refuses(aws: "LocalAws", kind: Kind, error: str) -> None:
    """A state machine can catch a refused PutEvents by its name on AWS, and with States.ALL."""
    entries = [{"Source": "test", "DetailType": "Test", "Detail": {"a": 1}}]
    resource = "arn:aws:states:::events:putEvents"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"Entries": entries}, "End": True}

    assert error == failed(aws, f"events-{kind.name}", task, Fault(kind, service="events", action="PutEvents"))


def failed(aws: "LocalAws", name: str, task: dict[str, Any], fault: Fault) -> str:
    """Run a task with a fault, and return the error that was caught."""
    caught = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]}
    states = {"Task": {**task, **caught}, "Caught": {"Type": "Pass", "End": True}}
    client = aws.client("stepfunctions")
    arn = client.create_state_machine(
        name=name,
        roleArn="arn:aws:iam::123456789012:role/any",
        definition=json.dumps({"StartAt": "Task", "States": states}),
    )["stateMachineArn"]
    with aws.faults.inject(fault):
        execution = client.start_execution(stateMachineArn=arn, input='{"queues": []}')["executionArn"]
        aws.wait_until_idle(20)
    return str(json.loads(client.describe_execution(executionArn=execution)["output"])["Error"])
