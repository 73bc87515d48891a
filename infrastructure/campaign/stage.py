"""The stage of the campaign: one local AWS with the app, on which case after case is played."""

import base64
import contextlib
import hashlib
import io
import itertools
import json
import threading
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from campaign.cases import Scenario, Site, Strike, logical_name, sites_of
from power_tuner_local import LocalAws
from power_tuner_local.faults import Fault, callers
from power_tuner_local.identity import role_of
from power_tuner_local.lambda_service import LambdaOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from power_tuner_local.api_calls import ApiCall
    from power_tuner_local.faults import Injection, Watch

ROOT = Path(__file__).resolve().parents[2]
STACK = "power-tuner"
PAYLOADS = "campaign-payloads"
MEMORY_MB = 512
FOREIGN_MEMORY_MB = 1024
HANG_S = 150.0
_SETTLE_S = 8.0
_QUIET_S = 0.5
_JANITOR_ROUNDS = 4
_POLL_S = 0.1
_VOLATILE = frozenset({"ResponseMetadata", "RevisionId", "LastModified", "LastUpdateStatus", "State", "CodeSize"})


@dataclass(slots=True)
class Observation:
    """What could be seen of one run.

    Attributes:
        struck: Whether the fault happened at all.
        status: How the execution ended; empty when it did not.
        leases: The leases that were left.
        active: Whether calls of the run still came long after its end.
        before: The target before the run.
        expected: The target as it must be: as before, with what somebody else deployed.
        after: The target after the run.
        items: What the table has of the run.
        events: The details of the events of the run, by detail type.
        children: How the branches ended, as the children of the Map say.
        dead_letters: How many messages in the dead-letter queue mention the run.
        document: The result document, if there is one.
        deployed_at: The position among the calls at which somebody else deployed; None if nobody did.
        judged_at: The position of the Analyzer's last look at the target.
        begun_at: The position of the Initializer's last look at the target.
        janitor_rounds: How often the janitor had to come.
    """

    run_id: str
    struck: bool = False
    status: str = ""
    error: str = ""
    cause: str = ""
    output: "dict[str, Any] | None" = None
    leases: int = 0
    active: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    dead_letters: int = 0
    document: "dict[str, Any] | None" = None
    deployed_at: int | None = None
    judged_at: int = -1
    begun_at: int = -1
    janitor_rounds: int = 0
    took_s: float = 0.0


