"""Differences from AWS: the rows of FIDELITY.md that no other test pins."""

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

import power_tuner_local
from integration.local_aws.conftest import ROLE

if TYPE_CHECKING:
    from power_tuner_local import LocalAws, Stack

pytestmark = pytest.mark.local_aws
END = {"Type": "Pass", "End": True}


def outcome(aws: "LocalAws", name: str, definition: dict[str, Any], text: str = "{}") -> dict[str, Any]:
    states = aws.client("stepfunctions")
    arn = states.create_state_machine(name=name, roleArn=ROLE, definition=json.dumps(definition))["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=arn, input=text)["executionArn"]
    aws.wait_until_idle(10)
    described: dict[str, Any] = states.describe_execution(executionArn=execution)
    return described


def distributed(child: dict[str, Any], **fields: Any) -> dict[str, Any]:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **child}
    state = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}
    return {"StartAt": "Map", "States": {"Map": {**state, **fields}}}


def test_every_test_that_fidelity_names_exists() -> None:
    """Each row of FIDELITY.md names a test, and every test that it names exists."""
    rows = (Path(power_tuner_local.__file__).parent / "FIDELITY.md").read_text(encoding="utf-8").splitlines()
    cells = [row for row in rows if row.startswith("| ") and not row.startswith("| What")]
    named = {name for row in cells for name in re.findall(r"`(test_\w+)`", row)}
    tests = Path(__file__).parents[2].rglob("test_*.py")
    defined = {name for path in tests for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}

    assert [] == [row for row in cells if not re.search(r"`test_\w+`", row)]
    assert set() == named - defined


def test_a_role_that_iam_does_not_know_may_do_everything(aws: "LocalAws") -> None:
    """Only roles that exist are checked."""
    aws.client("s3", role="nobody").create_bucket(Bucket="anybody")

    assert "anybody" in [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]


def test_schedules_do_not_fire_by_themselves(aws: "LocalAws") -> None:
    """A one-time schedule whose time has come does nothing."""
    url = aws.client("sqs").create_queue(QueueName="never")["QueueUrl"]
    aws.client("scheduler").create_schedule(
        Name="past",
        ScheduleExpression="at(2020-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:us-east-1:123456789012:never", "RoleArn": ROLE},
    )
    time.sleep(0.3)

    assert "Messages" not in aws.client("sqs").receive_message(QueueUrl=url)


def test_anybody_may_put_events_of_aws(aws: "LocalAws") -> None:
    """PutEvents accepts sources that begin with `aws.`, so that tests can send AWS's own events."""
    entry = {"Source": "aws.lambda", "DetailType": "AWS API Call via CloudTrail", "Detail": "{}"}

    assert 0 == aws.client("events").put_events(Entries=[entry])["FailedEntryCount"]


def test_resources_without_a_model_have_a_name_only(aws: "LocalAws") -> None:
    """A template's alarm is created in no service; the stack deploys, and Ref and GetAtt return placeholders."""
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}}
    outputs = {"Name": {"Value": {"Ref": "Alarm"}}, "Arn": {"Value": {"Fn::GetAtt": ["Alarm", "Arn"]}}}
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(
        StackName="alarmed", TemplateBody=json.dumps({"Resources": {"Alarm": alarm}, "Outputs": outputs})
    )
    [stack] = cloudformation.describe_stacks(StackName="alarmed")["Stacks"]

    values = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert f"{values['Name']}.Arn" == values["Arn"]
    assert [] == aws.client("cloudwatch").describe_alarms()["MetricAlarms"]


def test_some_properties_of_a_template_are_dropped(aws: "LocalAws", stack: "Stack") -> None:
    """Expiry of tables and the lifecycle of buckets in a template have no effect."""
    table, bucket = stack.outputs["TableName"], stack.outputs["BucketName"]
    time_to_live = aws.client("dynamodb").describe_time_to_live(TableName=table)["TimeToLiveDescription"]

    assert "DISABLED" == time_to_live["TimeToLiveStatus"]
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        aws.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)


def test_update_without_changes_succeeds(aws: "LocalAws") -> None:
    """UpdateStack with nothing to update succeeds; on AWS it is a ValidationError."""
    body = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="idle", TemplateBody=body)

    assert cloudformation.update_stack(StackName="idle", TemplateBody=body)["StackId"]


def test_stacks_without_a_change_set_are_made_at_once(aws: "LocalAws") -> None:
    """CreateStack has made all resources, and DeleteStack deleted them, when they answer."""
    cloudformation = aws.client("cloudformation")
    resources = {f"Queue{number}": {"Type": "AWS::SQS::Queue"} for number in range(3)}
    large = {"Resources": resources, "Description": "x" * 60_000}
    cloudformation.create_stack(StackName="at-once", TemplateBody=json.dumps(large))
    made = cloudformation.describe_stacks(StackName="at-once")["Stacks"][0]["StackStatus"]
    cloudformation.delete_stack(StackName="at-once")

    assert "CREATE_COMPLETE" == made
    assert [] == aws.client("sqs").list_queues(QueueNamePrefix="at-once").get("QueueUrls", [])


