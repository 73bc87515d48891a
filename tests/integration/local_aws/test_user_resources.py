"""Resources that applications of other people have: made from a template, and used with the rights that it gives."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from power_tuner_cli.projects.account_values import store_account_values
from power_tuner_local import DeploymentError

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Length: {Type: Number, Default: 20}
  Word: {Type: String, Default: first}
Resources:
  Drawn:
    Type: AWS::SecretsManager::Secret
    Properties:
      Description: of a database
      GenerateSecretString:
        SecretStringTemplate: '{"username": "admin"}'
        GenerateStringKey: password
        PasswordLength: !Ref Length
        ExcludePunctuation: true
  Given:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: given/word, SecretString: !Ref Word}
  Other:
    Type: AWS::SecretsManager::Secret
  Setting:
    Type: AWS::SSM::Parameter
    Properties: {Name: /used/setting, Type: String, Value: high}
  Topic:
    Type: AWS::SNS::Topic
  OtherTopic:
    Type: AWS::SNS::Topic
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: 1}
  Reader:
    Type: AWS::Serverless::Function
    DependsOn: Setting
    Properties:
      CodeUri: code/
      Handler: app.handler
      Runtime: python3.13
      Environment:
        Variables:
          USER_NAME: !Sub "{{resolve:secretsmanager:${Drawn}:SecretString:username}}"
          BOTH: '{{resolve:ssm:/used/setting:1}} {{resolve:secretsmanager:account/word}}'
          TOPIC: {"Fn::GetAtt": Topic.TopicName}
      Policies:
        - AWSSecretsManagerGetSecretValuePolicy: {SecretArn: !Ref Drawn}
        - AWSSecretsManagerGetSecretValuePolicy: {SecretArn: !GetAtt Given.Id}
        - SNSPublishMessagePolicy: {TopicName: !GetAtt Topic.TopicName}
        - KinesisCrudPolicy: {StreamName: !Ref Stream}
Outputs:
  Reader: {Value: !Ref Reader}
  Drawn: {Value: !Ref Drawn}
  Other: {Value: !Ref Other}
  Topic: {Value: !Ref Topic}
  OtherTopic: {Value: !Ref OtherTopic}
  Stream: {Value: !Ref Stream}
"""
CODE = """
import boto3
def handler(event, context):
    client = boto3.client(event["service"])
    try:
        answer = getattr(client, event["call"])(**event["with"])
    except client.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return answer.get("SecretString", "done")
"""


