"""The functions of a deployment whose event does not name them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_cloudformation import CloudFormationClient

    from power_tuner.aws.clients import Client

_TARGETS_AT_ONCE = 25


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
        return [
            resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == "AWS::Lambda::Function" and resource.get("PhysicalResourceId")
        ]

    def of_code_deploy(self, deployment_id: str) -> list[str]:
        """Return the names of the functions that a CodeDeploy deployment shifted."""
        client = self._codedeploy()
        targets = client.list_deployment_targets(deploymentId=deployment_id)["targetIds"]
        if not targets:
            return []
        answer = client.batch_get_deployment_targets(deploymentId=deployment_id, targetIds=targets[:_TARGETS_AT_ONCE])
        found = [target.get("lambdaTarget", {}).get("lambdaFunctionInfo", {}) for target in answer["deploymentTargets"]]
        return [function["functionName"] for function in found if function.get("functionName")]
