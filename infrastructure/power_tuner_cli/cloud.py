"""The AWS account or the local AWS that a command uses, and the tuner's stack there."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from botocore.config import Config

    from power_tuner.app import App
    from power_tuner.settings import Settings

DEFAULT_STACK_NAME = "power-tuner"
# What template.yaml sets in the environment of its functions, and the output or parameter of the stack that tells it.
_ENVIRONMENT = {
    "TABLE_NAME": "TableName",
    "BUCKET_NAME": "BucketName",
    "EVENT_BUS_NAME": "EventBusName",
    "STATE_MACHINE_ARN": "StateMachineArn",
    "MODE": "mode",
    "POWER_VALUES": "PowerValues",
    "VISUALIZATION_URL": "visualizationURL",
    "RETENTION_DAYS": "resultRetentionInDays",
    "MAX_CONCURRENT_BRANCHES": "maxConcurrentBranches",
    "MAX_INVOCATIONS_PER_RUN": "maxInvocationsPerRun",
}


class NoSuchStack(CliError):
    """The tuner is not deployed there under that name."""


class Cloud(Protocol):
    """An AWS account or a local AWS."""

    @property
    def region(self) -> str:
        """Return the region."""
        ...

    def client(self, service: str, *, region_name: str | None = None, config: "Config | None" = None) -> Any:
        """Return a boto3 client of one service."""
        ...


@dataclass(frozen=True, slots=True)
class AwsOptions:
    """The options that name the AWS account, or the local AWS, and the tuner's stack there.

    Attributes:
        local: Whether the running local AWS is meant.
        state_dir: The folder of the local AWS's state file.
    """

    stack_name: str = DEFAULT_STACK_NAME
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    local: bool = False
    state_dir: str | None = None


@dataclass(frozen=True, slots=True)
class AwsAccount:
    """An AWS account, with boto3's usual credentials and region."""

    session: Any
    endpoint_url: str | None = None

    @property
    def region(self) -> str:
        """Return the region."""
        return str(self.session.region_name or "")

    def client(self, service: str, *, region_name: str | None = None, config: "Config | None" = None) -> Any:
        """Return a boto3 client of one service."""
        return self.session.client(service, region_name=region_name, endpoint_url=self.endpoint_url, config=config)


@dataclass(frozen=True, slots=True)
class PatientCloud:
    """Another cloud, for many calls one after the other: a client that is throttled calls less often from then on."""

    cloud: Cloud

    @property
    def region(self) -> str:
        """Return the region."""
        return self.cloud.region

    def client(self, service: str, *, region_name: str | None = None, config: "Config | None" = None) -> Any:
        """Return a boto3 client of one service."""
        from botocore.config import Config

        patient = Config(retries={"mode": "adaptive", "total_max_attempts": 10})
        return self.cloud.client(service, region_name=region_name, config=config.merge(patient) if config else patient)


@dataclass(frozen=True, slots=True)
class TunerStack:
    """The deployed tuner.

    Attributes:
        settings: The settings of its functions.
        target_pattern: The ARNs that it may tune.
        target_tag: The value of the tag `power-tuner-stack` that they must have besides; empty for any.
    """

    name: str
    settings: "Settings"
    target_pattern: str = "*"
    target_tag: str = ""


def open_account(aws_options: AwsOptions) -> AwsAccount:
    """Return the AWS account that the options, or else the environment, name."""
    import boto3

    # boto3 reads AWS_DEFAULT_REGION only; the AWS CLI and the other SDKs read AWS_REGION, and before it.
    region = aws_options.region or os.environ.get("AWS_REGION")
    session = boto3.Session(profile_name=aws_options.profile, region_name=region)
    return AwsAccount(session, aws_options.endpoint_url)


def find_stack(cloud: Cloud, name: str) -> TunerStack:
    """Return the deployed tuner by the name of its stack.

    Raises:
        NoSuchStack: There is none of that name.
        CliError: It is not a tuner.
    """
    from botocore.exceptions import ClientError

    from power_tuner.settings import Settings

    client = cloud.client("cloudformation")
    try:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise NoSuchStack(
            f"There is no stack {name!r} in {cloud.region or 'this region'}. Deploy the tuner there (see README, "
            "'On AWS'), or name another stack or region with --stack-name or --region.",
            ExitCode.UNREACHABLE,
        ) from None
    values = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", ())}
    values |= {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
    missing = set(_ENVIRONMENT.values()) - values.keys()
    if missing:
        raise CliError(
            f"The stack {name!r} ({stack['StackStatus']}) has no {', '.join(sorted(missing))}: it is not a power tuner "
            "of this version, or its deployment has not completed. Name the tuner's stack with --stack-name.",
            ExitCode.UNREACHABLE,
        )
    settings = Settings.from_env({variable: values[key] for variable, key in _ENVIRONMENT.items()})
    return TunerStack(name, settings, values.get("lambdaResource", "*"), values.get("targetTag", ""))


def open_cloud(aws_options: AwsOptions) -> Cloud:
    """Return the AWS account or local AWS that the options name."""
    from power_tuner_cli.local_aws import require_local_aws

    return require_local_aws(aws_options.state_dir) if aws_options.local else open_account(aws_options)


def open_stack(aws_options: AwsOptions) -> tuple[Cloud, TunerStack]:
    """Return the AWS account or local AWS that the options name, and the tuner's stack there."""
    cloud = open_cloud(aws_options)
    return cloud, find_stack(cloud, aws_options.stack_name)


def open_app(cloud: Cloud, stack: TunerStack) -> "App":
    """Return the app as the functions of a stack build it, over the clients of this cloud."""
    from power_tuner.app import App

    return App(stack.settings, make_client=cloud.client)
