"""A local AWS starts empty and leaves nothing behind."""

import json
import threading

import pytest
from moto.cloudformation import parsing
from moto.events.models import EventBus, Rule
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from integration.local_aws.conftest import SAMPLE
from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws


def test_next_one_sees_nothing_of_the_one_before() -> None:
    """The next local AWS of a process has no buckets or rules of the one before."""
    with LocalAws() as first:
        first.client("s3").create_bucket(Bucket="leftover")
        first.client("events").put_rule(Name="leftover", ScheduleExpression="rate(1 day)")
    with LocalAws() as second:
        assert [] == second.client("s3").list_buckets()["Buckets"]
        assert [] == second.client("events").list_rules()["Rules"]


def events_of_a_run(aws: LocalAws, text: str) -> list[str]:
    """Deploy the sample stack, run its state machine, and return the events that its function has stored."""
    outputs = aws.deploy(SAMPLE, stack_name="sample").outputs
    states, table = aws.client("stepfunctions"), aws.client("dynamodb")
    states.start_execution(stateMachineArn=outputs["StateMachineArn"], name="same", input=json.dumps(text))
    aws.wait_until_idle()
    return [item["event"]["S"] for item in table.scan(TableName=outputs["TableName"])["Items"]]


def test_two_in_one_process_share_nothing() -> None:
    """The same stack and execution in one local AWS and then in another: each has its own calls and events only."""
    with LocalAws() as first:
        events_before = events_of_a_run(first, "first")
    with LocalAws() as second:
        events_after = events_of_a_run(second, "second")

    assert 3 == len(events_before)
    assert 3 == len(events_after)
    assert all("second" in event for event in events_after)


def test_moto_is_its_own_again_after_close() -> None:
    """What a local AWS replaces in moto's classes and modules is put back when it is closed."""
    owners = (parsing, EventBus, Rule, StateMachine, Execution, StepFunctionsParserBackend)
    before = [dict(vars(owner)) for owner in owners]
    with LocalAws():
        during = [dict(vars(owner)) for owner in owners]
    after = [dict(vars(owner)) for owner in owners]

    assert all(replaced != original for replaced, original in zip(during, before, strict=True))
    assert before == after


def test_close_ends_executions_and_threads() -> None:
    """After close no thread of the local AWS serves, delivers or waits for a state machine."""
    before = {thread.name for thread in threading.enumerate()}
    with LocalAws() as aws:
        states = aws.client("stepfunctions")
        arn = states.create_state_machine(
            name="waits",
            roleArn="arn:aws:iam::123456789012:role/r",
            definition='{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": true}}}',
        )["stateMachineArn"]
        states.start_execution(stateMachineArn=arn)
    left = {thread.name for thread in threading.enumerate() if thread.name.startswith("local-aws")} - before

    assert set() == left
