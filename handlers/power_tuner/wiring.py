"""Choose the adapters: the composition root."""

import os
import time
from functools import cache

from power_tuner.aws import clients
from power_tuner.aws.documents import S3Documents
from power_tuner.aws.event_bus import EventBridgeBus
from power_tuner.aws.executions import StepFunctionsExecutions
from power_tuner.aws.functions import LambdaFunctions
from power_tuner.aws.history import DynamoHistory
from power_tuner.aws.lease_store import DynamoLeases
from power_tuner.settings import Settings
from power_tuner.steps.analyzing import Analyzing
from power_tuner.steps.beginning import Beginning
from power_tuner.steps.cleaning import Cleaning
from power_tuner.steps.measuring import Measuring
from power_tuner.steps.optimizing import Optimizing
from power_tuner.steps.publishing import Publishing
from power_tuner.steps.recording import Recording
from power_tuner.steps.sweeping import Sweeping


@cache
def settings() -> Settings:
    """Return this function's settings."""
    return Settings.from_env(os.environ)


def _functions() -> LambdaFunctions:
    return LambdaFunctions(clients.lambda_client, clients.lambda_invoker)


def leases() -> DynamoLeases:
    """Return the leases."""
    return DynamoLeases(clients.table(settings().table_name), time.time)


def documents() -> S3Documents:
    """Return the documents."""
    return S3Documents(clients.s3_client(), settings().bucket_name)


def history() -> DynamoHistory:
    """Return the history."""
    return DynamoHistory(clients.table(settings().table_name), time.time, settings().retention_s)


def _events() -> EventBridgeBus:
    return EventBridgeBus(clients.events_client(), settings().event_bus_name)


def beginning() -> Beginning:
    """Wire the Initializer."""
    return Beginning(
        functions=_functions(),
        leases=leases(),
        documents=documents(),
        history=history(),
        now=time.time,
        sleep=time.sleep,
        default_power_values=settings().default_power_values,
        max_concurrent_branches=settings().max_concurrent_branches,
    )


def publishing() -> Publishing:
    """Wire the Publisher."""
    return Publishing(_functions(), leases(), documents(), time.time, time.sleep)


def measuring() -> Measuring:
    """Wire the Executor."""
    return Measuring(_functions(), leases(), documents(), time.time, time.sleep)


def analyzing() -> Analyzing:
    """Wire the Analyzer."""
    return Analyzing(_functions(), leases(), documents(), time.sleep, settings().visualization_url)


def cleaning() -> Cleaning:
    """Wire the cleanups."""
    return Cleaning(_functions(), leases(), time.time, time.sleep)


def sweeping() -> Sweeping:
    """Wire the Janitor."""
    executions = StepFunctionsExecutions(clients.stepfunctions_client())
    return Sweeping(leases(), executions, cleaning(), time.time)


def recording() -> Recording:
    """Wire Record and the recording of failures."""
    return Recording(documents(), history(), _events(), time.time, settings().retention_s)


def optimizing() -> Optimizing:
    """Wire the Optimizer."""
    return Optimizing(_functions(), leases(), history(), _events(), time.time, time.sleep)
