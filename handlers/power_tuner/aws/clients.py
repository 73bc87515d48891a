"""Make boto3 clients: each once per process, with the timeouts and retries that its use needs."""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_stepfunctions import SFNClient

# The control plane allows 15 calls a second in an account; many runs may share it.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10}, read_timeout=30)
# A synchronous invocation answers within 15 minutes; its retries are ours.
_INVOKE = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    read_timeout=920,
    max_pool_connections=128,
    tcp_keepalive=True,
)


@cache
def lambda_client(region: str | None) -> "LambdaClient":
    """Return the client for Lambda's control plane in a region, None for the app's own."""
    return boto3.client("lambda", region_name=region, config=_PATIENT)


@cache
def lambda_invoker(region: str | None) -> "LambdaClient":
    """Return the client for invocations in a region, None for the app's own."""
    return boto3.client("lambda", region_name=region, config=_INVOKE)


@cache
def s3_client() -> "S3Client":
    """Return the client for S3."""
    return boto3.client("s3", config=_PATIENT)


@cache
def events_client() -> "EventBridgeClient":
    """Return the client for EventBridge."""
    return boto3.client("events", config=_PATIENT)


@cache
def stepfunctions_client() -> "SFNClient":
    """Return the client for Step Functions."""
    return boto3.client("stepfunctions", config=_PATIENT)


@cache
def dynamodb_client() -> "DynamoDBClient":
    """Return the client for DynamoDB."""
    return boto3.client("dynamodb", config=_PATIENT)


@cache
def cloudformation_client() -> "CloudFormationClient":
    """Return the client for CloudFormation."""
    return boto3.client("cloudformation", config=_PATIENT)


@cache
def codedeploy_client() -> Any:
    """Return the client for CodeDeploy."""
    return boto3.client("codedeploy", config=_PATIENT)


@cache
def logs_client() -> Any:
    """Return the client for CloudWatch Logs."""
    return boto3.client("logs", config=_PATIENT)


@cache
def ssm_client() -> Any:
    """Return the client for SSM."""
    return boto3.client("ssm", config=_PATIENT)


@cache
def table(name: str) -> "Table":
    """Return the DynamoDB table of that name."""
    return boto3.resource("dynamodb", config=_PATIENT).Table(name)
