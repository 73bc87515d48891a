"""What a Terraform configuration makes besides functions, as CloudFormation makes it: tables, buckets, queues."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from power_tuner_cli.projects.terraform_blocks import Block
from power_tuner_cli.projects.terraform_module import Module
from power_tuner_cli.projects.terraform_terms import is_known

# CloudFormation's type, the attribute that Ref stands for, those that Fn::GetAtt has, and that of the name.
_TYPES: Mapping[str, tuple[str, tuple[str, ...], Mapping[str, str], tuple[str, str]]] = {
    "aws_dynamodb_table": (
        "AWS::DynamoDB::Table",
        ("name", "id"),
        {"arn": "Arn", "stream_arn": "StreamArn"},
        ("name", "TableName"),
    ),
    "aws_s3_bucket": ("AWS::S3::Bucket", ("bucket", "id"), {"arn": "Arn"}, ("bucket", "BucketName")),
    "aws_sqs_queue": ("AWS::SQS::Queue", ("url", "id"), {"arn": "Arn", "name": "QueueName"}, ("name", "QueueName")),
    "aws_sns_topic": ("AWS::SNS::Topic", ("arn", "id"), {"name": "TopicName"}, ("name", "TopicName")),
    "aws_ssm_parameter": ("AWS::SSM::Parameter", ("name", "id"), {"value": "Value"}, ("name", "Name")),
    "aws_kinesis_stream": ("AWS::Kinesis::Stream", ("name", "id"), {"arn": "Arn"}, ("name", "Name")),
    "aws_lambda_layer_version": (
        "AWS::Lambda::LayerVersion",
        ("arn", "id"),
        {},
        ("layer_name", "LayerName"),
    ),
    "aws_iam_role": ("AWS::IAM::Role", ("name", "id"), {"arn": "Arn"}, ("name", "RoleName")),
    "aws_iam_policy": ("AWS::IAM::ManagedPolicy", ("arn", "id"), {}, ("name", "ManagedPolicyName")),
    "aws_secretsmanager_secret": ("AWS::SecretsManager::Secret", ("arn", "id"), {}, ("name", "Name")),
}


# Made for the function that is tuned alone, of all that the files say of its rights.
_OF_RIGHTS = frozenset({"aws_iam_role", "aws_iam_policy"})
POLICY_DOCUMENT = "Fn::PolicyDocument"
"""What stands for the JSON of a data source aws_iam_policy_document, with its address."""


def logical_id(address: str) -> str:
    """Return the logical id that a resource with an address gets."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", address))


def attributes_of(module: Module) -> dict[str, Any]:
    """Return what CloudFormation says for the attributes of a module's resources, by address and attribute."""
    found: dict[str, Any] = {}
    for block in module.of_kind("resource"):
        if block.labels[0] not in _TYPES:
            continue
        _, references, others, _ = _TYPES[block.labels[0]]
        address = module.address(block)
        found |= {f"{address}.{name}": {"Ref": logical_id(address)} for name in references}
        found |= {f"{address}.{name}": {"Fn::GetAtt": [logical_id(address), key]} for name, key in others.items()}
    for block in module.of_kind("data", "aws_iam_policy_document"):
        address = module.address(block)
        found |= {f"{address}.{name}": {POLICY_DOCUMENT: address} for name in ("json", "minified_json")}
    return found | _archives(module)


def _archives(module: Module) -> dict[str, Any]:
    """Return what the archives of a module are made of, in the place of where they will lie."""
    found = {}
    for block in (each for kind in ("data", "resource") for each in module.of_kind(kind, "archive_file")):
        for source in (module.attribute(block, name) for name in ("source_dir", "source_file")):
            if isinstance(source, str):
                found[f"{module.address(block)}.output_path"] = source
    return found


