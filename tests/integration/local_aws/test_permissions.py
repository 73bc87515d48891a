"""Permissions: a role may do what its policies allow, and no more."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from power_tuner_local import LocalAws

    MakeRole = Callable[..., str]

pytestmark = pytest.mark.local_aws
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:guarded"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture(scope="module")
def role(aws: "LocalAws") -> "MakeRole":
    """A function that creates a role with statements and returns its ARN."""

    def make(name: str, *statements: dict[str, Any]) -> str:
        iam = aws.client("iam")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
        return arn

    return make


@pytest.fixture(scope="module", autouse=True)
def things(aws: "LocalAws", tmp_path_factory: pytest.TempPathFactory) -> None:
    """A function, a bucket, a table with an index, and a bus."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    (folder / "app.py").write_text("def handler(event, context):\n    return 1\n", encoding="utf-8")
    aws.add_function(folder, name="guarded")
    aws.client("s3").create_bucket(Bucket="guarded")
    aws.client("s3").put_object(Bucket="guarded", Key="runs/1", Body=b"x")
    aws.client("dynamodb").create_table(
        TableName="guarded",
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "day")],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-day",
                "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    aws.client("events").create_event_bus(Name="guarded")


def allow(action: str, resource: str, **fields: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **fields}


def outcome(act: "Callable[[], object]") -> str:
    """Return `allowed`, or the message of the refusal."""
    try:
        act()
    except ClientError as error:
        return str(error.response["Error"]["Message"])
    return "allowed"


def test_refusal_says_who_what_and_where(aws: "LocalAws", role: "MakeRole") -> None:
    """The error is AccessDeniedException, with AWS's wording."""
    role("says-who", allow("lambda:GetFunction", FUNCTION))

    with pytest.raises(ClientError) as caught:
        aws.client("lambda", role="says-who").publish_version(FunctionName="guarded")

    assert "AccessDeniedException" == caught.value.response["Error"]["Code"]
    assert 403 == caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
    assert (
        "User: arn:aws:sts::123456789012:assumed-role/says-who/local is not authorized to perform: "
        f"lambda:PublishVersion on resource: {FUNCTION} "
        "because no identity-based policy allows the lambda:PublishVersion action"
    ) == caught.value.response["Error"]["Message"]


def test_versions_can_be_deleted_and_the_function_cannot(aws: "LocalAws", role: "MakeRole") -> None:
    """A resource that ends in a qualifier allows qualified requests only."""
    role("deleter", allow("lambda:DeleteFunction", "arn:aws:lambda:*:*:function:*:*"))
    version = aws.client("lambda").publish_version(FunctionName="guarded")["Version"]
    client = aws.client("lambda", role="deleter")

    assert "not authorized" in outcome(lambda: client.delete_function(FunctionName=FUNCTION))
    assert "allowed" == outcome(lambda: client.delete_function(FunctionName=FUNCTION, Qualifier=version))


def test_indexes_are_resources_of_their_own(aws: "LocalAws", role: "MakeRole") -> None:
    """Querying an index needs a permission on the index."""
    role("reader", allow("dynamodb:Query", "arn:aws:dynamodb:us-east-1:123456789012:table/guarded/index/by-day"))
    client = aws.client("dynamodb", role="reader")
    value = {":x": {"S": "x"}}

    by_day = {"IndexName": "by-day", "KeyConditionExpression": "#d = :x", "ExpressionAttributeNames": {"#d": "day"}}
    assert "allowed" == outcome(lambda: client.query(TableName="guarded", ExpressionAttributeValues=value, **by_day))
    assert "table/guarded " in outcome(
        lambda: client.query(TableName="guarded", KeyConditionExpression="PK = :x", ExpressionAttributeValues=value)
    )


def test_prefix_condition_of_a_listing(aws: "LocalAws", role: "MakeRole") -> None:
    """A condition on s3:prefix allows listings below that prefix, and none without a prefix."""
    below = {"StringLike": {"s3:prefix": "runs/*"}}
    role("lister", allow("s3:ListBucket", "arn:aws:s3:::guarded", Condition=below))
    client = aws.client("s3", role="lister")

    assert "allowed" == outcome(lambda: client.list_objects_v2(Bucket="guarded", Prefix="runs/1"))
    assert "not authorized" in outcome(lambda: client.list_objects_v2(Bucket="guarded", Prefix="secrets/"))
    assert "not authorized" in outcome(lambda: client.list_objects_v2(Bucket="guarded"))


