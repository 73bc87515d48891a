"""What `power-tuner doctor` looks at: each check reads, and changes nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from power_tuner_cli.deployment.stack_change import StackChange, Standing
from power_tuner_cli.installation import version

if TYPE_CHECKING:
    from power_tuner.app import App
    from power_tuner_cli.cloud import AwsOptions, Cloud, TunerStack

# What others need meanwhile: the whole quota of a new account.
_SPARE_CONCURRENCY = 10
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        subject: What was looked at.
        state: ``ok``; ``wrong``, with what to do; ``unknown`` if it may not be read; ``note`` if it is as asked for.
        said: What was found.
        advice: What to do; empty if nothing.
    """

    subject: str
    state: Literal["ok", "wrong", "unknown", "note"]
    said: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at.

    Attributes:
        standing: The stack, if there is one.
        stack: The tuner in it, if it is complete.
    """

    cloud: "Cloud"
    aws_options: "AwsOptions"
    standing: Standing | None = None
    stack: "TunerStack | None" = None

    @property
    def app(self) -> "App":
        """Return the app of the stack."""
        from power_tuner_cli.cloud import open_app

        assert self.stack is not None  # noqa: S101 (the checks of a stack run if there is one)
        return open_app(self.cloud, self.stack)

    def resource(self, logical_id: str) -> str:
        """Return the physical id of a resource of the stack."""
        client = self.cloud.client("cloudformation")
        found = client.describe_stack_resource(StackName=self.aws_options.stack_name, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])


def find_patient(cloud: "Cloud", aws_options: "AwsOptions") -> Patient:
    """Return the stack that the options name, as far as it is there."""
    from power_tuner_cli.cloud import find_stack
    from power_tuner_cli.errors import CliError

    standing = StackChange(cloud.client("cloudformation"), aws_options.stack_name).standing()
    try:
        stack = find_stack(cloud, aws_options.stack_name) if standing else None
    except CliError:
        stack = None
    return Patient(cloud, aws_options, standing, stack)


def credentials(cloud: "Cloud") -> Finding:
    """Look whose credentials they are; without any nothing else can be looked at."""
    caller = cloud.client("sts").get_caller_identity()
    return Finding("credentials", "ok", f"account {caller['Account']}, as {caller['Arn']}")


def region(cloud: "Cloud") -> Finding:
    """Look whether the region's prices are known."""
    import boto3

    from power_tuner.tuning.pricing import has_own_prices

    name = cloud.region
    partitions = boto3.Session().get_available_partitions()
    known = {each for partition in partitions for each in boto3.Session().get_available_regions("lambda", partition)}
    if name not in known:
        return Finding(
            "region",
            "wrong",
            f"{name or 'none'} is no region of Lambda that this command knows; its prices may be others",
            "give --region, or update boto3 if the region is new",
        )
    price = "with prices of its own" if has_own_prices(name) else "with the prices of most regions"
    return Finding("region", "ok", f"{name}, {price}")


def stack(patient: Patient) -> Finding:
    """Look whether the stack stands, and is of this command's version."""
    name, standing = patient.aws_options.stack_name, patient.standing
    if standing is None:
        return Finding("stack", "wrong", f"there is no stack {name} in {patient.cloud.region}", "power-tuner deploy")
    if not standing.is_tuner:
        return Finding("stack", "wrong", f"the stack {name} is not a power tuner", "give --stack-name")
    if patient.stack is None or not standing.stands:
        said = f"the stack {name} is in {standing.status}, or of an older version"
        return Finding("stack", "wrong", said, "power-tuner deploy, when nobody else is changing it")
    deployed = standing.outputs.get("Version", "unknown")
    if deployed != version():
        said = f"the stack {name} has version {deployed}, this command {version()}"
        return Finding("version", "wrong", said, "power-tuner deploy")
    return Finding("stack", "ok", f"{name} has version {deployed}, as this command")


def mode(patient: Patient) -> Finding:
    """Look what the stack may do."""
    allowed = str((patient.standing or Standing("", "", "", {}, {})).parameters.get("mode"))
    if allowed == "measure":
        return Finding(
            "mode", "note", "measure: nothing starts by itself", "power-tuner deploy --mode advise, to change that"
        )
    return Finding("mode", "ok", f"{allowed}: deployments and drift of enrolled functions start runs")


