"""Which functions a stack or a CodeDeploy deployment means."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from power_tuner.aws.deployment_targets import AwsDeploymentTargets

DEPLOYMENT = "d-PSDFBDRMI"
UNUSED: Any = None


def resource(kind: str, name: str | None) -> dict[str, Any]:
    named = {"PhysicalResourceId": name} if name else {}
    status = {"ResourceStatus": "CREATE_COMPLETE", "LastUpdatedTimestamp": datetime(2026, 11, 23, tzinfo=UTC)}
    return {"LogicalResourceId": "One", "ResourceType": kind, **named, **status}


def test_the_functions_of_a_stack(mocked_aws: None) -> None:  # noqa: ARG001 - keeps real credentials away
    """All of them, beyond the first page, and nothing else of it, nor what was not made."""
    client = boto3.client("cloudformation")
    stack_id = "arn:aws:cloudformation:eu-west-1:123456789012:stack/thumbnails/1a2b"
    first = [resource("AWS::SNS::Topic", "topic"), resource("AWS::Lambda::Function", "makes")]
    second = [resource("AWS::Lambda::Function", None), resource("AWS::Lambda::Function", "shows")]
    with Stubber(client) as stubber:
        stubber.add_response(
            "list_stack_resources", {"StackResourceSummaries": first, "NextToken": "2"}, {"StackName": stack_id}
        )
        stubber.add_response(
            "list_stack_resources", {"StackResourceSummaries": second}, {"StackName": stack_id, "NextToken": "2"}
        )

        assert ["makes", "shows"] == AwsDeploymentTargets(lambda: client, lambda: UNUSED).of_stack(stack_id)


@pytest.fixture
def codedeploy(mocked_aws: None) -> Any:  # noqa: ARG001 - keeps real credentials away
    """Answer as botocore's model of CodeDeploy allows; moto knows no deployment targets."""
    return boto3.client("codedeploy")


def test_the_function_that_codedeploy_shifted(codedeploy: Any) -> None:
    """The event names the deployment alone; its target names the function."""
    target = {
        "deploymentTargetType": "LambdaFunction",
        "lambdaTarget": {
            "deploymentId": DEPLOYMENT,
            "targetId": "thumbnailer:live",
            "status": "Succeeded",
            "lambdaFunctionInfo": {
                "functionName": "thumbnailer",
                "functionAlias": "live",
                "currentVersion": "1",
                "targetVersion": "2",
            },
        },
    }
    with Stubber(codedeploy) as stubber:
        stubber.add_response(
            "list_deployment_targets", {"targetIds": ["thumbnailer:live"]}, {"deploymentId": DEPLOYMENT}
        )
        stubber.add_response(
            "batch_get_deployment_targets",
            {"deploymentTargets": [target]},
            {"deploymentId": DEPLOYMENT, "targetIds": ["thumbnailer:live"]},
        )

        assert ["thumbnailer"] == AwsDeploymentTargets(lambda: UNUSED, lambda: codedeploy).of_code_deploy(DEPLOYMENT)
        stubber.assert_no_pending_responses()


def test_a_deployment_to_servers_has_no_function(codedeploy: Any) -> None:
    """Of 30 instances 25 are asked for, as many as CodeDeploy answers at once; none is a function."""
    servers = [f"i-{number}" for number in range(30)]
    instance = {"deploymentTargetType": "InstanceTarget", "instanceTarget": {"targetId": "i-0", "status": "Succeeded"}}
    with Stubber(codedeploy) as stubber:
        stubber.add_response("list_deployment_targets", {"targetIds": servers})
        stubber.add_response(
            "batch_get_deployment_targets",
            {"deploymentTargets": [instance]},
            {"deploymentId": DEPLOYMENT, "targetIds": servers[:25]},
        )

        assert [] == AwsDeploymentTargets(lambda: UNUSED, lambda: codedeploy).of_code_deploy(DEPLOYMENT)


def test_a_deployment_without_targets_has_no_function(codedeploy: Any) -> None:
    """CodeDeploy refuses to be asked for none."""
    with Stubber(codedeploy) as stubber:
        stubber.add_response("list_deployment_targets", {"targetIds": []})

        assert [] == AwsDeploymentTargets(lambda: UNUSED, lambda: codedeploy).of_code_deploy(DEPLOYMENT)
