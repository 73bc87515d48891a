"""Schedules fire on request."""

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from power_tuner_local import LocalAws, Stack

pytestmark = pytest.mark.local_aws


def test_rule_with_a_schedule_starts_its_state_machine(aws: "LocalAws", stack: "Stack") -> None:
    """Firing a scheduled rule starts its target with the target's input."""
    aws.fire_schedule("sample-nightly")
    aws.wait_until_idle(20)

    states = aws.client("stepfunctions")
    [execution] = states.list_executions(stateMachineArn=stack.outputs["StateMachineArn"])["executions"]
    described = states.describe_execution(executionArn=execution["executionArn"])
    assert ("SUCCEEDED", {"from": "nightly"}) == (described["status"], json.loads(described["input"]))


def test_scheduler_schedule_invokes_its_function(aws: "LocalAws", stack: "Stack") -> None:
    """Firing a Scheduler schedule of the template invokes its function with the schedule's input."""
    [schedule] = aws.client("scheduler").list_schedules()["Schedules"]
    aws.fire_schedule(schedule["Name"])
    aws.wait_until_idle(20)

    items = aws.client("dynamodb").scan(TableName=stack.outputs["TableName"])["Items"]
    assert {"task": "sweep"} in [json.loads(item["event"]["S"]) for item in items]


def test_unknown_schedule_is_refused_by_name(aws: "LocalAws", stack: "Stack") -> None:
    """The error names the unknown schedule, and those that exist."""
    assert stack.outputs
    with pytest.raises(LookupError, match=r"'hourly'.*sample-nightly"):
        aws.fire_schedule("hourly")
