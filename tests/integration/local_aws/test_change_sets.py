"""Change sets of the local CloudFormation, against what AWS was recorded to answer."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from power_tuner_local.cloudformation.changes import CONDITIONALLY_CREATE_ONLY, CREATE_ONLY
from power_tuner_local.cloudformation.deployment_packages import zip_text

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": {"Ref": "Seconds"}}}
TRUST: dict[str, Any] = {
    "AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": TRUST}
TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Seconds": {"Type": "Number", "Default": 30, "MinValue": 1, "MaxValue": 60},
        "More": {"Type": "String", "Default": "no", "AllowedValues": ["no", "yes"]},
        "TableName": {"Type": "String", "Default": "change-sets-one"},
    },
    "Conditions": {"More": {"Fn::Equals": [{"Ref": "More"}, "yes"]}},
    "Resources": {
        "Queue": QUEUE,
        "Second": {"Type": "AWS::SQS::Queue", "Condition": "More"},
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "RetainExceptOnCreate",
            "UpdateReplacePolicy": "Retain",
            "Properties": {
                "TableName": {"Ref": "TableName"},
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
            },
        },
        "Known": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Name": "known", "Type": "String", "Value": {"Ref": "Table"}},
        },
    },
    "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}, "Table": {"Value": {"Ref": "Table"}}},
}


@pytest.fixture
def cloudformation(aws: "LocalAws") -> Any:
    return aws.client("cloudformation")


@pytest.fixture
def name(aws: "LocalAws", request: pytest.FixtureRequest) -> Iterator[str]:
    """A stack of the test's own, which is gone after it, with the tables that it keeps."""
    stack = f"s-{abs(hash(request.node.name)):x}"
    yield stack
    aws.wait_until_idle()
    aws.client("cloudformation").delete_stack(StackName=stack)
    for table in aws.client("dynamodb").list_tables()["TableNames"]:
        aws.client("dynamodb").delete_table(TableName=table)


@pytest.fixture
def make(cloudformation: Any, name: str) -> Callable[..., Any]:
    """Make a change set of the stack, wait for it and describe it."""

    def made(template: Any = TEMPLATE, *, kind: str = "UPDATE", change_set: str = "one", **more: Any) -> Any:
        request = {"TemplateBody": json.dumps(template)} | more
        made = cloudformation.create_change_set(StackName=name, ChangeSetName=change_set, ChangeSetType=kind, **request)
        while True:
            described = cloudformation.describe_change_set(ChangeSetName=made["Id"])
            if described["Status"] != "CREATE_IN_PROGRESS":
                return described
            time.sleep(0.01)

    return made


@pytest.fixture
def execute(cloudformation: Any, name: str, make: Callable[..., Any]) -> Callable[..., str]:
    """Make a change set, execute it and return the stack's status at the end."""

    def executed(template: Any = TEMPLATE, **more: Any) -> str:
        described = make(template, **more)
        cloudformation.execute_change_set(ChangeSetName=described["ChangeSetId"])
        while True:
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
            if not stack["StackStatus"].endswith("_IN_PROGRESS"):
                return str(stack["StackStatus"])
            time.sleep(0.01)

    return executed


def refusal(call: Callable[..., Any], **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    error = refused.value.response["Error"]
    return error["Code"], error["Message"]


def parameters(**values: str) -> list[dict[str, Any]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def changed(described: Any) -> dict[str, tuple[str, str | None]]:
    changes = [each["ResourceChange"] for each in described["Changes"]]
    return {each["LogicalResourceId"]: (each["Action"], each.get("Replacement")) for each in changes}


def outputs(cloudformation: Any, name: str) -> dict[str, str]:
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}


def test_a_new_stack_awaits_its_review(cloudformation: Any, name: str, make: Callable[..., Any]) -> None:
    """A change set that creates a stack adds every resource whose condition holds; nothing exists before."""
    described = make(kind="CREATE")
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]

    assert {"Queue", "Table", "Known"} == changed(described).keys()
    assert {("Add", None)} == set(changed(described).values())
    assert ("CREATE_COMPLETE", "AVAILABLE") == (described["Status"], described["ExecutionStatus"])
    assert "REVIEW_IN_PROGRESS" == stack["StackStatus"]
    assert [] == cloudformation.describe_stack_resources(StackName=name)["StackResources"]


def test_executing_it_makes_the_stack(cloudformation: Any, name: str, execute: Callable[..., str]) -> None:
    """Execution is told by an event for each step of each resource, the stack's own last."""
    status = execute(kind="CREATE")
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    told = [(each["LogicalResourceId"], each["ResourceStatus"]) for each in reversed(events)]

    assert "CREATE_COMPLETE" == status, events
    assert [(name, "REVIEW_IN_PROGRESS"), (name, "CREATE_IN_PROGRESS")] == told[:2]
    assert (name, "CREATE_COMPLETE") == told[-1]
    assert told.index(("Table", "CREATE_COMPLETE")) < told.index(("Known", "CREATE_IN_PROGRESS"))
    assert {"Queue", "Table"} == outputs(cloudformation, name).keys()