def trail(patient: Patient) -> Finding:
    """Look whether CloudTrail tells EventBridge of deployments."""
    if patient.aws_options.local:
        return Finding("trail", "note", "the local AWS has no CloudTrail", "put the event yourself: docs/automation.md")
    client = patient.cloud.client("cloudtrail")
    for each in client.describe_trails()["trailList"]:
        reaches = each.get("IsMultiRegionTrail") or each.get("HomeRegion") == patient.cloud.region
        if not reaches or not client.get_trail_status(Name=each["TrailARN"])["IsLogging"]:
            continue
        if _logs_writes(client.get_event_selectors(TrailName=each["TrailARN"])):
            return Finding("trail", "ok", f"{each['Name']} records changes of functions")
    return Finding(
        "trail",
        "wrong",
        "no trail records management events here, so that deployments of single functions are not noticed",
        "create a trail that logs management events (aws cloudtrail create-trail, then start-logging)",
    )


def permissions(patient: Patient) -> Finding:
    """Try what the commands read; what they write is not tried."""
    assert patient.stack is not None  # noqa: S101 (the checks of a stack run if there is one)
    settings, client = patient.stack.settings, patient.cloud.client
    tries: dict[str, Callable[[], Any]] = {
        "states:ListExecutions": lambda: client("stepfunctions").list_executions(
            stateMachineArn=settings.state_machine_arn, maxResults=1
        ),
        "dynamodb:Query": lambda: next(iter(patient.app.profiles.enrolled()), None),
        "s3:ListBucket": lambda: client("s3").list_objects_v2(Bucket=settings.bucket_name, MaxKeys=1),
        "lambda:ListFunctions": lambda: client("lambda").list_functions(MaxItems=1),
    }
    denied = [action for action, call in tries.items() if _is_denied(call)]
    if denied:
        who = "your credentials may not do what the commands need"
        return Finding(
            "permissions", "wrong", f"{who}: {', '.join(denied)}", "ask for these actions, or give --profile"
        )
    return Finding("permissions", "ok", f"{', '.join(tries)}; what only writing would show was not tried")


def concurrency(patient: Patient) -> Finding:
    """Look whether the account has room for the branches of a run."""
    limits = patient.cloud.client("lambda").get_account_settings()["AccountLimit"]
    free, total = int(limits["UnreservedConcurrentExecutions"]), int(limits["ConcurrentExecutions"])
    wanted = int((patient.standing or Standing("", "", "", {}, {})).parameters.get("maxConcurrentBranches", 0))
    said = (
        f"{free} of {total} concurrent executions are not reserved; a run measures {wanted} memory sizes side by side"
    )
    if free < wanted + _SPARE_CONCURRENCY:
        advice = "ask for a higher quota of Lambda, or power-tuner deploy --set maxConcurrentBranches=2"
        return Finding("concurrency", "wrong", said, advice)
    return Finding("concurrency", "ok", said)


def dead_letters(patient: Patient) -> Finding:
    """Look whether events were given up."""
    queue = patient.resource("DeadLetters")
    name = "ApproximateNumberOfMessages"
    attributes = patient.cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"]
    if count := int(attributes[name]):
        return Finding("dead letters", "wrong", f"{count} events or invocations were given up", "power-tuner replay")
    return Finding("dead letters", "ok", "none")


def leases(patient: Patient) -> Finding:
    """Look whether runs have left something behind."""
    late = [each.target_arn.rpartition(":")[2] for each in patient.app.leases.held() if each.expired(time.time())]
    if late:
        said = f"the cleanup after a run is not finished for: {', '.join(late)}"
        return Finding("leases", "wrong", said, "the log of the janitor tells why; it tries again every five minutes")
    return Finding("leases", "ok", "no run has left anything behind")


def guarded(subject: str, look: Callable[[], Finding]) -> Finding:
    """Return what a check finds; what may not be read is unknown."""
    from botocore.exceptions import ClientError

    try:
        return look()
    except ClientError as error:
        problem = error.response["Error"]
        if problem["Code"] not in _DENIED:
            raise
        return Finding(subject, "unknown", f"may not be read ({error.operation_name})", "look with other credentials")


def _is_denied(call: Callable[[], Any]) -> bool:
    from botocore.exceptions import ClientError

    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in _DENIED:
            raise
        return True
    return False


def _logs_writes(selectors: Any) -> bool:
    """Return whether a trail records calls that change something."""
    if any(
        each.get("IncludeManagementEvents") and each.get("ReadWriteType") in {"All", "WriteOnly"}
        for each in selectors.get("EventSelectors", ())
    ):
        return True
    return any(_is_of_writes(each["FieldSelectors"]) for each in selectors.get("AdvancedEventSelectors", ()))


def _is_of_writes(fields: Any) -> bool:
    wanted = {each["Field"]: each for each in fields}
    management = "Management" in wanted.get("eventCategory", {}).get("Equals", ())
    return management and "true" not in wanted.get("readOnly", {}).get("Equals", ())
