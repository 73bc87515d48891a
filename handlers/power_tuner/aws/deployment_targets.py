"""The functions of a deployment whose event does not name them."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from power_tuner.ports import DeploymentNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_cloudformation import CloudFormationClient

    from power_tuner.aws.clients import Client

_TARGETS_AT_ONCE = 25
_UNKNOWN = frozenset({"ValidationError", "DeploymentDoesNotExistException", "InvalidDeploymentIdException"})


class AwsDeploymentTargets:
    """CloudFormation and CodeDeploy over boto3; each client is made when it is first needed.

    Args:
        cloudformation: returns the client.
        codedeploy: returns the client.
    """

    def __init__(
        self, cloudformation: "Callable[[], CloudFormationClient]", codedeploy: "Callable[[], Client]"
    ) -> None:
        self._cloudformation = cloudformation
        self._codedeploy = codedeploy

    def of_stack(self, stack_id: str) -> list[str]:
        """Return the names of a stack's functions."""
        pages = self._cloudformation().get_paginator("list_stack_resources").paginate(StackName=stack_id)
        with _found(f"the stack {stack_id}"):
            return [
                resource["PhysicalResourceId"]
                for page in pages
                for resource in page["StackResourceSummaries"]
                if resource["ResourceType"] == "AWS::Lambda::Function" and resource.get("PhysicalResourceId")
            ]

    def of_code_deploy(self, deployment_id: str) -> list[str]:
        """Return the names of the functions that a CodeDeploy deployment shifted."""
        client = self._codedeploy()
        with _found(f"the CodeDeploy deployment {deployment_id}"):
            targets = client.list_deployment_targets(deploymentId=deployment_id)["targetIds"]
        if not targets:
            return []
        answer = client.batch_get_deployment_targets(deploymentId=deployment_id, targetIds=targets[:_TARGETS_AT_ONCE])
        found = [target.get("lambdaTarget", {}).get("lambdaFunctionInfo", {}) for target in answer["deploymentTargets"]]
        return [function["functionName"] for function in found if function.get("functionName")]


@contextmanager
def _found(what: str) -> "Iterator[None]":
    """Name the error of AWS that says that there is none."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNKNOWN:
            raise
        raise DeploymentNotFound(f"{what} does not exist, or not any more: {error}") from error