def test_objects_by_key(aws: "LocalAws", role: "MakeRole") -> None:
    """A permission holds for its keys only; a missing object is forbidden to callers who may not list."""
    role("getter", allow("s3:GetObject", "arn:aws:s3:::guarded/runs/*"))
    client = aws.client("s3", role="getter")

    assert "allowed" == outcome(lambda: client.get_object(Bucket="guarded", Key="runs/1"))
    assert "s3:GetObject" in outcome(lambda: client.get_object(Bucket="guarded", Key="other/1"))
    assert "s3:ListBucket" in outcome(lambda: client.get_object(Bucket="guarded", Key="runs/missing"))


def test_deny_is_stronger(aws: "LocalAws", role: "MakeRole") -> None:
    """Deny overrides Allow; each bus is a separate resource."""
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/guarded"
    role("denied", allow("events:*", "*"), {"Effect": "Deny", "Action": "events:PutEvents", "Resource": bus})
    client = aws.client("events", role="denied")
    entry = {"Source": "test", "DetailType": "Test", "Detail": "{}"}

    assert "allowed" == outcome(lambda: client.put_events(Entries=[entry]))
    assert "event-bus/guarded" in outcome(lambda: client.put_events(Entries=[{**entry, "EventBusName": "guarded"}]))


def test_function_has_the_permissions_of_its_role(aws: "LocalAws", tmp_path: "Path") -> None:
    """A function may not do what its role does not allow."""
    (tmp_path / "app.py").write_text(
        "import boto3\ndef handler(event, context):\n    return boto3.client('sqs').create_queue(QueueName='q')\n",
        encoding="utf-8",
    )
    aws.add_function(tmp_path, name="refused", memory_mb=1769)

    answer = aws.client("lambda").invoke(FunctionName="refused")

    assert "not authorized to perform: sqs:CreateQueue" in json.load(answer["Payload"])["errorMessage"]


def test_tasks_have_the_permissions_of_the_state_machine(aws: "LocalAws", role: "MakeRole") -> None:
    """A task that the state machine's role does not allow fails."""
    task = {"Type": "Task", "Resource": FUNCTION, "End": True}

    described = run(aws, role("machine-without", allow("sqs:*", "*")), {"Task": task})

    assert "FAILED" == described["status"]
    assert "lambda:InvokeFunction" in described["cause"]


def test_children_need_permission_to_be_started(aws: "LocalAws", role: "MakeRole") -> None:
    """A Distributed Map fails if the state machine's role may not start executions of the state machine."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Pass",
        "States": {"Pass": {"Type": "Pass", "End": True}},
    }
    distributed = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True}
    log_delivery = {"Effect": "Allow", "Action": "logs:CreateLogDelivery", "Resource": "*"}

    refused = run(aws, role("map-without", log_delivery), {"Map": distributed})
    allowed = run(aws, role("map-with", allow("states:StartExecution", "*")), {"Map": distributed})

    assert ("FAILED", "States.Permissions") == (refused["status"], refused["error"])
    assert "SUCCEEDED" == allowed["status"]


def run(aws: "LocalAws", role_arn: str, states: dict[str, Any]) -> dict[str, Any]:
    client = aws.client("stepfunctions")
    name = role_arn.rpartition("/")[2]
    definition = json.dumps({"StartAt": next(iter(states)), "States": states})
    arn = client.create_state_machine(name=name, roleArn=role_arn, definition=definition)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn, input='{"items": [1]}')["executionArn"]
    aws.wait_until_idle(20)
    described: dict[str, Any] = client.describe_execution(executionArn=execution)
    return described


def test_a_key_has_letters_of_any_script(aws: "LocalAws", role: "MakeRole") -> None:
    """A role that may read objects reads one whose key has letters outside ASCII."""
    role("reader-of-letters", allow("s3:GetObject", "arn:aws:s3:::guarded/tuning-é/*"))
    aws.client("s3").put_object(Bucket="guarded", Key="tuning-é/調", Body=b"x")

    read = aws.client("s3", role="reader-of-letters").get_object(Bucket="guarded", Key="tuning-é/調")

    assert b"x" == read["Body"].read()
