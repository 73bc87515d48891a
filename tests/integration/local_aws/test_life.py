"""A local AWS begins empty and leaves nothing behind."""

import threading

import pytest

from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws


def test_next_one_sees_nothing_of_the_one_before() -> None:
    """State ends with close: the next local AWS of the process has no buckets, tables, rules or state machines."""
    with LocalAws() as first:
        first.client("s3").create_bucket(Bucket="leftover")
        first.client("events").put_rule(Name="leftover", ScheduleExpression="rate(1 day)")
    with LocalAws() as second:
        assert [] == second.client("s3").list_buckets()["Buckets"]
        assert [] == second.client("events").list_rules()["Rules"]


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