def test_nothing_to_change_is_a_failed_change_set(
    cloudformation: Any, make: Callable[..., Any], execute: Callable[..., str]
) -> None:
    """The same template with the same values makes a change set that failed and cannot be executed."""
    execute(kind="CREATE")
    described = make(change_set="two")

    assert ("FAILED", "UNAVAILABLE", NO_CHANGES) == tuple(
        described[key] for key in ("Status", "ExecutionStatus", "StatusReason")
    )
    assert refusal(cloudformation.execute_change_set, ChangeSetName=described["ChangeSetId"]) == (
        "InvalidChangeSetStatus",
        f"ChangeSet [{described['ChangeSetId']}] cannot be executed in its current status of [FAILED]",
    )


def test_a_parameter_changes_what_depends_on_it(
    aws: "LocalAws", cloudformation: Any, name: str, make: Callable[..., Any], execute: Callable[..., str]
) -> None:
    """A value modifies the resource that has it in place; a condition that now holds adds its resource."""
    execute(kind="CREATE")
    queue = outputs(cloudformation, name)["Queue"]
    values = parameters(Seconds="40", More="yes")
    described = make(change_set="two", Parameters=values)
    status = execute(change_set="three", Parameters=values)
    again = execute(
        change_set="four",
        Parameters=[{"ParameterKey": "Seconds", "UsePreviousValue": True}, *parameters(More="no")],
    )

    assert {"Queue": ("Modify", "False"), "Second": ("Add", None)} == changed(described)
    assert ["UPDATE_COMPLETE"] * 2 == [status, again]
    assert queue == outputs(cloudformation, name)["Queue"]
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["VisibilityTimeout"])
    assert "40" == attributes["Attributes"]["VisibilityTimeout"]
    assert 1 == len(aws.client("sqs").list_queues(QueueNamePrefix=name)["QueueUrls"])


def test_a_replacement_is_told_and_keeps_what_is_to_be_kept(
    aws: "LocalAws", cloudformation: Any, name: str, make: Callable[..., Any], execute: Callable[..., str]
) -> None:
    """A table with a new name is a new one, which changes what refers to it; UpdateReplacePolicy keeps the old."""
    execute(kind="CREATE")
    described = make(change_set="two", Parameters=parameters(TableName="change-sets-two"))
    execute(change_set="three", Parameters=parameters(TableName="change-sets-two"))
    table, known = (each["ResourceChange"] for each in described["Changes"])

    assert ("Table", "True", "change-sets-one") == (
        table["LogicalResourceId"],
        table["Replacement"],
        table["PhysicalResourceId"],
    )
    assert ("Known", "False", "Dynamic", "ResourceReference", "Table") == (
        known["LogicalResourceId"],
        known["Replacement"],
        *(known["Details"][0][key] for key in ("Evaluation", "ChangeSource", "CausingEntity")),
    )
    assert ["change-sets-one", "change-sets-two"] == aws.client("dynamodb").list_tables()["TableNames"]
    assert "change-sets-two" == outputs(cloudformation, name)["Table"]


def test_deleting_a_stack_keeps_what_its_policies_keep(
    aws: "LocalAws", cloudformation: Any, name: str, execute: Callable[..., str]
) -> None:
    """The table stays, with an event that says so; the queue goes."""
    execute(kind="CREATE")
    stack_id = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=name)
    events = cloudformation.describe_stack_events(StackName=stack_id)["StackEvents"]
    told = {each["LogicalResourceId"]: each["ResourceStatus"] for each in reversed(events)}

    assert ("DELETE_SKIPPED", "DELETE_COMPLETE", "DELETE_COMPLETE") == (told["Table"], told["Queue"], told[name])
    assert ["change-sets-one"] == aws.client("dynamodb").list_tables()["TableNames"]
    assert [] == aws.client("sqs").list_queues(QueueNamePrefix=name).get("QueueUrls", [])


def test_a_stack_that_cannot_be_created_is_rolled_back(
    aws: "LocalAws", cloudformation: Any, name: str, make: Callable[..., Any], execute: Callable[..., str]
) -> None:
    """The first failure is told with its reason, what was made is deleted; the stack must go before a new try."""
    broken = json.loads(json.dumps(TEMPLATE))
    broken["Resources"]["Bad"] = {"Type": "AWS::Lambda::Function", "DependsOn": "Table", "Properties": {"Code": {}}}
    status = execute(broken, kind="CREATE")
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    told = {(each["LogicalResourceId"], each["ResourceStatus"]): each.get("ResourceStatusReason") for each in events}

    assert "ROLLBACK_COMPLETE" == status
    assert told["Bad", "CREATE_FAILED"]
    assert told[name, "ROLLBACK_IN_PROGRESS"] == (
        "The following resource(s) failed to create: [Bad]. Rollback requested by user."
    )
    assert [] == aws.client("dynamodb").list_tables()["TableNames"]
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        make(change_set="two")


