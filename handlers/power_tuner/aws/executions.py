"""The executions of the state machine."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class StepFunctionsExecutions:
    """Step Functions over boto3."""

    def __init__(self, client: "SFNClient") -> None:
        self._client = client

    def running(self, execution_arn: str) -> bool:
        """Tell whether an execution is still under way; one that Step Functions has forgotten is not."""
        try:
            return self._client.describe_execution(executionArn=execution_arn)["status"] == "RUNNING"
        except self._client.exceptions.ExecutionDoesNotExist:
            return False
