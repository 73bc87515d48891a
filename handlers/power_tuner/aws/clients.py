"""Make clients: each once per process, with the timeouts and retries that its use needs.

Botocore's own session makes the same clients as boto3's, and starts faster: docs/adr/0009.
"""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.session import get_session

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
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
    return cast("LambdaClient", _client("lambda", _PATIENT, region))


@cache
def lambda_invoker(region: str | None) -> "LambdaClient":
    """Return the client for invocations in a region, None for the app's own."""
    return cast("LambdaClient", _client("lambda", _INVOKE, region))


@cache
def s3_client() -> "S3Client":
    """Return the client for S3."""
    return cast("S3Client", _client("s3", _PATIENT))


@cache
def events_client() -> "EventBridgeClient":
    """Return the client for EventBridge."""
    return cast("EventBridgeClient", _client("events", _PATIENT))


@cache
def stepfunctions_client() -> "SFNClient":
    """Return the client for Step Functions."""
    return cast("SFNClient", _client("stepfunctions", _PATIENT))


@cache
def dynamodb_client() -> "DynamoDBClient":
    """Return the client for DynamoDB."""
    return cast("DynamoDBClient", _client("dynamodb", _PATIENT))


@cache
def cloudformation_client() -> "CloudFormationClient":
    """Return the client for CloudFormation."""
    return cast("CloudFormationClient", _client("cloudformation", _PATIENT))


@cache
def codedeploy_client() -> Any:
    """Return the client for CodeDeploy."""
    return _client("codedeploy", _PATIENT)


@cache
def logs_client() -> Any:
    """Return the client for CloudWatch Logs."""
    return _client("logs", _PATIENT)


@cache
def ssm_client() -> Any:
    """Return the client for SSM."""
    return _client("ssm", _PATIENT)


def _client(service: str, config: Config, region: str | None = None) -> Any:
    return _session().create_client(service, region_name=region, config=config)


@cache
def _session() -> Any:
    return get_session()