def test_what_cannot_be_updated_fails_the_update(aws: "LocalAws") -> None:
    """It is not told as done; what was there stays."""
    cloudformation, ec2 = aws.client("cloudformation"), aws.client("ec2")
    bodies = [
        json.dumps({"Resources": {"Net": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"} | more}}})
        for more in ({}, {"EnableDnsHostnames": True})
    ]
    cloudformation.create_stack(StackName="in-place", TemplateBody=bodies[0])

    with pytest.raises(ClientError, match="Net: the local AWS cannot update a resource of type AWS::EC2::VPC"):
        cloudformation.update_stack(StackName="in-place", TemplateBody=bodies[1])

    vpcs = ec2.describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"]
    dns = ec2.describe_vpc_attribute(VpcId=vpcs[0]["VpcId"], Attribute="enableDnsHostnames")["EnableDnsHostnames"]
    cloudformation.delete_stack(StackName="in-place")
    assert [len(vpcs), dns["Value"]] == [1, False]


def test_tags_of_a_change_set_are_no_change(aws: "LocalAws") -> None:
    """Tags are noted of the stack only, so that a change set of tags alone has nothing to change."""
    cloudformation = aws.client("cloudformation")
    body = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    cloudformation.create_stack(StackName="tagged", TemplateBody=body)
    made = cloudformation.create_change_set(
        StackName="tagged", ChangeSetName="tags", TemplateBody=body, Tags=[{"Key": "team", "Value": "x"}]
    )
    time.sleep(0.1)

    assert "FAILED" == cloudformation.describe_change_set(ChangeSetName=made["Id"])["Status"]


def test_only_functions_are_found_by_tag(aws: "LocalAws") -> None:
    """The Resource Groups Tagging API knows functions, and no other resource."""
    client = aws.client("resourcegroupstaggingapi")

    tags = [{"Key": "nobody", "Values": ["x"]}]
    assert (
        client.get_resources(ResourceTypeFilters=["lambda:function"], TagFilters=tags)["ResourceTagMappingList"] == []
    )
    with pytest.raises(ClientError, match="NotImplementedException"):
        client.get_resources()


def test_tolerated_failed_child_gives_null(aws: "LocalAws") -> None:
    """The output of a Map Run has a null in the place of a failed child."""
    child = {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "No"}}}
    described = outcome(aws, "nulls", distributed(child, ToleratedFailurePercentage=100), '{"items": [1]}')

    assert [None] == json.loads(described["output"])


def test_grammar_has_words_of_its_own(aws: "LocalAws") -> None:
    """A definition with a field that no state has is refused as on AWS, in moto's words."""
    definition = {"StartAt": "End", "States": {"End": {**END, "Colour": "red"}}}

    with pytest.raises(ClientError, match=r"InvalidDefinition.*ASLParserException"):
        outcome(aws, "coloured", definition)


def test_state_machines_have_no_versions(aws: "LocalAws") -> None:
    """Versions of state machines and the check of a definition without a state machine do not exist."""
    with pytest.raises(ClientError, match="NotImplementedException"):
        aws.client("stepfunctions").validate_state_machine_definition(definition="{}")


def test_parameters_of_other_services_are_not_validated(aws: "LocalAws") -> None:
    """A task that puts no item fails with an error of moto's, not with one of DynamoDB."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem",
        "Parameters": {"TableName": "none", "Item.$": "$.item"},
        "End": True,
    }

    described = outcome(aws, "no-item", {"StartAt": "Put", "States": {"Put": task}}, '{"item": null}')

    assert "States.Runtime" == described["error"]


def test_history_of_a_stopped_execution_ends_late(aws: "LocalAws", tmp_path: Path) -> None:
    """ExecutionAborted enters the history when the running task has ended; the status changes at once."""
    code = "import time\ndef handler(event, context):\n    time.sleep(1)\n"
    (tmp_path / "app.py").write_text(code, encoding="utf-8")
    task = {"Type": "Task", "Resource": aws.add_function(tmp_path, name="sleeper"), "End": True}
    states = aws.client("stepfunctions")
    definition = json.dumps({"StartAt": "Sleep", "States": {"Sleep": task}})
    arn = states.create_state_machine(name="late", roleArn=ROLE, definition=definition)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    time.sleep(0.5)
    states.stop_execution(executionArn=execution)
    at_once = [event["type"] for event in states.get_execution_history(executionArn=execution)["events"]]
    time.sleep(1.5)

    assert "ABORTED" == states.describe_execution(executionArn=execution)["status"]
    assert "ExecutionAborted" not in at_once
    assert "ExecutionAborted" == states.get_execution_history(executionArn=execution)["events"][-1]["type"]
