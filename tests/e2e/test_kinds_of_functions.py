"""Which kinds of functions are tuned, and which are refused by name before anything is touched."""

from collections.abc import Callable
from typing import Any

import pytest

from e2e.cloud import Cloud, Tuner, bundle, trace_of, wait_for

pytestmark = pytest.mark.local_aws

REGION_AND_ACCOUNT = "us-east-1:123456789012"
MANAGED = {
    "LambdaManagedInstancesCapacityProviderConfig": {
        "CapacityProviderArn": f"arn:aws:lambda:{REGION_AND_ACCOUNT}:capacity-provider:ours"
    }
}
EFS = f"arn:aws:elasticfilesystem:{REGION_AND_ACCOUNT}:access-point/fsap-0123456789abcdef0"
S3_FILES = f"arn:aws:s3files:{REGION_AND_ACCOUNT}:file-system/fs-0123456789abcdef0/access-point/fsap-0123456789abcdef0"


def made(cloud: Cloud, name: str, **settings: Any) -> str:
    """Create a function with settings as AWS takes them, and return its ARN."""
    client = cloud.client("lambda")
    arn: str = client.create_function(
        FunctionName=name,
        Role="arn:aws:iam::123456789012:role/r",
        Code={"ZipFile": bundle("def handler(event, context):\n    return 1\n")},
        Handler="app.handler",
        Runtime="python3.13",
        **settings,
    )["FunctionArn"]
    wait_for("the function", lambda: client.get_function_configuration(FunctionName=arn)["State"] == "Active")
    return arn


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"CapacityProviderConfig": MANAGED}, "it runs on managed instances"),
        ({"CapacityProviderConfig": MANAGED, "Timeout": 5400}, "it runs on managed instances"),
        ({"DurableConfig": {"ExecutionTimeout": 60}}, "it is a durable function"),
        ({"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}, "it isolates tenants"),
        ({"AcceleratorConfig": {"AcceleratorMemorySize": 24}}, "it has an accelerator"),
    ],
    ids=["managed", "longest-timeout", "durable", "tenants", "accelerator"],
)
def test_refused_by_name(
    cloud: Cloud, tuner: Tuner, request: pytest.FixtureRequest, settings: dict[str, Any], expected: str
) -> None:
    """The run fails with the reason, and the function is as it was."""
    arn = made(cloud, f"refused-{request.node.callspec.id}", **settings)
    before = trace_of(cloud, arn)

    ended = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [128, 256]})

    assert ("FAILED", "TargetNotTunable") == (ended["status"], ended["error"])
    assert f"cannot be tuned: {expected}" in ended["cause"]
    assert before == trace_of(cloud, arn)


@pytest.mark.parametrize(
    "settings",
    [
        {"FileSystemConfigs": [{"Arn": EFS, "LocalMountPath": "/mnt/efs"}]},
        {
            "FileSystemConfigs": [
                {"Arn": S3_FILES, "LocalMountPath": "/mnt/s3", "S3FilesConfig": {"DirectS3Read": "AUTO"}}
            ]
        },
        {"EphemeralStorage": {"Size": 10_240}, "Timeout": 900},
        {"SnapStart": {"ApplyOn": "PublishedVersions"}},
        {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
        {"LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "DEBUG"}},
    ],
    ids=["efs", "s3-files", "ephemeral-storage", "snap-start", "vpc", "debug-log"],
)
def test_tuned(cloud: Cloud, tuner: Tuner, request: pytest.FixtureRequest, settings: dict[str, Any]) -> None:
    """Each memory size is measured, and the function is as it was."""
    arn = made(cloud, f"tuned-{request.node.callspec.id}", **settings)
    before = trace_of(cloud, arn)

    ended = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [128, 256]})

    assert "SUCCEEDED" == ended["status"], ended
    assert before == trace_of(cloud, arn)


def test_reserved_concurrency_of_zero(cloud: Cloud, tuner: Tuner, target: Callable[..., str]) -> None:
    """A function that is switched off is left so, and the reason says what to do."""
    arn = target()
    cloud.client("lambda").put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    before = trace_of(cloud, arn)

    ended = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [128]})

    assert "FAILED" == ended["status"]
    assert "reserved concurrency is 0" in ended["cause"]
    assert before == trace_of(cloud, arn)