class Stage:
    """A local AWS with the app deployed, and someone who collects its events and dead letters."""

    def __init__(self) -> None:
        options = LambdaOptions(update_delay_s=0.02, retry_delay_s=0.2, max_sandboxes=64, memory_cap_mb=3008)
        self._undo = contextlib.ExitStack()
        self.aws = self._undo.enter_context(LocalAws(lambda_options=options))
        self.aws.client("s3").create_bucket(Bucket=PAYLOADS)
        parameters = {"totalExecutionTimeout": "60", "payloadS3Bucket": PAYLOADS}
        stack = self.aws.deploy(ROOT / "template.yaml", stack_name=STACK, parameters=parameters)
        self.outputs = stack.outputs
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._prefix = f"case-{time.time_ns() // 1_000_000:x}"
        self._role = self._make_role()
        self._events: list[dict[str, Any]] = []
        self._dead: list[str] = []
        self._closing = threading.Event()
        self._listen()
        self._undo.callback(self._closing.set)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.join()
        self._undo.close()

    def client(self, service: str) -> Any:
        """Return the stage's own client of a service."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self.aws.client(service)
            return self._clients[service]

    def sites(self, scenario: Scenario) -> list[Site]:
        """Return the call sites of a scenario, from one clean run; the first warms the functions up."""
        with self._playing(scenario) as (play, watch):
            self._observe(play, watch)
        return sites_of(callers(watch.calls), STACK)

    def play(self, scenario: Scenario, *faults: tuple[Site, Strike]) -> Observation:
        """Play one run, with or without a fault, and watch it until nothing happens any more."""
        began_s = time.monotonic()
        with self._playing(scenario) as (play, watch), contextlib.ExitStack() as injected:
            for site, strike in faults:
                fault = self._fault(site, strike, play, watch)
                play.injections.append(injected.enter_context(self.aws.faults.inject(fault)))
            observation = self._observe(play, watch)
        observation.took_s = time.monotonic() - began_s
        return observation

    @contextlib.contextmanager
    def _playing(self, scenario: Scenario) -> "Iterator[tuple[_Play, Watch]]":
        run_id = f"{self._prefix}-{next(self._numbers)}"
        functions = self.client("lambda")
        functions.create_function(
            FunctionName=run_id,
            Runtime="python3.13",
            Architectures=["arm64"],
            Role=self._role,
            Handler="app.handler",
            MemorySize=MEMORY_MB,
            Timeout=10,
            Code={"ZipFile": _zipped(scenario.source)},
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=run_id, WaiterConfig={"Delay": 0.05})
        version = functions.publish_version(FunctionName=run_id, Description="the user's")["Version"]
        functions.create_alias(FunctionName=run_id, Name="live", FunctionVersion=version)
        try:
            with self.aws.faults.watch(run_id) as watch:
                yield _Play(run_id, scenario, self.trace(run_id)), watch
        finally:
            with contextlib.suppress(ClientError):
                functions.delete_function(FunctionName=run_id)

    def _fault(self, site: Site, strike: Strike, play: "_Play", watch: "Watch") -> Fault:
        return Fault(
            strike.kind,
            service=site.service,
            action=site.action,
            caller=f"{STACK}-{site.caller}Role-",
            mentions=play.run_id,
            nth=site.nth,
            times=strike.times,
            intrusion=lambda _: self._intrude(strike.intrudes, play, watch),
        )

    def _intrude(self, what: str, play: "_Play", watch: "Watch") -> None:
        """Do what somebody else does in the middle of a run."""
        match what:
            case "stop":
                self.client("stepfunctions").stop_execution(executionArn=play.execution_arn)
                _wait(lambda: not any(each["phase"]["S"] == "active" for each in self._leases(play)), _SETTLE_S)
            case "expiry":
                self._set_lease(play, "untilS")
                self._run_janitor()
                _wait(lambda: not any(each["phase"]["S"] == "active" for each in self._leases(play)), _SETTLE_S)
            case _:
                play.deployed_at = len(watch.calls) - 1
                self._deploy(what, play)

    def _deploy(self, what: str, play: "_Play") -> None:
        """Deploy to the target, as soon as Lambda lets one."""
        functions, name, changes = self.client("lambda"), play.run_id, play.changes
        if what == "code":
            foreign = _zipped('def handler(event, context):\n    return "deployed"\n')
            _insist(lambda: functions.update_function_code(FunctionName=name, ZipFile=foreign))
            changes["CodeSha256"] = _sha(foreign)
        elif what == "memory":
            _insist(lambda: functions.update_function_configuration(FunctionName=name, MemorySize=FOREIGN_MEMORY_MB))
            changes["MemorySize"] = FOREIGN_MEMORY_MB
        else:
            versions = functions.list_versions_by_function(FunctionName=name)["Versions"]
            newest = max((each["Version"] for each in versions if each["Version"] != "$LATEST"), key=int)
            functions.create_alias(FunctionName=name, Name="theirs", FunctionVersion=newest)
            play.kept_version = next(_stable(each) for each in versions if each["Version"] == newest)

    def _observe(self, play: "_Play", watch: "Watch") -> Observation:
        if play.scenario.rival:
            self._execute(play, f"{play.run_id}-rival")
            _wait(lambda: self._leases(play), _SETTLE_S)
        play.execution_arn = self._execute(play, play.run_id)
        if play.scenario.stop_at:
            _wait(lambda: _has_called(play.scenario.stop_at, watch) or self._described(play.execution_arn), HANG_S)
            self.client("stepfunctions").stop_execution(executionArn=play.execution_arn)
        execution: dict[str, Any] | None = _wait(lambda: self._described(play.execution_arn), HANG_S)
        seen = Observation(play.run_id, before=play.before, status=execution["status"] if execution else "")
        if execution:
            seen.error, seen.cause = execution.get("error", ""), execution.get("cause", "")
            seen.output = json.loads(execution["output"]) if "output" in execution else None
            self._settle(play, watch, seen)
        self._gather(play, watch, seen)
        if not execution:
            with contextlib.suppress(ClientError):
                self.client("stepfunctions").stop_execution(executionArn=play.execution_arn)
        return seen

    def _execute(self, play: "_Play", name: str) -> str:
        target = play.scenario.target.replace("<run>", play.run_id) or play.run_id
        answer = self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["StateMachineArn"],
            name=name,
            input=json.dumps({"lambdaARN": target, **play.scenario.fields}),
        )
        return str(answer["executionArn"])

    def _described(self, execution_arn: str) -> dict[str, Any] | None:
        """Describe an execution that has ended."""
        described: dict[str, Any] = self.client("stepfunctions").describe_execution(executionArn=execution_arn)
        return None if described["status"] == "RUNNING" else described

    def _settle(self, play: "_Play", watch: "Watch", seen: Observation) -> None:
        """Wait until the run has left nothing; let the janitor come when it has, as it does every five minutes."""
        _wait(lambda: self._is_settled(play, seen), _SETTLE_S)
        while self._leases(play) and seen.janitor_rounds < _JANITOR_ROUNDS:
            _wait(lambda: _is_quiet(watch), _SETTLE_S)
            self._set_lease(play, "intentUntilS")
            self._run_janitor()
            seen.janitor_rounds += 1
            _wait(lambda: not self._leases(play), _SETTLE_S)
        _wait(lambda: self._is_settled(play, seen), _SETTLE_S)
        seen.active = not _wait(lambda: _is_quiet(watch), _SETTLE_S)

    def _is_settled(self, play: "_Play", seen: Observation) -> bool:
        told = "Power Tuning Completed" if seen.status == "SUCCEEDED" else "Power Tuning Failed"
        applied = (
            not play.scenario.applies or seen.status != "SUCCEEDED" or any("applied" in i for i in self._items(play))
        )
        return not self._leases(play) and told in self._events_of(play.run_id) and applied

    def _set_lease(self, play: "_Play", moment: str) -> None:
        """Make it so late that a moment of the run's lease is past.

        Args:
            play: whose lease.
            moment: `untilS`, when the lease expires, or `intentUntilS`, when a Publisher is certainly dead: only to
                be used when it is.
        """
        for lease in self._leases(play):
            with contextlib.suppress(ClientError):  # released meanwhile
                self.client("dynamodb").update_item(
                    TableName=self.outputs["TableName"],
                    Key={"PK": lease["PK"], "SK": lease["SK"]},
                    UpdateExpression=f"SET {moment} = :past",
                    ConditionExpression="attribute_exists(PK)",
                    ExpressionAttributeValues={":past": {"N": "0"}},
                )

    def _run_janitor(self) -> None:
        schedules = self.client("scheduler").list_schedules()["Schedules"]
        self.aws.fire_schedule(next(each["Name"] for each in schedules if "janitor" in each["Name"].lower()))

    def _gather(self, play: "_Play", watch: "Watch", seen: Observation) -> None:
        seen.struck = any(injection.hit for injection in play.injections)
        seen.children = self._children(play.execution_arn)
        seen.leases = len(self._leases(play))
        seen.items = self._items(play)
        seen.events = self._events_of(play.run_id)
        seen.dead_letters = sum(play.run_id in text for text in list(self._dead))
        seen.deployed_at = play.deployed_at
        seen.judged_at = _last_look(watch, "AnalyzerFunction")
        seen.begun_at = _last_look(watch, "InitializerFunction")
        seen.after = self.trace(play.run_id)
        seen.expected = play.expected(seen.items)
        for item in seen.items:
            if "resultKey" in item:
                body = self.client("s3").get_object(Bucket=self.outputs["BucketName"], Key=item["resultKey"])["Body"]
                seen.document = json.loads(body.read())

    def trace(self, function: str) -> dict[str, Any]:
        """Return everything that a run could leave behind on a function."""
        client = self.client("lambda")
        versions = client.list_versions_by_function(FunctionName=function)["Versions"]
        aliases = client.list_aliases(FunctionName=function)["Aliases"]
        return {
            "configuration": _stable(client.get_function_configuration(FunctionName=function)),
            "versions": {each["Version"]: _stable(each) for each in versions if each["Version"] != "$LATEST"},
            "aliases": {each["Name"]: each["FunctionVersion"] for each in aliases},
        }

    def _leases(self, play: "_Play") -> list[dict[str, Any]]:
        return [item for item in self._query(f"FUNCTION#{self._arn(play.run_id)}") if item["SK"]["S"] == "LEASE"]

    def _items(self, play: "_Play") -> list[dict[str, Any]]:
        found = self._query(f"FUNCTION#{self._arn(play.run_id)}") + self._query("FUNCTION#unknown")
        plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in found]
        return [item for item in plain if item.get("runId") == play.run_id and item["SK"].startswith("RUN#")]

    def _children(self, execution_arn: str) -> list[str]:
        client = self.client("stepfunctions")
        described = [
            client.describe_execution(executionArn=child["executionArn"])
            for map_run in client.list_map_runs(executionArn=execution_arn)["mapRuns"]
            for child in client.list_executions(mapRunArn=map_run["mapRunArn"])["executions"]
        ]
        return sorted(str(json.loads(child.get("output", "{}")).get("outcome", child["status"])) for child in described)

    def _query(self, partition: str) -> list[dict[str, Any]]:
        answer = self.client("dynamodb").query(
            TableName=self.outputs["TableName"],
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        items: list[dict[str, Any]] = answer["Items"]
        return items

    def _arn(self, function: str) -> str:
        return f"arn:aws:lambda:{self.aws.region}:{self.aws.account_id}:function:{function}"

    def _events_of(self, run_id: str) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for event in list(self._events):
            if event["detail"].get("runId") == run_id:
                found.setdefault(event["detail-type"], []).append(event["detail"])
        return found

    def _make_role(self) -> str:
        trust = {"Version": "2012-10-17", "Statement": []}
        iam = self.aws.client("iam")
        arn: str = iam.create_role(RoleName="campaign-target", AssumeRolePolicyDocument=json.dumps(trust))["Role"][
            "Arn"
        ]
        return arn

    def _listen(self) -> None:
        """Collect the app's events and dead letters, in a thread."""
        sqs, events = self.aws.client("sqs"), self.aws.client("events")
        url = sqs.create_queue(QueueName="campaign-events")["QueueUrl"]
        bus = self.outputs["EventBusName"]
        events.put_rule(Name="campaign", EventBusName=bus, EventPattern=json.dumps({"source": ["power-tuner"]}))
        arn = f"arn:aws:sqs:{self.aws.region}:{self.aws.account_id}:campaign-events"
        events.put_targets(Rule="campaign", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        dead = next(each for each in sqs.list_queues()["QueueUrls"] if "DeadLetters" in each)

        def listen() -> None:
            while not self._closing.wait(_POLL_S):
                self._events += [json.loads(text) for text in _receive(sqs, url)]
                self._dead += _receive(sqs, dead)

        self._listener = threading.Thread(target=listen, daemon=True, name="campaign-listener")
        self._listener.start()


@dataclass(slots=True)
class _Play:
    """One run as it is played."""

    run_id: str
    scenario: Scenario
    before: dict[str, Any]
    execution_arn: str = ""
    injections: "list[Injection]" = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    kept_version: "dict[str, Any] | None" = None
    deployed_at: int | None = None

    def expected(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the target as it must be after the run."""
        expected: dict[str, Any] = {
            **self.before,
            "configuration": {**self.before["configuration"], **self.changes},
        }
        applied = next((item["applied"] for item in items if "applied" in item), None)
        if applied and applied["applied"]["BOOL"]:
            expected["configuration"]["MemorySize"] = int(applied["toMemoryMb"]["N"])
        if self.kept_version:
            number = self.kept_version["Version"]
            expected["versions"] = {**expected["versions"], number: self.kept_version}
            expected["aliases"] = {**expected["aliases"], "theirs": number}
        return expected


def _caller(call: "ApiCall") -> str:
    return logical_name(role_of(call.access_key) or "", STACK)


def _has_called(caller: str, watch: "Watch") -> bool:
    return any(_caller(call) == caller for call in watch.calls)


def _last_look(watch: "Watch", caller: str) -> int:
    positions = [
        number
        for number, call in enumerate(watch.calls)
        if call.action == "GetFunctionConfiguration" and _caller(call) == caller
    ]
    return positions[-1] if positions else -1


def _is_quiet(watch: "Watch") -> bool:
    """Tell whether no role calls anything for a moment."""
    calls = len(watch.calls)
    time.sleep(_QUIET_S)
    return not any(_caller(call) for call in watch.calls[calls:])


def _wait(check: "Callable[[], Any]", timeout_s: float) -> Any:
    deadline_s = time.monotonic() + timeout_s
    while True:
        found = check()
        if found or time.monotonic() > deadline_s:
            return found
        time.sleep(_POLL_S)


def _insist(act: "Callable[[], object]") -> None:
    """Do something that Lambda refuses while an update is under way."""
    for _ in range(100):
        try:
            act()
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceConflictException":
                raise
            time.sleep(0.02)
        else:
            return


def _receive(sqs: Any, url: str) -> list[str]:
    texts: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        texts += [message["Body"] for message in messages]
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return texts


def _stable(configuration: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in configuration.items() if key not in _VOLATILE}


def _zipped(source: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr(zipfile.ZipInfo("app.py"), source)
    return archive.getvalue()


def _sha(archive: bytes) -> str:
    return base64.b64encode(hashlib.sha256(archive).digest()).decode()
