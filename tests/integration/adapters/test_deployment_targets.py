"""Which functions a stack or a CodeDeploy deployment means: the adapter and its stand-in keep the same promises."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fakes import FakeDeploymentTargets
from power_tuner.aws.deployment_targets import AwsDeploymentTargets
from power_tuner.ports import DeploymentNotFound, DeploymentTargets

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/thumbnails/1a2b"
DEPLOYMENT = "d-PSDFBDRMI"
UNUSED: Any = None


def resource(kind: str, name: str | None) -> dict[str, Any]:
    named = {"PhysicalResourceId": name} if name else {}
    status = {"ResourceStatus": "CREATE_COMPLETE", "LastUpdatedTimestamp": datetime(2026, 11, 23, tzinfo=UTC)}
    return {"LogicalResourceId": "One", "ResourceType": kind, **named, **status}


def shifted(name: str | None) -> dict[str, Any]:
    function = {"functionAlias": "live", **({"functionName": name} if name else {})}
    target = {"deploymentId": DEPLOYMENT, "targetId": "one", "status": "Succeeded", "lambdaFunctionInfo": function}
    return {"deploymentTargetType": "LambdaFunction", "lambdaTarget": target}


@pytest.fixture(params=["fake", "AWS"])
def deployments(request: pytest.FixtureRequest) -> Callable[[list[str]], DeploymentTargets]:
    """Return what makes the deployments of functions; CodeDeploy answers as botocore's model of it allows."""
    if request.param == "fake":
        return lambda names: FakeDeploymentTargets({STACK: names}, {DEPLOYMENT: names})
    request.getfixturevalue("mocked_aws")

    def deploy(names: list[str]) -> DeploymentTargets:
        cloudformation, codedeploy = boto3.client("cloudformation"), boto3.client("codedeploy")
        stack, shifts = Stubber(cloudformation), Stubber(codedeploy)
        resources = [resource("AWS::Lambda::Function", name) for name in names]
        stack.add_response("list_stack_resources", {"StackResourceSummaries": resources}, {"StackName": STACK})
        stack.add_client_error("list_stack_resources", "ValidationError", "does not exist")
        shifts.add_response("list_deployment_targets", {"targetIds": names}, {"deploymentId": DEPLOYMENT})
        if names:
            targets = {"deploymentTargets": [shifted(name) for name in names]}
            shifts.add_response("batch_get_deployment_targets", targets)
        shifts.add_client_error("list_deployment_targets", "DeploymentDoesNotExistException", "does not exist")
        for stubber in (stack, shifts):
            stubber.activate()
        return AwsDeploymentTargets(lambda: cloudformation, lambda: codedeploy)

    return deploy


@pytest.mark.parametrize("names", [[], ["makes"], ["shows", "makes"]])
def test_a_deployment_means_its_functions(
    deployments: Callable[[list[str]], DeploymentTargets], names: list[str]
) -> None:
    """In the order of the deployment."""
    deployed = deployments(names)

    assert (names, names) == (deployed.of_stack(STACK), deployed.of_code_deploy(DEPLOYMENT))


def test_an_unknown_deployment_is_an_error(deployments: Callable[[list[str]], DeploymentTargets]) -> None:
    """It is not a deployment of nothing."""
    deployed = deployments([])
    deployed.of_stack(STACK)
    deployed.of_code_deploy(DEPLOYMENT)

    with pytest.raises(DeploymentNotFound):
        deployed.of_stack(f"{STACK}-2")
    with pytest.raises(DeploymentNotFound):
        deployed.of_code_deploy("d-UNKNOWN")


def test_the_functions_of_a_stack(mocked_aws: None) -> None:  # noqa: ARG001 - keeps real credentials away
    """All of them, beyond the first page, and nothing else of it, nor what was not made."""
    client = boto3.client("cloudformation")
    first = [resource("AWS::SNS::Topic", "topic"), resource("AWS::Lambda::Function", "makes")]
    second = [resource("AWS::Lambda::Function", None), resource("AWS::Lambda::Function", "shows")]
    with Stubber(client) as stubber:
        stubber.add_response(
            "list_stack_resources", {"StackResourceSummaries": first, "NextToken": "2"}, {"StackName": STACK}
        )
        stubber.add_response(
            "list_stack_resources", {"StackResourceSummaries": second}, {"StackName": STACK, "NextToken": "2"}
        )

        assert ["makes", "shows"] == AwsDeploymentTargets(lambda: client, lambda: UNUSED).of_stack(STACK)


@pytest.fixture
def codedeploy(mocked_aws: None) -> Any:  # noqa: ARG001 - keeps real credentials away
    """Answer as botocore's model of CodeDeploy allows; moto knows no deployment targets."""
    return boto3.client("codedeploy")


def test_the_function_that_codedeploy_shifted(codedeploy: Any) -> None:
    """The event names the deployment alone; its target names the function, if it names one."""
    unnamed: list[Any] = [shifted(None), {"deploymentTargetType": "LambdaFunction", "lambdaTarget": {}}]
    with Stubber(codedeploy) as stubber:
        stubber.add_response(
            "list_deployment_targets", {"targetIds": ["thumbnailer:live"]}, {"deploymentId": DEPLOYMENT}
        )
        stubber.add_response(
            "batch_get_deployment_targets",
            {"deploymentTargets": [*unnamed, shifted("thumbnailer")]},
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
