"""The executions of the state machine."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from power_tuner.ports import KnownExecution

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StepFunctionsExecutions:
    """Step Functions over boto3.

    Args:
        client: Step Functions.
        state_machine_arn: the state machine; its name is in the ARN of every execution.
    """

    def __init__(self, client: "SFNClient", state_machine_arn: str = "") -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, name: str, execution_input: Mapping[str, object]) -> KnownExecution | None:
        """Start an execution; return None if it runs with this input, else the execution that has this name already."""
        try:
            self._client.start_execution(
                stateMachineArn=self._state_machine_arn, name=name, input=json.dumps(execution_input)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            arn = self._state_machine_arn.replace(":stateMachine:", ":execution:") + f":{name}"
            known = self._client.describe_execution(executionArn=arn)
            return KnownExecution(known["status"], known["startDate"].timestamp())
        return None

    def stop(self, execution_arn: str, cause: str) -> None:
        """Stop an execution, if it runs."""
        try:
            self._client.stop_execution(executionArn=execution_arn, error="Superseded", cause=cause)
        except self._client.exceptions.ExecutionDoesNotExist:
            return

    def ended(self, execution_arn: str) -> str | None:
        """Return how an execution ended, None while it runs; ABORTED if Step Functions no longer knows it."""
        try:
            status = self._client.describe_execution(executionArn=execution_arn)["status"]
        except self._client.exceptions.ExecutionDoesNotExist:
            return "ABORTED"
        return None if status in {"RUNNING", "PENDING_REDRIVE"} else status