def test_an_update_that_fails_is_rolled_back(cloudformation: Any, name: str, execute: Callable[..., str]) -> None:
    """The stack is what it was, and can be updated again."""
    execute(kind="CREATE")
    broken = json.loads(json.dumps(TEMPLATE))
    broken["Resources"]["Bad"] = {"Type": "AWS::Lambda::Function", "DependsOn": "Queue", "Properties": {"Code": {}}}
    failed = execute(broken, change_set="two", Parameters=parameters(Seconds="50"))
    before = outputs(cloudformation, name)
    repaired = execute(change_set="three", Parameters=parameters(Seconds="50"))

    assert ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"] == [failed, repaired]
    assert before == outputs(cloudformation, name)


def test_what_a_request_must_not_ask_for(cloudformation: Any, name: str, execute: Callable[..., str]) -> None:
    """Stacks, names and parameters that do not fit are refused in AWS's words."""
    create = cloudformation.create_change_set
    body = json.dumps(TEMPLATE)
    asked = {"StackName": name, "ChangeSetName": "no", "TemplateBody": body}

    def words(**more: Any) -> str:
        code, message = refusal(create, **asked | more)
        assert "ValidationError" == code
        return message

    assert words() == f"Stack [{name}] does not exist"
    execute(kind="CREATE")
    assert words(ChangeSetType="CREATE") == (
        f"Stack [{name}] already exists and cannot be created again with the changeSet [no]."
    )
    assert words(Parameters=parameters(Colour="red")) == "Parameters: [Colour] do not exist in the template"
    assert words(Parameters=parameters(More="maybe")) == "Parameter 'More' must be one of AllowedValues"
    assert words(Parameters=parameters(Seconds="0")) == "Parameter 'Seconds' must be a number not less than 1"
    assert words(Parameters=[{"ParameterKey": "Colour", "UsePreviousValue": True}]) == (
        "Invalid input for parameter key Colour. Cannot specify usePreviousValue as true for a parameter key not in "
        "the previous template"
    )
    stored = {"Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/not/there"}}
    assert words(TemplateBody=json.dumps(TEMPLATE | {"Parameters": TEMPLATE["Parameters"] | stored})) == (
        "Unable to fetch parameters [/not/there] from parameter store for this account."
    )
    needs = json.dumps(TEMPLATE | {"Parameters": TEMPLATE["Parameters"] | {"New": {"Type": "String"}}})
    assert words(TemplateBody=needs) == "Parameters: [New] must have values"
    assert "templateBody" in words(TemplateBody=json.dumps(TEMPLATE | {"Description": "x" * 51_200}))
    assert words(TemplateBody="{}") == "Template format error: At least one Resources member must be defined."
    assert "Member must have length less than or equal to 128" in words(ChangeSetName="c" * 129)


def test_capabilities_are_asked_for(cloudformation: Any, name: str) -> None:
    """A template with a role needs CAPABILITY_IAM, one with a named role CAPABILITY_NAMED_IAM."""
    named = {**ROLE, "Properties": {**ROLE["Properties"], "RoleName": "r"}}  # type: ignore[dict-item]
    request = {"StackName": name, "ChangeSetName": "no", "ChangeSetType": "CREATE"}

    def lacking(role: Any, *capabilities: str) -> tuple[str, str]:
        body = json.dumps({"Resources": {"Role": role}})
        return refusal(cloudformation.create_change_set, TemplateBody=body, Capabilities=[*capabilities], **request)

    assert lacking(ROLE) == ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
    assert lacking(named, "CAPABILITY_IAM") == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_NAMED_IAM]",
    )


def test_change_sets_are_found_as_on_aws(cloudformation: Any, make: Callable[..., Any]) -> None:
    """By ARN alone or by name with the stack; what is deleted or unknown is refused in AWS's words."""
    described = make(kind="CREATE")
    arn = described["ChangeSetId"]
    cloudformation.delete_change_set(ChangeSetName=arn)
    describe, delete = cloudformation.describe_change_set, cloudformation.delete_change_set

    assert refusal(describe, ChangeSetName=arn) == ("ChangeSetNotFound", f"ChangeSet [{arn}] does not exist")
    assert refusal(describe, ChangeSetName="x", StackName="nowhere") == (
        "ValidationError",
        "Stack [nowhere] does not exist",
    )
    assert refusal(delete, ChangeSetName="x") == (
        "ValidationError",
        "StackName must be specified if ChangeSetName is not specified as an ARN.",
    )


