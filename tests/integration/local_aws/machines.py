"""State machines for tests, and their executions."""

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from integration.local_aws.conftest import ROLE

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

END = {"Type": "Pass", "End": True}


def machine(aws: "LocalAws", name: str, states: dict[str, Any], **fields: Any) -> str:
    """Create a state machine that starts with the first of its states; return its ARN."""
    definition = {"StartAt": next(iter(states)), "States": states, **fields}
    created = aws.client("stepfunctions").create_state_machine(
        name=name, roleArn=ROLE, definition=json.dumps(definition)
    )
    return str(created["stateMachineArn"])


def run(aws: "LocalAws", machine_arn: str, document: Any = None) -> dict[str, Any]:
    """Run a state machine to its end and describe the execution."""
    client = aws.client("stepfunctions")
    arn = client.start_execution(stateMachineArn=machine_arn, input=json.dumps(document or {}))["executionArn"]
    deadline = time.monotonic() + 15
    while True:
        described: dict[str, Any] = client.describe_execution(executionArn=arn)
        if described["status"] != "RUNNING" or time.monotonic() > deadline:
            return described
        time.sleep(0.01)


def definition(**states: Any) -> str:
    """Return the definition of a state machine that starts with the first of its states."""
    return json.dumps({"StartAt": next(iter(states)), "States": states})


def create(aws: "LocalAws", name: str, text: str, **fields: Any) -> str:
    """Create a state machine; return its ARN."""
    created = aws.client("stepfunctions").create_state_machine(name=name, roleArn=ROLE, definition=text, **fields)
    return str(created["stateMachineArn"])


def refused(aws: "LocalAws", text: str, **fields: Any) -> tuple[str, str]:
    """Return the error of a state machine that cannot be created."""
    with pytest.raises(ClientError) as caught:
        create(aws, "refused", text, **fields)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
