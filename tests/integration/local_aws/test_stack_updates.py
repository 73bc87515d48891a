"""Updates of a stack: what moto's CloudFormation leaves as it was is changed, as on AWS."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
Put = Callable[..., None]


def policy(action: str) -> dict[str, Any]:
    return {
        "PolicyName": action.partition(":")[2],
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}],
        },
    }


@pytest.fixture
def put(aws: "LocalAws") -> Iterator[Put]:
    """Create a stack of one resource, then update it."""
    client = aws.client("cloudformation")
    change = [client.create_stack, client.update_stack]

    def make(kind: str, properties: dict[str, Any], **parameters: str) -> None:
        template = {
            "Parameters": {"mode": {"Type": "String", "Default": "measure"}},
            "Conditions": {"applies": {"Fn::Equals": [{"Ref": "mode"}, "apply"]}},
            "Resources": {"It": {"Type": kind, "Properties": properties}},
        }
        values = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
        change[0](StackName="updated", TemplateBody=json.dumps(template), Parameters=values)
        change[:] = change[-1:]

    yield make
    aws.wait_until_idle()
    client.delete_stack(StackName="updated")


@pytest.fixture
def policies_of(aws: "LocalAws") -> Callable[[], tuple[list[str], list[str]]]:
    def found() -> tuple[list[str], list[str]]:
        attached = aws.client("iam").list_attached_role_policies(RoleName="updated")["AttachedPolicies"]
        inline = aws.client("iam").list_role_policies(RoleName="updated")["PolicyNames"]
        return sorted(inline), [each["PolicyArn"] for each in attached]

    return found


def test_policies_of_a_role_follow_a_condition(put: Put, policies_of: Callable[[], Any]) -> None:
    """A stack that gets another mode gets that mode's permissions, and loses them again."""
    sometimes = {"Fn::If": ["applies", policy("s3:PutObject"), {"Ref": "AWS::NoValue"}]}
    role = {"RoleName": "updated", "AssumeRolePolicyDocument": TRUST, "Policies": [policy("s3:GetObject"), sometimes]}

    put("AWS::IAM::Role", role)
    measure = policies_of()
    put("AWS::IAM::Role", role, mode="apply")
    apply = policies_of()
    put("AWS::IAM::Role", role, mode="measure")

    assert (["GetObject"], []) == measure == policies_of()
    assert (["GetObject", "PutObject"], []) == apply


def test_a_role_is_updated(put: Put, aws: "LocalAws", policies_of: Callable[[], Any]) -> None:
    """Documents, managed policies, description, session and tags; a policy that came from elsewhere stays."""
    client = aws.client("iam")
    role: dict[str, Any] = {"RoleName": "updated", "AssumeRolePolicyDocument": TRUST}
    before = {"Policies": [policy("s3:GetObject")], "Description": "old", "Tags": [{"Key": "old", "Value": "1"}]}
    put("AWS::IAM::Role", role | before)
    client.put_role_policy(
        RoleName="updated", PolicyName="foreign", PolicyDocument=json.dumps(policy("s3:ListBucket")["PolicyDocument"])
    )
    other = {"PolicyName": "GetObject", "PolicyDocument": policy("s3:DeleteObject")["PolicyDocument"]}
    after = {"Policies": [other], "ManagedPolicyArns": [READ_ONLY], "MaxSessionDuration": 7200, "Description": "new"}

    put("AWS::IAM::Role", role | after | {"Tags": [{"Key": "new", "Value": "2"}]})

    described = client.get_role(RoleName="updated")["Role"]
    document = client.get_role_policy(RoleName="updated", PolicyName="GetObject")["PolicyDocument"]
    assert (["GetObject", "foreign"], [READ_ONLY]) == policies_of()
    assert document["Statement"][0]["Action"] == "s3:DeleteObject"
    assert ("new", 7200, [{"Key": "new", "Value": "2"}]) == tuple(
        described[key] for key in ("Description", "MaxSessionDuration", "Tags")
    )
    client.delete_role_policy(RoleName="updated", PolicyName="foreign")


def test_a_log_group_is_updated(put: Put, aws: "LocalAws") -> None:
    """Its retention and its key; a key that is there from the start counts as well."""

    def described() -> tuple[int | None, str | None]:
        (group,) = aws.client("logs").describe_log_groups(logGroupNamePrefix="/updated")["logGroups"]
        return group.get("retentionInDays"), group.get("kmsKeyId")

    put("AWS::Logs::LogGroup", {"LogGroupName": "/updated", "KmsKeyId": "key-1"})
    first = described()
    put("AWS::Logs::LogGroup", {"LogGroupName": "/updated", "KmsKeyId": "key-2", "RetentionInDays": 7})
    second = described()
    put("AWS::Logs::LogGroup", {"LogGroupName": "/updated"})

    assert [(None, "key-1"), (7, "key-2"), (None, None)] == [first, second, described()]


def test_a_table_is_updated(put: Put, aws: "LocalAws") -> None:
    """Its protection, key and indexes; its items stay."""
    client = aws.client("dynamodb")
    table: dict[str, Any] = {
        "TableName": "updated",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in ("PK", "day")],
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
    }
    index = {"KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}
    put("AWS::DynamoDB::Table", table | {"GlobalSecondaryIndexes": [index | {"IndexName": "old"}]})
    client.put_item(TableName="updated", Item={"PK": {"S": "1"}, "day": {"S": "2026-11-27"}})
    after = {
        "GlobalSecondaryIndexes": [index | {"IndexName": "new"}],
        "DeletionProtectionEnabled": True,
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": "key-1"},
    }

    put("AWS::DynamoDB::Table", table | after)

    described = client.describe_table(TableName="updated")["Table"]
    names = {"#d": "day"}
    values = {":day": {"S": "2026-11-27"}}
    found = client.query(
        TableName="updated",
        IndexName="new",
        KeyConditionExpression="#d = :day",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
    )
    assert ["new"] == [each["IndexName"] for each in described["GlobalSecondaryIndexes"]]
    assert (True, "key-1") == (described["DeletionProtectionEnabled"], described["SSEDescription"]["KMSMasterKeyArn"])
    assert found["Count"] == 1
    put("AWS::DynamoDB::Table", table)
