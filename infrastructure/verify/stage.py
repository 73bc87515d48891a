"""What a verification makes for itself in an account: a stack, a role, functions, and a queue that hears the events."""

import contextlib
import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.config import Config
from botocore.exceptions import ClientError

from power_tuner_cli.cloud import Cloud, TunerStack, find_stack, open_app
from power_tuner_cli.main import build_app
from power_tuner_cli.run_results import RunResults, fetch_results
from power_tuner_cli.runs import Run, RunEnd, start_run

if TYPE_CHECKING:
    from power_tuner.app import App

T = TypeVar("T")
PREFIX = "power-tuner-verify-"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
# What a function of a verification may do: write its log.
_LOGS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}],
}
_ROLE_SEEN_S = 60.0
_PAUSE_S = 0.5
WORKING = "def handler(event, context):\n    return sum(number * number for number in range(200_000))\n"
FAILING = "def handler(event, context):\n    return event['order']['id']\n"
SLOW = "import time\n\n\ndef handler(event, context):\n    time.sleep(2)\n"


@dataclass(slots=True)
class Stage:
    """One stack and what belongs to it.

    Attributes:
        cloud: The account, or the local AWS.
        local: Whether it is the local AWS.
        stack_name: The stack's; it must not exist before.
        arguments: The options that name the cloud to the command line.
    """

    cloud: Cloud
    stack_name: str
    local: bool
    arguments: tuple[str, ...] = ()
    role_arn: str = ""
    queue_url: str = ""
    _made: list[tuple[str, str, Callable[[], object]]] = field(default_factory=list)

    def client(self, service: str, **settings: Any) -> Any:
        """Return a client of a service."""
        return self.cloud.client(service, config=Config(**settings) if settings else None)

    @property
    def stack(self) -> TunerStack:
        """Return the deployed tuner."""
        return find_stack(self.cloud, self.stack_name)

    @property
    def app(self) -> "App":
        """Return the app as the stack's functions see it."""
        return open_app(self.cloud, self.stack)

    def set_up(self, tell: Callable[[str], None]) -> None:
        """Make the stack, the role and the queue.

        Each is noted before it is made, so that `remove` finds it whatever happens.
        """
        tell(f"deploys the stack {self.stack_name}")
        self.note("stack", self.stack_name, lambda: self._command("undeploy", "--stop-runs", "--delete-data"))
        self._command("deploy", "--mode", "apply")
        tell("makes a role and a queue")
        self._make_role()
        self._make_queue()

    def note(self, kind: str, name: str, remove: Callable[[], object]) -> None:
        """Note something that is about to be made, so that it is removed in the end."""
        self._made.append((kind, name, remove))

    def add_function(self, source: str, **settings: Any) -> str:
        """Make a function of the verification's own and return its ARN, once it is active."""
        name = f"{PREFIX}{uuid.uuid4().hex[:8]}"
        client = self.client("lambda")
        self.note("function", name, lambda: client.delete_function(FunctionName=name))
        group = f"/aws/lambda/{name}"
        self.note("log group", group, lambda: self.client("logs").delete_log_group(logGroupName=group))
        request = {
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "Handler": "app.handler",
            "MemorySize": 512,
            "Timeout": 10,
            **settings,
        }
        made = self._once_the_role_is_seen(
            lambda: client.create_function(
                FunctionName=name, Role=self.role_arn, Code={"ZipFile": zipped(source)}, **request
            )
        )
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
        return str(made["FunctionArn"])

    def start(self, arn: str, **fields: Any) -> Run:
        """Start a run of a function."""
        return start_run(self.cloud, self.stack, {"lambdaARN": arn, "payload": {}, **fields})

    def tune(self, arn: str, **fields: Any) -> tuple[RunEnd, RunResults]:
        """Run to the end and return how it ended, with its results."""
        run = self.start(arn, **fields)
        end = run.follow(lambda _: None, interval_s=_PAUSE_S if self.local else 3)
        return end, fetch_results(self.cloud, self.stack, arn, run.run_id)

    def settled(self, arn: str) -> None:
        """Wait until an update of a function has ended."""
        waiter = self.client("lambda").get_waiter("function_updated_v2")
        waiter.wait(FunctionName=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 120})

    def wait(self, what: str, look: Callable[[], T | None], at_most_s: float) -> T:
        """Look until there is something, and return it.

        Raises:
            TimeoutError: There is nothing in time.
        """
        deadline_s = time.monotonic() + at_most_s
        while (found := look()) is None:
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{what}: not within {at_most_s:.0f} s")
            time.sleep(_PAUSE_S if self.local else 3)
        return found

    def trace(self, arn: str) -> dict[str, Any]:
        """Return what a run must leave as it was: configuration, versions and aliases."""
        client = self.client("lambda")
        configuration = client.get_function_configuration(FunctionName=arn)
        kept = ("CodeSha256", "MemorySize", "Timeout", "Description", "Environment", "Layers", "Role", "Handler")
        versions = client.list_versions_by_function(FunctionName=arn)["Versions"]
        aliases = client.list_aliases(FunctionName=arn)["Aliases"]
        return {
            "configuration": {key: configuration.get(key) for key in kept},
            "versions": sorted(each["Version"] for each in versions),
            "aliases": sorted((each["Name"], each["FunctionVersion"]) for each in aliases),
        }

    def heard(self, run_id: str, detail_type: str, at_most_s: float = 60) -> dict[str, Any]:
        """Return the event of a run that arrived in the queue."""
        client = self.client("sqs")

        def look() -> dict[str, Any] | None:
            answer = client.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", ()):
                event: dict[str, Any] = json.loads(message["Body"])
                client.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
                if event["detail-type"] == detail_type and run_id in json.dumps(event["detail"]):
                    return event
            return None

        return self.wait(f"the event {detail_type!r} of {run_id}", look, at_most_s)

    def remove(self, tell: Callable[[str], None]) -> list[str]:
        """Remove all that was made, the last first; return what could not be, with the reason."""
        left = []
        for kind, name, remove in reversed(self._made):
            try:
                remove()
            except ClientError as error:
                if not _is_gone(error):
                    left.append(f"{kind} {name}: {error}")
            except Exception as error:  # noqa: BLE001 - what is left must be told, and the rest removed
                left.append(f"{kind} {name}: {error}")
            else:
                tell(f"removed {kind} {name}")
        self._made.clear()
        return left

    def _command(self, name: str, *more: str) -> None:
        """Call the command as a person would."""
        arguments = [name, "--yes", *more, "--stack-name", self.stack_name, *self.arguments]
        try:
            code = build_app()(arguments, standalone_mode=False)
        except SystemExit as end:
            code = end.code
        if code:
            raise RuntimeError(f"`power-tuner {' '.join(arguments)}` ended with {code}")

    def _make_role(self) -> None:
        client, name = self.client("iam"), f"{PREFIX}{uuid.uuid4().hex[:8]}"

        def remove() -> None:
            with _gone_is_fine():
                client.delete_role_policy(RoleName=name, PolicyName="logs")
            client.delete_role(RoleName=name)

        self.note("role", name, remove)
        self.role_arn = client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
        client.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=json.dumps(_LOGS))

    def _make_queue(self) -> None:
        queues, events, name = self.client("sqs"), self.client("events"), f"{PREFIX}{uuid.uuid4().hex[:8]}"
        bus = self.stack.settings.event_bus_name

        def remove_rule() -> None:
            with _gone_is_fine():
                events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
            events.delete_rule(Name=name, EventBusName=bus)

        def remove_queue() -> None:
            queues.delete_queue(QueueUrl=queues.get_queue_url(QueueName=name)["QueueUrl"])

        self.note("queue", name, remove_queue)
        self.queue_url = queues.create_queue(QueueName=name)["QueueUrl"]
        attributes = queues.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["QueueArn"])["Attributes"]
        self.note("rule", name, remove_rule)
        pattern = json.dumps({"source": ["power-tuner"]})
        rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)["RuleArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": attributes["QueueArn"],
            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        queues.set_queue_attributes(QueueUrl=self.queue_url, Attributes={"Policy": policy})
        events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": attributes["QueueArn"]}])

    def _once_the_role_is_seen(self, create: Callable[[], Any]) -> Any:
        """Create, again and again while Lambda does not see the new role yet."""
        deadline_s = time.monotonic() + _ROLE_SEEN_S
        while True:
            try:
                return create()
            except ClientError as error:
                unseen = "cannot be assumed" in str(error)
                if not unseen or time.monotonic() > deadline_s:
                    raise
            time.sleep(3)


def zipped(source: str) -> bytes:
    """Return an archive with this app.py."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("app.py", source)
    return archive.getvalue()


def _is_gone(error: ClientError) -> bool:
    code = str(error.response["Error"]["Code"])
    return any(word in code for word in ("NotFound", "NoSuchEntity", "NonExistentQueue", "QueueDoesNotExist"))


@contextlib.contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if not _is_gone(error):
            raise
