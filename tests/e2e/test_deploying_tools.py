"""Deployments as tools make them: each tool's calls in its order, each call told as AWS tells it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from e2e.cloud import Cloud, Tuner, bundle, wait_for
from e2e.test_deployments import deployed, enroll, put, runs
from event_contracts import example

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]
NEW_CODE = "def handler(event, context):\n    return 'new'\n"
CODE, CONFIGURATION, VERSION, ALIAS, MEMORY = "code", "configuration", "version", "alias", "memory"
EVENTS = {
    CODE: "deployment-update-code",
    CONFIGURATION: "deployment-update-configuration",
    VERSION: "deployment-publish-version",
    ALIAS: "deployment-update-alias",
    MEMORY: "deployment-update-configuration",
}
# Sources: resource_function.go of terraform-provider-aws; the resource types AWS::Lambda::Function, Version and Alias;
# `aws lambda update-function-code --publish`; packages of Serverless Framework go by CloudFormation.
TOOLS = {
    "Terraform with publish": [CONFIGURATION, CODE, VERSION, ALIAS],
    "Terraform, code alone": [CODE],
    "CDK with a version and an alias": [CODE, CONFIGURATION, VERSION, ALIAS],
    "CDK hotswap": [CODE],
    "SAM sync": [CONFIGURATION, CODE],
    "the command line": [CODE, VERSION, ALIAS],
    "an environment variable alone": [CONFIGURATION],
}


def settled(act: Callable[[], Any]) -> Any:
    """Call until no update is in progress any more, as all tools do."""

    def once() -> Any:
        try:
            return [act()]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceConflictException":
                raise
            return None

    return wait_for("Lambda accepts the call", once)[0]


def deploy(cloud: Cloud, arn: str, step: str) -> None:
    """Make one call of a deployment, and tell of it."""
    client = cloud.client("lambda")
    detail: dict[str, Any] = {}
    if step == CODE:
        settled(lambda: client.update_function_code(FunctionName=arn, ZipFile=bundle(NEW_CODE)))
    elif step == CONFIGURATION:
        variables = {"Variables": {"RELEASE": "2"}}
        settled(lambda: client.update_function_configuration(FunctionName=arn, Environment=variables))
        detail = {"requestParameters": {"functionName": arn, "environment": {}}}
    elif step == MEMORY:
        settled(lambda: client.update_function_configuration(FunctionName=arn, MemorySize=640))
        detail = {"requestParameters": {"functionName": arn, "memorySize": 640}}
    elif step == VERSION:
        settled(lambda: client.publish_version(FunctionName=arn, Description="release 2"))
    else:
        versions = client.list_versions_by_function(FunctionName=arn)["Versions"]
        latest = next(each["Version"] for each in reversed(versions) if each["Description"] == "release 2")
        client.update_alias(FunctionName=arn, Name="live", FunctionVersion=latest)
        shown = json.loads(json.dumps(example(EVENTS[step])["detail"]["requestParameters"]))
        detail = {"requestParameters": {**shown, "functionName": arn, "name": "live", "functionVersion": latest}}
    put(cloud, deployed(arn, EVENTS[step], **detail))


@pytest.mark.parametrize("tool", TOOLS)
def test_what_was_deployed_in_the_end_is_tuned(cloud: Cloud, tuner: Tuner, target: MakeTarget, tool: str) -> None:
    """A call may start a run, which the next one overtakes; the last measures what runs now, and all is as deployed."""
    arn = target()
    client = cloud.client("lambda")
    first = client.publish_version(FunctionName=arn, Description="release 1")["Version"]
    client.create_alias(FunctionName=arn, Name="live", FunctionVersion=first)
    enroll(tuner, arn)

    for step in TOOLS[tool]:
        deploy(cloud, arn, step)
    wait_for("a run is completed", lambda: runs(tuner, arn, "completed"))
    cloud.settle()

    now = client.get_function_configuration(FunctionName=arn)
    completed = sorted(runs(tuner, arn, "completed"), key=lambda item: str(item["startedAt"]))
    assert completed[-1]["codeSha256"] == now["CodeSha256"]
    # Until a run has noted what it found, nobody knows whether it measures the last call: one more run is harmless.
    assert len(completed) <= len(TOOLS[tool])
    assert now["MemorySize"] == 512
    assert now.get("Environment", {}).get("Variables", {}) == ({"RELEASE": "2"} if CONFIGURATION in TOOLS[tool] else {})
    described = [each["Description"] for each in client.list_versions_by_function(FunctionName=arn)["Versions"]]
    assert sorted(described) == sorted(["", "release 1", *(["release 2"] if VERSION in TOOLS[tool] else [])])
    alias = client.get_alias(FunctionName=arn, Name="live")["FunctionVersion"]
    pointed_at = client.get_function_configuration(FunctionName=arn, Qualifier=alias)["Description"]
    assert pointed_at == ("release 2" if ALIAS in TOOLS[tool] else "release 1")
    assert not tuner.leases(arn)


def test_another_memory_size_alone_is_no_deployment(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """Whoever sets it has decided; it is measured with the next deployment."""
    arn = target()
    enroll(tuner, arn)

    deploy(cloud, arn, MEMORY)
    cloud.settle()

    assert runs(tuner, arn, "completed") == []
    assert cloud.client("lambda").get_function_configuration(FunctionName=arn)["MemorySize"] == 640
