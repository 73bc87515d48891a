"""A KMS key of one's own: it encrypts all that is kept, and only who reads or writes there may use it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.cloud import LocalCloud, Tuner, open_local_cloud, trace_of
from e2e.conftest import target  # noqa: F401 - fixture
from power_tuner_cli.deployment.rights import MODES, granted
from power_tuner_cli.deployment.template import Template

TEMPLATE = Template.read(Path(__file__).parents[2] / "template.yaml")
KEY = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-0000-4000-8000-000000000001"
PAYLOAD_KEY = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-0000-4000-8000-000000000002"
WITH_KEY = {"kmsKeyArn": KEY, "payloadS3Bucket": "ours", "payloadKmsKeyArns": PAYLOAD_KEY}
READS = {"dynamodb", "s3:GetObject", "sqs"}
WRITES = {"s3:PutObject", "sqs"}


def properties(kind: str, parameters: dict[str, str]) -> list[dict[str, Any]]:
    found = TEMPLATE.resources(parameters).values()
    return [each["Properties"] for each in found if each["Type"] == kind]


def who_needs(kinds: set[str], parameters: dict[str, str]) -> set[str]:
    """Whoever the template lets do something of these kinds to table, bucket or queue."""
    resources = TEMPLATE.resources(parameters)
    found = {
        grant.who
        for grant in granted(TEMPLATE, parameters)
        if {grant.action, grant.action.partition(":")[0]} & kinds and not grant.resources[0].endswith("payloadS3Key}")
    }
    sends = {name for name, each in resources.items() if "DeadLetterQueue" in each.get("Properties", {})}
    # The roles of the schedules send what could not be started.
    schedules = {name.removesuffix("Role") for name in resources if name.endswith("ScheduleRole")}
    return found | sends | schedules


@pytest.mark.parametrize("mode", MODES)
def test_without_a_key_nobody_may_use_any(mode: str) -> None:
    """A bucket for payloads alone gives no permission on keys either."""
    of_kms = [
        grant
        for grant in granted(TEMPLATE, {"mode": mode, "payloadS3Bucket": "ours"})
        if grant.action.startswith("kms:")
    ]

    assert [] == of_kms


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("action", "kinds"), [("kms:Decrypt", READS), ("kms:GenerateDataKey", WRITES)])
def test_only_who_reads_or_writes_may_use_the_key(mode: str, action: str, kinds: set[str]) -> None:
    """In each mode: exactly those that have something to do with table, bucket or queue, and exactly that key."""
    parameters = {**WITH_KEY, "mode": mode}
    of_the_key = [grant for grant in granted(TEMPLATE, parameters) if grant.resources == ("${kmsKeyArn}",)]

    assert who_needs(kinds, parameters) == {grant.who for grant in of_the_key if grant.action == action}
    assert {"kms:Decrypt", "kms:GenerateDataKey"} == {grant.action for grant in of_the_key}


def test_only_the_initializer_may_decrypt_payloads() -> None:
    """It alone reads them; the keys are those that the parameter names."""
    of_kms = [grant for grant in granted(TEMPLATE, WITH_KEY) if grant.action.startswith("kms:")]
    others = [grant for grant in of_kms if grant.resources != ("${kmsKeyArn}",)]

    assert [("InitializerFunction", "kms:Decrypt", ("${payloadKmsKeyArns}",))] == others


def test_the_key_encrypts_all_that_is_kept() -> None:
    """Table, bucket, queue and every log group."""
    key = {"Ref": "kmsKeyArn"}
    (table,) = properties("AWS::DynamoDB::Table", WITH_KEY)
    (bucket,) = properties("AWS::S3::Bucket", WITH_KEY)
    (queue,) = properties("AWS::SQS::Queue", WITH_KEY)
    rule = {
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }

    assert {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key} == table["SSESpecification"]
    assert [rule] == bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert (key, {"Ref": "AWS::NoValue"}) == (queue["KmsMasterKeyId"], queue["SqsManagedSseEnabled"])
    assert [key] * 17 == [each.get("KmsKeyId") for each in properties("AWS::Logs::LogGroup", WITH_KEY)]


def test_without_a_key_aws_encrypts() -> None:
    """No property names a key, and the queue has SQS's own."""
    (queue,) = properties("AWS::SQS::Queue", {})

    assert True is queue["SqsManagedSseEnabled"]
    assert "{'Ref': 'kmsKeyArn'}" not in str(
        [*properties("AWS::Logs::LogGroup", {}), *properties("AWS::S3::Bucket", {})]
    )
    assert "{'Ref': 'kmsKeyArn'}" not in str(properties("AWS::DynamoDB::Table", {}))


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """A stack with a key of its own, which may decrypt no payloads."""
    with open_local_cloud("power-tuner-key", {"kmsKeyArn": KEY}) as cloud:
        yield cloud


