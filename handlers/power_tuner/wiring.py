"""Choose the adapters: the composition root. Each handler builds its own step from these.

Adapters that few handlers need are imported where they are made: the others start faster without them.
"""

import os
import time
from functools import cache
from typing import TYPE_CHECKING

from power_tuner.aws import clients
from power_tuner.aws.documents import S3Documents
from power_tuner.aws.event_bus import EventBridgeBus
from power_tuner.aws.executions import StepFunctionsExecutions
from power_tuner.aws.functions import LambdaFunctions
from power_tuner.aws.history import DynamoHistory
from power_tuner.aws.item_table import ItemTable
from power_tuner.aws.lease_store import DynamoLeases
from power_tuner.settings import Settings

if TYPE_CHECKING:
    from power_tuner.aws.baseline_store import DynamoBaselines
    from power_tuner.aws.deployed_functions import DeployedFunctions
    from power_tuner.aws.parameters import SsmParameters
    from power_tuner.aws.production_logs import CloudWatchLogs
    from power_tuner.aws.profile_store import DynamoProfiles

now = time.time
sleep = time.sleep


@cache
def settings() -> Settings:
    """Return this function's settings."""
    return Settings.from_env(os.environ)


@cache
def functions() -> LambdaFunctions:
    """Return the adapter of Lambda's API."""
    return LambdaFunctions(clients.lambda_client, clients.lambda_invoker)


@cache
def item_table() -> ItemTable:
    """Return the app's table."""
    return ItemTable(clients.dynamodb_client(), settings().table_name)


@cache
def leases() -> DynamoLeases:
    """Return the leases."""
    return DynamoLeases(item_table(), now)


@cache
def documents() -> S3Documents:
    """Return the documents."""
    return S3Documents(clients.s3_client(), settings().bucket_name)


@cache
def history() -> DynamoHistory:
    """Return the history."""
    return DynamoHistory(item_table(), now, settings().retention_s)


@cache
def events() -> EventBridgeBus:
    """Return the event bus."""
    return EventBridgeBus(clients.events_client(), settings().event_bus_name)


@cache
def executions() -> StepFunctionsExecutions:
    """Return the executions of the state machine."""
    return StepFunctionsExecutions(clients.stepfunctions_client(), settings().state_machine_arn)


@cache
def profiles() -> "DynamoProfiles":
    """Return the enrolled targets."""
    from power_tuner.aws.profile_store import DynamoProfiles  # noqa: PLC0415

    return DynamoProfiles(item_table())


@cache
def deployments() -> "DeployedFunctions":
    """Return where to look which functions were deployed."""
    from power_tuner.aws.deployed_functions import DeployedFunctions  # noqa: PLC0415

    return DeployedFunctions(clients.cloudformation_client, clients.codedeploy_client)


@cache
def parameters() -> "SsmParameters":
    """Return the parameters that infrastructure as code reads."""
    from power_tuner.aws.parameters import SsmParameters  # noqa: PLC0415

    return SsmParameters(clients.ssm_client)


@cache
def baselines() -> "DynamoBaselines":
    """Return what each target was when it was accepted."""
    from power_tuner.aws.baseline_store import DynamoBaselines  # noqa: PLC0415

    return DynamoBaselines(item_table())


@cache
def production_logs() -> "CloudWatchLogs":
    """Return what production measured by itself."""
    from power_tuner.aws.production_logs import CloudWatchLogs  # noqa: PLC0415

    return CloudWatchLogs(clients.logs_client)
