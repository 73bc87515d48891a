"""Functions as Lambda shows them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from power_tuner.errors import TargetNotTunable
from power_tuner.tuning.target import FunctionSnapshot, require_tunable

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


def snapshot(**configuration: Any) -> FunctionSnapshot:
    return FunctionSnapshot.from_configuration(
        {
            "FunctionArn": ARN,
            "Version": "$LATEST",
            "MemorySize": 1024,
            "Timeout": 30,
            "CodeSha256": "code-1",
            "RevisionId": "revision-1",
            **configuration,
        }
    )


def obstacle(**configuration: Any) -> str:
    with pytest.raises(TargetNotTunable) as caught:
        require_tunable(snapshot(**configuration), "thumbnailer")
    return str(caught.value).removeprefix("thumbnailer cannot be tuned: ")


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        (
            {"CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {}}},
            "it runs on managed instances, which are not billed by memory and duration.",
        ),
        (
            {"DurableConfig": {"ExecutionTimeout": 60}},
            "it is a durable function, whose REPORT tells of one replay and not of the whole execution.",
        ),
        (
            {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}},
            "it isolates tenants and needs a tenant id with each invocation.",
        ),
        (
            {"State": "Failed", "StateReason": "the image is gone", "PackageType": "Image"},
            "its state is Failed (the image is gone); wait until it is Active, or deploy it again.",
        ),
        (
            {"LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "WARN"}},
            (
                "its log has no reports of successful invocations (LoggingConfig: SystemLogLevel WARN), which are what "
                "is measured; set SystemLogLevel to INFO."
            ),
        ),
        (
            {"AcceleratorConfig": {"AcceleratorMemorySize": 24}},
            "it has an accelerator, which the prices of memory and duration do not tell.",
        ),
        (
            {"MasterArn": "arn:aws:lambda:us-east-1:123456789012:function:thumbnailer:3"},
            (
                "it is a replica of arn:aws:lambda:us-east-1:123456789012:function:thumbnailer:3, made by Lambda@Edge, "
                "and has no settings of its own; tune that function."
            ),
        ),
        (
            {"State": "Deactivating"},
            "its state is Deactivating (no reason given); wait until it is Active, or deploy it again.",
        ),
        (
            {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no such subnet"},
            "its last update failed (no such subnet); deploy it again first.",
        ),
        (
            {"State": "Inactive", "LastUpdateStatus": "Failed"},
            "its last update failed (no reason given); deploy it again first.",
        ),
    ],
)
def test_what_cannot_be_tuned_is_refused(configuration: dict[str, Any], expected: str) -> None:
    """The refusal says why, and what to do where something can be done."""

    assert expected == obstacle(**configuration)


@pytest.mark.parametrize(
    "configuration",
    [
        {"Timeout": 900},
        {"MasterArn": f"{ARN}:3"},
        {"State": "Pending", "StateReason": "being created"},
        {"LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "INFO"}},
        {"LoggingConfig": {"LogFormat": "Text", "LogGroup": "/custom"}},
        {},
        {"State": "Active", "LastUpdateStatus": "Successful"},
        {"State": "Inactive", "StateReason": "idle"},
        {"LastUpdateStatus": "InProgress"},
        {"SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}},
        {"PackageType": "Image", "State": "Active"},
        {"FileSystemConfigs": [{"Arn": "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-1"}]},
        {"EphemeralStorage": {"Size": 10_240}},
        {"SigningProfileVersionArn": "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/ours/1"},
        {"RuntimeVersionConfig": {"RuntimeVersionArn": "arn:aws:lambda:eu-west-1::runtime:0cdc"}},
        {"RuntimeConfig": {"RuntimeArn": "arn:aws:lambda:eu-west-1:123456789012:runtime/ours", "RuntimeAlias": "live"}},
    ],
)
def test_ordinary_functions_can_be_tuned(configuration: dict[str, Any]) -> None:
    """Active and idle functions have no obstacle, SnapStart, images, file systems and managed runtimes included."""
    ordinary = snapshot(**configuration)
    require_tunable(ordinary, "thumbnailer")

    assert ordinary.obstacle is None


@pytest.mark.parametrize("call_s", [60, 123, 900])
def test_an_invocation_fits_into_a_call(call_s: int) -> None:
    """A timeout as long as a call is accepted; one second more is refused, and the parameter named."""
    require_tunable(snapshot(Timeout=call_s), "thumbnailer", call_s=call_s)
    with pytest.raises(TargetNotTunable) as caught:
        require_tunable(snapshot(Timeout=call_s + 1), "thumbnailer", call_s=call_s)

    assert str(caught.value) == (
        f"thumbnailer cannot be tuned: its timeout is {call_s + 1} s, and a call of the tuner may take {call_s} s "
        "(totalExecutionTimeout); set a shorter timeout, or deploy the tuner with a longer one."
    )


def test_what_lambda_leaves_out_has_a_meaning() -> None:
    """Old functions have no architecture and no state; images have no runtime."""
    old = snapshot(PackageType="Image")

    assert ("x86_64", "Image", "", "Active", False) == (
        old.architecture,
        old.runtime,
        old.description,
        old.state,
        old.update_in_progress,
    )


def test_a_snapshot_has_what_lambda_answered() -> None:
    """Each field from its own place; an update in progress is noticed."""
    found = snapshot(
        FunctionArn=f"{ARN}:7",
        Version="7",
        MemorySize=896,
        Timeout=17,
        Architectures=["arm64"],
        Runtime="nodejs22.x",
        CodeSha256="code-7",
        Description="release 7",
        RevisionId="revision-7",
        State="Pending",
        LastUpdateStatus="InProgress",
    )

    assert (f"{ARN}:7", "7", 896, 17, "arm64") == (
        found.arn,
        found.version,
        found.memory_mb,
        found.timeout_s,
        found.architecture,
    )
    assert ("nodejs22.x", "code-7", "release 7", "revision-7", "Pending", True) == (
        found.runtime,
        found.code_sha256,
        found.description,
        found.revision_id,
        found.state,
        found.update_in_progress,
    )


@pytest.mark.parametrize(
    ("configuration", "architecture", "runtime"),
    [({"Architectures": []}, "x86_64", "Zip"), ({"PackageType": "Zip", "Runtime": "java21"}, "x86_64", "java21")],
)
def test_a_function_has_an_architecture_and_a_runtime(
    configuration: dict[str, Any], architecture: str, runtime: str
) -> None:
    """Whatever Lambda leaves out."""
    found = snapshot(**configuration)

    assert (architecture, runtime) == (found.architecture, found.runtime)


def test_the_fingerprint_is_of_the_content() -> None:
    """Not of the order in which Lambda answers, nor of what JSON does not know; it is a SHA-256."""
    one = snapshot(
        Handler="app.handler", Environment={"Variables": {"A": "1", "B": "2"}}, Seen=datetime(2026, 11, 23, tzinfo=UTC)
    )
    other = snapshot(
        Seen=datetime(2026, 11, 23, tzinfo=UTC), Environment={"Variables": {"B": "2", "A": "1"}}, Handler="app.handler"
    )

    assert one.fingerprint == other.fingerprint
    assert (64, 64) == (len(one.fingerprint), len(one.version_fingerprint))


@pytest.mark.parametrize(
    "change",
    [
        {"MemorySize": 512},
        {"RevisionId": "revision-2"},
        {"LastModified": "2026-11-23T12:00:00.000+0000"},
        {"LastUpdateStatus": "InProgress", "LastUpdateStatusReason": "updating"},
        {"LastUpdateStatus": "InProgress", "LastUpdateStatusReasonCode": "Updating"},
        {"State": "Inactive", "StateReason": "idle", "StateReasonCode": "Idle"},
        {"CodeSize": 2451},
        {"FunctionArn": f"{ARN}:7", "MasterArn": ARN, "Version": "7"},
        {"ResponseMetadata": {"RequestId": "8f5b"}},
        {"ConfigSha256": "abc"},
        {"RuntimeVersionConfig": {"RuntimeVersionArn": "patched"}},
    ],
)
def test_our_own_updates_leave_the_fingerprint(change: dict[str, Any]) -> None:
    """Memory, and what changes by itself, are not in the fingerprint."""

    assert snapshot().fingerprint == snapshot(**change).fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"Environment": {"Variables": {"STAGE": "prod"}}},
        {"Timeout": 31},
        {"CodeSha256": "code-2"},
        {"Handler": "app.other"},
        {"Layers": [{"Arn": "arn:layer:2"}]},
        {"VpcConfig": {"SubnetIds": ["subnet-1"]}},
        {"Description": "deployed"},
        {"Role": "arn:aws:iam::123456789012:role/other"},
    ],
)
def test_a_deployment_changes_the_fingerprint(change: dict[str, Any]) -> None:
    """Whatever a deployment can change is in the fingerprint."""

    assert snapshot().fingerprint != snapshot(**change).fingerprint


@pytest.mark.parametrize("change", [{"Timeout": 31}, {"CodeSha256": "code-2"}, {"Layers": [{"Arn": "arn:layer:2"}]}])
def test_a_version_of_something_else_is_noticed(change: dict[str, Any]) -> None:
    """What is not a version's own counts for versions too."""
    assert snapshot().version_fingerprint != snapshot(**change).version_fingerprint