def test_secrets_topics_and_streams_are_used_as_policies_say(aws: "LocalAws", tmp_path: Path) -> None:
    """A role reaches what its policies name, and nothing else of the kind; values of both stores fill in variables."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(CODE, encoding="utf-8")
    (tmp_path / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    store_account_values(aws, {"secretsmanager:account/word": "dear"})
    stack = aws.deploy(tmp_path / "template.yaml", stack_name="used")
    names = stack.outputs

    def told(service: str, call: str, **arguments: Any) -> Any:
        event = json.dumps({"service": service, "call": call, "with": arguments})
        return json.load(aws.client("lambda").invoke(FunctionName=names["Reader"], Payload=event)["Payload"])

    drawn = told("secretsmanager", "get_secret_value", SecretId=names["Drawn"])
    given = told("secretsmanager", "get_secret_value", SecretId="given/word")
    aws.deploy(tmp_path / "template.yaml", stack_name="used", parameters={"Word": "second"})
    record = {"Data": "x", "PartitionKey": "p"}

    variables = aws.client("lambda").get_function_configuration(FunctionName=names["Reader"])["Environment"][
        "Variables"
    ]

    assert ("admin", "high dear") == (variables["USER_NAME"], variables["BOTH"])
    assert variables["TOPIC"] == names["Topic"].rpartition(":")[2]
    assert {"username", "password"} == json.loads(drawn).keys()
    assert json.loads(drawn)["password"].isalnum()
    assert 20 == len(json.loads(drawn)["password"])
    assert ("first", "second") == (given, told("secretsmanager", "get_secret_value", SecretId="given/word"))
    assert drawn == told("secretsmanager", "get_secret_value", SecretId=names["Drawn"])
    assert "AccessDeniedException" == told("secretsmanager", "get_secret_value", SecretId=names["Other"])
    assert "done" == told("sns", "publish", TopicArn=names["Topic"], Message="m")
    assert told("sns", "publish", TopicArn=names["OtherTopic"], Message="m") in {"AccessDenied", "AuthorizationError"}
    assert "done" == told("kinesis", "put_record", StreamName=names["Stream"], **record)
    assert "AccessDeniedException" == told("kinesis", "put_record", StreamName="other", **record)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("ssm:/no/such", "Parameters: [ssm:/no/such] cannot be found."),
        ("secretsmanager:no/such:SecretString:word", "can't find the specified secret: no/such"),
        ("secretsmanager:flat:SecretString:word", "Could not find a value associated with JSONKey"),
        ("ssm-secure:/no/such", "SSM Secure reference is not supported"),
    ],
)
def test_a_value_that_the_account_does_not_have_fails_the_stack(aws: "LocalAws", reference: str, words: str) -> None:
    """CloudFormation says which it is, in its own words."""
    store_account_values(aws, {"secretsmanager:flat": "no document"})
    resource = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": f"{{{{resolve:{reference}}}}}"}}

    with pytest.raises(DeploymentError) as failed:
        aws.deploy_document({"Resources": {"Topic": resource}}, Path(), stack_name="unresolved", parameters={})

    assert words in str(failed.value)


def test_values_of_the_account_are_given_as_it_has_them(aws: "LocalAws") -> None:
    """A parameter has the version that is asked for; fields of a secret come together; later values replace them."""
    given = {
        "ssm:/given/host:3": "h",
        "secretsmanager:given:SecretString:a": "1",
        "secretsmanager:given:SecretString:b": "2",
    }
    store_account_values(aws, {"ssm:/given/host": "old", "secretsmanager:given:SecretString:a": "0"})

    store_account_values(aws, given)

    parameter = aws.client("ssm").get_parameter(Name="/given/host:3")["Parameter"]
    secret = aws.client("secretsmanager").get_secret_value(SecretId="given")["SecretString"]
    assert ("h", 3) == (parameter["Value"], parameter["Version"])
    assert {"a": "1", "b": "2"} == json.loads(secret)


def test_attributes_that_are_what_a_reference_is(aws: "LocalAws") -> None:
    """The URL of a queue, the ARN of a topic and the id of a key can be asked for by name."""
    kinds = {"AWS::SQS::Queue": "QueueUrl", "AWS::SNS::Topic": "TopicArn", "AWS::KMS::Key": "KeyId"}
    resources: dict[str, Any] = {name: {"Type": kind, "Properties": {}} for kind, name in kinds.items()}
    outputs = {name: {"Value": {"Fn::GetAtt": [name, name]}} for name in resources}
    references = {f"Ref{name}": {"Value": {"Ref": name}} for name in resources}

    made = aws.deploy_document({"Resources": resources, "Outputs": outputs | references}, Path(), stack_name="as-ref")

    assert {name: made.outputs[f"Ref{name}"] for name in resources} == {name: made.outputs[name] for name in resources}
    assert made.outputs["QueueUrl"].startswith("http")


def test_a_key_without_a_policy_leaves_it_to_the_accounts_policies(aws: "LocalAws") -> None:
    """As CloudFormation makes it."""
    aws.deploy_document({"Resources": {"K": {"Type": "AWS::KMS::Key"}}}, Path(), stack_name="key")
    (key,) = aws.client("cloudformation").list_stack_resources(StackName="key")["StackResourceSummaries"]

    policy = json.loads(
        aws.client("kms").get_key_policy(KeyId=key["PhysicalResourceId"], PolicyName="default")["Policy"]
    )

    assert [("Allow", "kms:*")] == [(each["Effect"], each["Action"]) for each in policy["Statement"]]


def test_the_generated_name_of_a_fifo_queue_ends_in_fifo(aws: "LocalAws") -> None:
    """Of a topic, too."""
    resources = {
        "Q": {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}},
        "T": {"Type": "AWS::SNS::Topic", "Properties": {"FifoTopic": True}},
    }

    made = aws.deploy_document(
        {"Resources": resources, "Outputs": {name: {"Value": {"Ref": name}} for name in resources}},
        Path(),
        stack_name="fifo",
    )

    assert [True, True] == [value.endswith(".fifo") for value in made.outputs.values()]


def test_a_global_table_is_the_table_of_this_region(aws: "LocalAws") -> None:
    """With its indexes and its stream; an update changes it, and it goes with its stack."""
    properties: dict[str, Any] = {
        "TableName": "everywhere",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "by")],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by",
                "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "WriteOnDemandThroughputSettings": {"MaxWriteRequestUnits": 10},
            }
        ],
        "Replicas": [{"Region": {"Ref": "AWS::Region"}, "GlobalSecondaryIndexes": [{"IndexName": "by"}]}],
    }
    document = {"Resources": {"T": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}}}
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["T", "Arn"]}}, "Stream": {"Value": {"Fn::GetAtt": ["T", "StreamArn"]}}}

    made = aws.deploy_document({**document, "Outputs": outputs}, Path(), stack_name="global")

    table = aws.client("dynamodb").describe_table(TableName="everywhere")["Table"]
    assert (made.outputs["Arn"], made.outputs["Stream"]) == (table["TableArn"], table["LatestStreamArn"])
    assert ["by"] == [each["IndexName"] for each in table["GlobalSecondaryIndexes"]]
    del properties["GlobalSecondaryIndexes"]
    aws.deploy_document(document, Path(), stack_name="global")
    assert not aws.client("dynamodb").describe_table(TableName="everywhere")["Table"].get("GlobalSecondaryIndexes")
    aws.client("cloudformation").delete_stack(StackName="global")
    assert "everywhere" not in aws.client("dynamodb").list_tables()["TableNames"]