@pytest.mark.local_aws
def test_a_run_works_with_a_key(cloud: LocalCloud, target: Callable[..., str]) -> None:  # noqa: F811
    """Every document and item of it is encrypted with the key, and it leaves no trace."""
    tuner, arn = Tuner(cloud), target()
    before = trace_of(cloud, arn)

    ended = tuner.tune({"lambdaARN": arn, "num": 1, "powerValues": [128, 256], "strategy": "cost"})

    assert ended["status"] == "SUCCEEDED", ended
    assert trace_of(cloud, arn) == before
    bucket = cloud.outputs["BucketName"]
    objects = cloud.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    keys = {cloud.client("s3").head_object(Bucket=bucket, Key=each["Key"])["SSEKMSKeyId"] for each in objects}
    assert {KEY} == keys


@pytest.mark.local_aws
@pytest.mark.parametrize("policy", ["read-with-key", "write-with-key"])
def test_without_its_permission_a_role_can_use_nothing(cloud: LocalCloud, policy: str) -> None:
    """Each of the two is needed: for an item, and for a document."""
    iam = cloud.client("iam")
    (role,) = (each["RoleName"] for each in iam.list_roles()["Roles"] if "power-tuner-key-Analyzer" in each["RoleName"])
    held = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    s3, key = cloud.client_of_role("s3", role), "runs/x/analysis.json"
    s3.put_object(Bucket=cloud.outputs["BucketName"], Key=key, Body=b"{}")
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    place = {"Bucket": cloud.outputs["BucketName"], "Key": key}
    act: Callable[..., Any] = {"read-with-key": s3.get_object, "write-with-key": s3.put_object}[policy]
    try:
        with pytest.raises(s3.exceptions.ClientError, match=f"not authorized to perform: kms:.* on resource: {KEY}"):
            act(**place)
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(held))


@pytest.mark.local_aws
@pytest.mark.parametrize("keys", ["", PAYLOAD_KEY])
def test_an_encrypted_payload_needs_its_key(cloud: LocalCloud, target: Callable[..., str], keys: str) -> None:  # noqa: F811
    """Refused by the name of the permission and of the parameter; with the parameter it is read."""
    stack = cloud.with_stack(f"power-tuner-payload-key-{len(keys)}", {"payloadKmsKeyArns": keys})
    cloud.client("s3").put_object(
        Bucket=cloud.payload_bucket, Key="a.json", Body=b"{}", ServerSideEncryption="aws:kms", SSEKMSKeyId=PAYLOAD_KEY
    )
    payload = f"s3://{cloud.payload_bucket}/a.json"

    ended = Tuner(stack).tune({"lambdaARN": target(), "num": 1, "powerValues": [128], "payloadS3": payload})

    if keys:
        assert ended["status"] == "SUCCEEDED", ended
    else:
        assert "InvalidInput" == ended["error"]
        assert f"kms:Decrypt was refused for {PAYLOAD_KEY}; deploy the app with payloadKmsKeyArns=" in ended["cause"]