def test_a_version_is_compared_without_what_is_its_own() -> None:
    """A published version has its own ARN, description and SnapStart state, and is the same function still."""
    version = snapshot(
        FunctionArn=f"{ARN}:3",
        Version="3",
        Description="power-tuner run run-1",
        SnapStart={"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"},
    )

    assert snapshot().version_fingerprint == version.version_fingerprint


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        ({"State": "Pending"}, True),
        ({"State": "Pending", "LastUpdateStatus": "Successful"}, True),
        ({"State": "Active", "LastUpdateStatus": "InProgress"}, True),
        ({"State": "Active", "LastUpdateStatus": "Successful"}, False),
        ({"State": "Inactive"}, False),
    ],
)
def test_a_creation_is_an_update_in_progress(configuration: dict[str, Any], expected: bool) -> None:  # noqa: FBT001
    """A function is Pending right after CreateFunction; that passes by itself."""
    assert expected == snapshot(**configuration).update_in_progress


def test_a_caller_without_the_key_sees_the_same_function() -> None:
    """Whoever may not decrypt the variables gets an error that names its own role; the function did not change."""
    message = "Lambda was unable to decrypt your environment variables: {} is not authorized to perform: kms:Decrypt"
    seen = [
        snapshot(
            KMSKeyArn="arn:key", Environment={"Error": {"ErrorCode": "AccessDenied", "Message": message.format(by)}}
        )
        for by in ("Initializer", "Publisher")
    ]

    assert seen[0].fingerprint == seen[1].fingerprint
    assert seen[0].version_fingerprint == seen[1].version_fingerprint


def test_variables_belong_to_the_function() -> None:
    """Another value is another configuration."""
    first, second = (snapshot(Environment={"Variables": {"STAGE": stage}}) for stage in ("prod", "test"))

    assert first.fingerprint != second.fingerprint
