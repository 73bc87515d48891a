"""Where a run happens: an AWS account, or a local AWS, both seen through boto3 clients."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_STACK_NAME = "power-tuner"


class Cloud(Protocol):
    """What the commands need of AWS, real or local."""

    @property
    def region(self) -> str:
        """Name the region."""
        ...

    def client(self, service: str) -> Any:
        """Return a boto3 client of one service."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where on AWS to look, as the command line says it.

    Attributes:
        local: Use the running local AWS.
        state_dir: Where the local AWS keeps its state.
    """

    stack_name: str = DEFAULT_STACK_NAME
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    local: bool = False
    state_dir: str | None = None


@dataclass(frozen=True, slots=True)
class AwsAccount:
    """An AWS account, reached with the usual credentials and region."""

    session: Any
    endpoint_url: str | None = None

    @property
    def region(self) -> str:
        """Name the region."""
        return str(self.session.region_name or "")

    def client(self, service: str) -> Any:
        """Return a boto3 client of one service."""
        return self.session.client(service, endpoint_url=self.endpoint_url)


@dataclass(frozen=True, slots=True)
class TunerStack:
    """The deployed tuner.

    Attributes:
        parameters: The stack's own settings, such as its default power values.
    """

    name: str
    state_machine_arn: str
    table_name: str
    bucket_name: str
    parameters: "Mapping[str, str]" = field(default_factory=dict)


def open_account(place: Place) -> AwsAccount:
    """Open the AWS account that the command line, or the environment, names."""
    import boto3

    session = boto3.Session(profile_name=place.profile, region_name=place.region)
    return AwsAccount(session, place.endpoint_url)


def find_stack(cloud: Cloud, name: str) -> TunerStack:
    """Find the deployed tuner by the name of its stack.

    Raises:
        CliError: There is no such stack, or it is not a tuner.
    """
    from botocore.exceptions import ClientError

    client = cloud.client("cloudformation")
    try:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise CliError(
            f"There is no stack {name!r} in {cloud.region or 'this region'}. Deploy the tuner there (README: "
            "'On AWS'), or name its stack with --stack-name and its region with --region.",
            ExitCode.UNREACHABLE,
        ) from None
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", ())}
    missing = {"StateMachineArn", "TableName", "BucketName"} - outputs.keys()
    if missing:
        raise CliError(
            f"The stack {name!r} ({stack['StackStatus']}) has no output {', '.join(sorted(missing))}: it is not a "
            "power tuner, or its deployment is not complete. Name the right one with --stack-name.",
            ExitCode.UNREACHABLE,
        )
    return TunerStack(
        name,
        outputs["StateMachineArn"],
        outputs["TableName"],
        outputs["BucketName"],
        {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", ())},
    )