def resources_of(module: Module) -> dict[str, Any]:
    """Return a module's resources, as far as they are of types that are made here."""
    found = {}
    for block in module.of_kind("resource"):
        if block.labels[0] in _TYPES.keys() - _OF_RIGHTS:
            kind, _, _, (name, property_name) = _TYPES[block.labels[0]]
            reader = _READERS.get(block.labels[0])
            properties = reader(module, block) if reader else {}
            called = module.attribute(block, name)
            if isinstance(called, str) and called:
                properties[property_name] = called
            found[logical_id(module.address(block))] = {"Type": kind, "Properties": properties}
    return found


def _table(module: Module, block: Block) -> dict[str, Any]:
    indexes = {
        "GlobalSecondaryIndexes": [_index(module, each) for each in block.inner("global_secondary_index")],
        "LocalSecondaryIndexes": [
            {**_index(module, each), "KeySchema": _keys(module, each, module.attribute(block, "hash_key"))}
            for each in block.inner("local_secondary_index")
        ],
    }
    stream = {"StreamSpecification": {"StreamViewType": module.attribute(block, "stream_view_type") or "NEW_IMAGE"}}
    return {
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _keys(module, block),
        "AttributeDefinitions": [
            {"AttributeName": module.attribute(each, "name"), "AttributeType": module.attribute(each, "type")}
            for each in block.inner("attribute")
        ],
        **{name: each for name, each in indexes.items() if each},
        **(stream if module.attribute(block, "stream_enabled") is True else {}),
    }


def _keys(module: Module, block: Block, hash_key: Any = None) -> list[dict[str, Any]]:
    keys = {"HASH": hash_key or module.attribute(block, "hash_key"), "RANGE": module.attribute(block, "range_key")}
    return [{"AttributeName": name, "KeyType": kind} for kind, name in keys.items() if name]


def _index(module: Module, block: Block) -> dict[str, Any]:
    projection = {"ProjectionType": module.attribute(block, "projection_type") or "ALL"}
    others = module.attribute(block, "non_key_attributes")
    return {
        "IndexName": module.attribute(block, "name"),
        "KeySchema": _keys(module, block),
        "Projection": projection | ({"NonKeyAttributes": others} if others else {}),
    }


def _queue(module: Module, block: Block) -> dict[str, Any]:
    fifo = module.attribute(block, "fifo_queue") is True
    seconds = module.attribute(block, "visibility_timeout_seconds")
    return ({"FifoQueue": True} if fifo else {}) | ({"VisibilityTimeout": seconds} if isinstance(seconds, int) else {})


def _topic(module: Module, block: Block) -> dict[str, Any]:
    return {"FifoTopic": True} if module.attribute(block, "fifo_topic") is True else {}


def _parameter(module: Module, block: Block) -> dict[str, Any]:
    kind = module.attribute(block, "type")
    return {"Type": "StringList" if kind == "StringList" else "String", "Value": module.attribute(block, "value")}


def _layer(module: Module, block: Block) -> dict[str, Any]:
    place = module.attribute(block, "filename")
    return {"Content": str((module.root / place).resolve())} if isinstance(place, str) else {}


def _stream(_module: Module, _block: Block) -> dict[str, Any]:
    return {"ShardCount": 1}


def _secret(module: Module, block: Block) -> dict[str, Any]:
    """Return a secret with the value of its version, if that is written there."""
    address = {"Ref": logical_id(module.address(block))}
    for version in module.of_kind("resource", "aws_secretsmanager_secret_version"):
        text = module.attribute(version, "secret_string")
        if module.attribute(version, "secret_id") == address and is_known(text) and text is not None:
            return {"SecretString": text}
    return {}


_READERS: Mapping[str, Callable[[Module, Block], dict[str, Any]]] = {
    "aws_dynamodb_table": _table,
    "aws_sqs_queue": _queue,
    "aws_sns_topic": _topic,
    "aws_ssm_parameter": _parameter,
    "aws_kinesis_stream": _stream,
    "aws_lambda_layer_version": _layer,
    "aws_secretsmanager_secret": _secret,
}