def test_changes_come_in_pages(cloudformation: Any, make: Callable[..., Any]) -> None:
    """More than fifty changes need a second request, as the SDK's paginator makes it."""
    described = make({"Resources": {f"Q{number}": {"Type": "AWS::SQS::Queue"} for number in range(60)}}, kind="CREATE")
    pages = cloudformation.get_paginator("describe_change_set").paginate(ChangeSetName=described["ChangeSetId"])

    assert 50 == len(described["Changes"])
    assert 60 == sum(len(page["Changes"]) for page in pages)


def test_a_packaged_sam_template_is_expanded_by_the_service(aws: "LocalAws", cloudformation: Any, name: str) -> None:
    """What `sam package` writes, with its code in S3 and the template by its address, becomes functions that answer."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="packaged")
    s3.put_object(
        Bucket="packaged", Key="code", Body=zip_text("app.py", "def handler(event, context):\n    return 7\n")
    )
    sam = (Path(__file__).parent / "sample" / "packaged.yaml").read_text("utf-8")
    s3.put_object(Bucket="packaged", Key="template", Body=sam.encode())
    address = {"TemplateURL": "https://packaged.s3.us-east-1.amazonaws.com/template"}

    def without_body(**more: Any) -> Any:
        made = cloudformation.create_change_set(
            StackName=name, ChangeSetName=f"c{time.monotonic_ns()}", **address | more
        )
        waiter = cloudformation.get_waiter("change_set_create_complete")
        try:
            waiter.wait(ChangeSetName=made["Id"], WaiterConfig={"Delay": 0.05})
        except WaiterError as error:
            return error.last_response
        return cloudformation.describe_change_set(ChangeSetName=made["Id"])

    lacking = without_body(ChangeSetType="CREATE")
    described = without_body(ChangeSetType="CREATE", Capabilities=["CAPABILITY_IAM"])
    cloudformation.execute_change_set(ChangeSetName=described["ChangeSetId"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.05})
    answer = aws.client("lambda").invoke(FunctionName=outputs(cloudformation, name)["Name"])["Payload"].read()
    same = without_body(Capabilities=["CAPABILITY_IAM"])

    assert "Requires capabilities : [CAPABILITY_IAM]" == lacking["StatusReason"]
    assert {"Hello", "HelloRole"} == changed(described).keys()
    assert b"7" == answer
    assert ("FAILED", "No updates are to be performed.") == (same["Status"], same["StatusReason"])
    assert sam == cloudformation.get_template(StackName=name)["TemplateBody"]


def test_a_template_is_validated(cloudformation: Any) -> None:
    """ValidateTemplate tells the parameters and the capabilities, and refuses what is no template."""
    told = cloudformation.validate_template(TemplateBody=json.dumps(TEMPLATE | {"Resources": {"Role": ROLE}}))

    assert ["Seconds", "More", "TableName"] == [each["ParameterKey"] for each in told["Parameters"]]
    assert ["CAPABILITY_IAM"] == told["Capabilities"]
    assert refusal(cloudformation.validate_template, TemplateBody="[]")[0] == "ValidationError"


@pytest.mark.parametrize("kind", sorted(CREATE_ONLY))
def test_what_cannot_change_in_place_is_what_aws_publishes(kind: str) -> None:
    """The properties that need a replacement are those of the resource's published schema."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema

    def named(key: str) -> set[str]:
        return {path.split("/")[2] for path in schema.get(key) or ()}

    assert set(CREATE_ONLY[kind]) == named("createOnlyProperties")
    assert set(CONDITIONALLY_CREATE_ONLY.get(kind, ())) == named("conditionalCreateOnlyProperties")


def test_a_policy_of_aws_that_does_not_exist_fails_its_role(
    cloudformation: Any, name: str, execute: Callable[..., str]
) -> None:
    """By name, as IAM says it; the others are there without being made."""
    attached = ["AmazonS3ReadOnlyAccess", "AmazonS3ReadOnlyAccessReally"]
    arns = [f"arn:aws:iam::aws:policy/{each}" for each in attached]
    role = ROLE | {"Properties": TRUST | {"ManagedPolicyArns": arns}}

    status = execute({"Resources": {"Role": role}}, kind="CREATE", Capabilities=["CAPABILITY_IAM"])

    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    reasons = [each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    assert status == "ROLLBACK_COMPLETE"
    assert ["Policy arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccessReally does not exist or is not attachable."] == [
        reason.partition(": ")[2].rpartition(": ")[2] for reason in reasons
    ]
