"""The composition root: one object holds the ports, the clock and the settings, each made when it is first used.

Adapters are imported where they are made, so that the cold start of a function pays only for those that it uses;
boto3, which all of them use, is imported here, because Lambda gives the time before the first event more CPU.
"""

from __future__ import annotations

import os
import time
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict

from power_tuner.aws.clients import Clients
from power_tuner.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from power_tuner.aws.clients import MakeClient
    from power_tuner.aws.item_table import ItemTable
    from power_tuner.metrics import Metrics
    from power_tuner.ports import (
        AliasCalls,
        Baselines,
        Canaries,
        DailyInvocations,
        DailyMetrics,
        DeploymentTargets,
        Documents,
        Events,
        Executions,
        Functions,
        History,
        Leases,
        Parameters,
        ProductionLogs,
        Profiles,
        ResourcePolicies,
    )


class Ports(TypedDict, total=False):
    """The interfaces through which the app reaches AWS."""

    functions: Functions
    leases: Leases
    documents: Documents
    history: History
    events: Events
    executions: Executions
    profiles: Profiles
    baselines: Baselines
    daily_invocations: DailyInvocations
    daily_metrics: DailyMetrics
    production_logs: ProductionLogs
    resource_policies: ResourcePolicies
    deployment_targets: DeploymentTargets
    parameters: Parameters
    canaries: Canaries
    alias_calls: AliasCalls
    metrics: Metrics


class App:
    """Everything that a step needs.

    Args:
        settings: read from the environment when they are first needed, unless they are given.
        make_client: makes a client as ``boto3.client`` does, which is the default.
        now: returns the epoch second.
        sleep: waits for so many seconds.
        ports: stand-ins for the adapters to AWS.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        make_client: MakeClient | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        **ports: Unpack[Ports],
    ) -> None:
        self.now = now
        self.sleep = sleep
        self._make_client = make_client
        given = {"settings": settings, **ports}
        vars(self).update({name: value for name, value in given.items() if value is not None})

    @cached_property
    def settings(self) -> Settings:
        """The settings of this function."""
        return Settings.from_env(os.environ)

    @cached_property
    def functions(self) -> Functions:
        """Lambda's API."""
        from power_tuner.aws.functions import LambdaFunctions

        return LambdaFunctions(self._clients.control_plane_of_lambda, self._clients.lambda_invoker)

    @cached_property
    def leases(self) -> Leases:
        """The leases, one per target."""
        from power_tuner.aws.lease_store import DynamoLeases

        return DynamoLeases(self._table, self.now)

    @cached_property
    def documents(self) -> Documents:
        """The documents of runs."""
        from power_tuner.aws.documents import S3Documents

        return S3Documents(self._clients.get("s3"), self.settings.bucket_name)

    @cached_property
    def history(self) -> History:
        """The items of all runs."""
        from power_tuner.aws.history import DynamoHistory

        return DynamoHistory(self._table, self.now, self.settings.retention_s)

    @cached_property
    def events(self) -> Events:
        """The app's event bus."""
        from power_tuner.aws.event_bus import EventBridgeBus

        return EventBridgeBus(self._clients.get("events"), self.settings.event_bus_name)

    @cached_property
    def executions(self) -> Executions:
        """The executions of the state machine."""
        from power_tuner.aws.executions import StepFunctionsExecutions

        return StepFunctionsExecutions(self._clients.get("stepfunctions"), self.settings.state_machine_arn)

    @cached_property
    def profiles(self) -> Profiles:
        """The enrolled targets."""
        from power_tuner.aws.profile_store import DynamoProfiles

        return DynamoProfiles(self._table)

    @cached_property
    def baselines(self) -> Baselines:
        """The baseline of each target."""
        from power_tuner.aws.baseline_store import DynamoBaselines

        return DynamoBaselines(self._table)

    @cached_property
    def daily_invocations(self) -> DailyInvocations:
        """How many invocations a day has."""
        from power_tuner.aws.daily_invocations import DynamoDailyInvocations

        return DynamoDailyInvocations(self._table, self.now)

    @cached_property
    def daily_metrics(self) -> DailyMetrics:
        """What CloudWatch counted of functions."""
        from power_tuner.aws.daily_metrics import CloudWatchDailyMetrics

        return CloudWatchDailyMetrics(self._clients.get("cloudwatch"))

    @cached_property
    def production_logs(self) -> ProductionLogs:
        """The REPORT lines of invocations in production."""
        from power_tuner.aws.production_logs import CloudWatchLogs

        return CloudWatchLogs(self._clients.get("logs"))

    @cached_property
    def resource_policies(self) -> ResourcePolicies:
        """Who may call functions."""
        from power_tuner.aws.resource_policies import LambdaResourcePolicies

        return LambdaResourcePolicies(self._clients.control_plane_of_lambda)

    @cached_property
    def canaries(self) -> Canaries:
        """The canaries that are under way, and the stages of all."""
        from power_tuner.aws.canary_store import DynamoCanaries

        return DynamoCanaries(self._table, self.now, self.settings.retention_s)

    @cached_property
    def alias_calls(self) -> AliasCalls:
        """What CloudWatch counted of an alias whose calls several versions share."""
        from power_tuner.aws.alias_metrics import CloudWatchAliasCalls

        return CloudWatchAliasCalls(self._clients.get("cloudwatch"))

    @cached_property
    def deployment_targets(self) -> DeploymentTargets:
        """The functions of a deployment whose event does not name them."""
        from power_tuner.aws.deployment_targets import AwsDeploymentTargets

        return AwsDeploymentTargets(
            lambda: self._clients.get("cloudformation"), lambda: self._clients.get("codedeploy")
        )

    @cached_property
    def parameters(self) -> Parameters:
        """The parameters that infrastructure as code reads."""
        from power_tuner.aws.parameters import SsmParameters

        return SsmParameters(self._clients.get("ssm"))

    @cached_property
    def metrics(self) -> Metrics:
        """The app's CloudWatch metrics."""
        from power_tuner.metrics import EmbeddedMetrics

        return EmbeddedMetrics(self.settings.event_bus_name)

    @cached_property
    def _clients(self) -> Clients:
        return Clients(self._make_client)

    @cached_property
    def _table(self) -> ItemTable:
        from power_tuner.aws.item_table import ItemTable

        return ItemTable(self._clients.get("dynamodb"), self.settings.table_name)
