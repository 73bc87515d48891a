"""What happens by itself, played for its permissions: deployments, drift checks, applied decisions taken back."""

import contextlib
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from campaign import targets
from campaign.cases import FAILING, SLOW, STACK, WORKING
from campaign.stage import ROOT, Stage
from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import MEASURE, Profile
from power_tuner.aws.item_table import ItemTable
from power_tuner.aws.profile_store import DynamoProfiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SMALL = {"num": 1, "powerValues": [128, 256], "payload": {}}
IDLE_S = 300.0  # a run whose Record is refused tries again for two minutes
_EVENTS = ROOT / "events" / "examples"
_REPORT = (
    "REPORT RequestId: 8f5b\tDuration: 80.5 ms\tBilled Duration: 81 ms\tMemory Size: 512 MB\tMax Memory Used: 40 MB\t"
)


@dataclass(slots=True)
class Scene:
    """One function of a user's, and what happens to it.

    Attributes:
        name: The function's.
        told: How many events have told of its deployment.
    """

    stage: Stage
    name: str
    told: int = 0

    def arn(self, name: str = "") -> str:
        """Return the ARN of the function, or of another one."""
        aws = self.stage.aws
        return f"arn:aws:lambda:{aws.region}:{aws.account_id}:function:{name or self.name}"

    def enroll(self, *, policy: Policy | None = None, drift_mode: str = "read", **run_input: Any) -> None:
        """Enrol the function."""
        fields = {name: value for name, value in {**SMALL, **run_input}.items() if value is not None}
        self.profiles.put(Profile(self.arn(), fields, policy or Policy(), 0, drift_mode))

    @property
    def profiles(self) -> DynamoProfiles:
        """Return who is enrolled."""
        return DynamoProfiles(ItemTable(self.stage.client("dynamodb"), self.stage.outputs["TableName"]))

    def tell(self, example: str = "deployment-update-code", **detail: Any) -> None:
        """Put the event of a deployment on the default bus, each a little later than the one before."""
        event = json.loads((_EVENTS / f"{example}.json").read_text(encoding="utf-8"))
        self.told += 1
        at = (datetime.now(UTC) + timedelta(seconds=self.told)).strftime("%Y-%m-%dT%H:%M:%SZ")
        named = {"eventTime": at, "requestParameters": {"functionName": self.name}, "responseElements": None}
        shown = {**event["detail"], **(detail or named)}
        entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(shown)}
        self.stage.client("events").put_events(Entries=[entry])

    def settle(self) -> None:
        """Wait until all that was set off has come to its end."""
        self.stage.aws.wait_until_idle(IDLE_S)

    def tune(self, **fields: Any) -> None:
        """Start a run by hand, and wait."""
        self.stage.client("stepfunctions").start_execution(
            stateMachineArn=self.stage.outputs["StateMachineArn"],
            name=f"{self.name}-by-hand",
            input=json.dumps({"lambdaARN": self.name, **SMALL, **fields}),
        )
        self.settle()

    def deploy(self, source: str) -> None:
        """Deploy other code, as soon as Lambda lets one."""
        client, archive = self.stage.client("lambda"), targets.zipped(source)
        targets.insist(lambda: client.update_function_code(FunctionName=self.name, ZipFile=archive))

    def check_fleet(self) -> str:
        """Let the schedule of the drift checks fire; returns what became of this function."""
        client = self.stage.client("stepfunctions")
        arn = self.stage.outputs["StateMachineArn"].rpartition(":")[0] + f":{STACK}-fleet"
        before = {each["executionArn"] for each in client.list_executions(stateMachineArn=arn)["executions"]}
        schedules = self.stage.client("scheduler").list_schedules()["Schedules"]
        self.stage.aws.fire_schedule(next(each["Name"] for each in schedules if "fleet" in each["Name"]))
        self.settle()
        executions = client.list_executions(stateMachineArn=arn)["executions"]
        begun = next((each["executionArn"] for each in executions if each["executionArn"] not in before), None)
        if begun is None:
            return "not started"
        ended = client.describe_execution(executionArn=begun)
        checked = json.loads(ended.get("output", "[]"))
        return next((each["outcome"] for each in checked if each["targetArn"] == self.arn()), str(ended["status"]))

    def roll_back(self) -> str:
        """Let the Optimizer take back what the function's latest applied run changed."""
        applied = [item["runId"]["S"] for item in self.items() if "applied" in item]
        optimizer = self.stage.client("cloudformation").describe_stack_resource(
            StackName=STACK, LogicalResourceId="OptimizerFunction"
        )["StackResourceDetail"]["PhysicalResourceId"]
        payload = json.dumps({"rollback": applied[-1] if applied else "none"}).encode()
        answer = self.stage.client("lambda").invoke(FunctionName=optimizer, Payload=payload)
        return str(answer.get("FunctionError", "taken back"))

    def items(self, name: str = "") -> list[dict[str, Any]]:
        """Return the items of the function's runs, the oldest first."""
        found = self.stage.client("dynamodb").query(
            TableName=self.stage.outputs["TableName"],
            KeyConditionExpression="PK = :pk AND begins_with(SK, :run)",
            ExpressionAttributeValues={":pk": {"S": f"FUNCTION#{self.arn(name)}"}, ":run": {"S": "RUN#"}},
            ConsistentRead=True,
        )
        items: list[dict[str, Any]] = found["Items"]
        return items

    def runs(self, name: str = "") -> list[str]:
        """Return what became of each event and run: status, trigger and whether a decision was applied."""
        told = []
        for item in self.items(name):
            trigger, applied = item.get("trigger", {}).get("S", ""), item.get("applied", {}).get("M", {})
            told.append(f"{item['status']['S']} {trigger} {applied.get('applied', {}).get('BOOL', '')}".strip())
        return sorted(told)

    def parameter(self) -> str | None:
        """Return the parameter that is named after the function."""
        client = self.stage.client("ssm")
        try:
            return str(client.get_parameter(Name=f"/power-tuner/{self.name}")["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            return None


@contextlib.contextmanager
def scene(stage: Stage, name: str, source: str) -> "Iterator[Scene]":
    """Set a scene with a new function, which is gone in the end, and enrolled no more."""
    opened = Scene(stage, name)
    role = f"arn:aws:iam::{stage.aws.account_id}:role/campaign-target"
    with targets.new_target(stage.client("lambda"), name, source, role):
        try:
            yield opened
        finally:
            opened.settle()
            opened.profiles.delete(opened.arn())


def _deployed(scene: Scene) -> tuple[object, ...]:
    """Let a deployment be tuned with a payload in S3, and the decision be written to a parameter and taken back."""
    bucket, key = scene.stage.outputs["BucketName"], f"profiles/{scene.name}.json"
    scene.stage.client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")
    policy = Policy("ssm", parameter=f"/power-tuner/{scene.name}")
    scene.enroll(policy=policy, payload=None, payloadS3=f"s3://{bucket}/{key}")
    scene.tell()
    scene.settle()
    written = scene.parameter() is not None
    scene.tell()
    scene.settle()
    return (*scene.runs(), written, scene.roll_back(), scene.parameter())


def _applied(scene: Scene) -> tuple[object, ...]:
    """Let a decision be applied that a profile lets apply: only if no infrastructure as code owns the function."""
    scene.enroll(policy=Policy("latest"))
    scene.tell()
    scene.settle()
    return tuple(scene.runs())


def _tagged(scene: Scene) -> tuple[object, ...]:
    client, arn = scene.stage.client("lambda"), scene.arn()
    client.tag_resource(Resource=arn, Tags={"power-tuning": "on", "power-tuning:num": "1"})
    scene.tell()
    scene.settle()
    enrolled = scene.profiles.get(arn) is not None
    client.untag_resource(Resource=arn, TagKeys=["power-tuning"])
    scene.tell()
    scene.settle()
    return (*scene.runs(), enrolled, scene.profiles.get(arn) is not None)


def _stack(scene: Scene) -> tuple[object, ...]:
    client = scene.stage.client("cloudformation")
    name = f"{scene.name}-in-a-stack"
    properties = {
        "FunctionName": name,
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::123456789012:role/target",
        "Code": {"ZipFile": WORKING},
    }
    template = {"Resources": {"One": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    stack_id = client.create_stack(StackName=f"{scene.name}-stack", TemplateBody=json.dumps(template))["StackId"]
    client.get_waiter("stack_create_complete").wait(StackName=stack_id, WaiterConfig={"Delay": 1})
    scene.tell("deployment-stack", **{"stack-id": stack_id})
    scene.settle()
    runs = scene.runs(name)
    client.delete_stack(StackName=stack_id)
    return tuple(runs)


def _superseded(scene: Scene) -> tuple[object, ...]:
    scene.enroll(num=4)
    scene.tell()
    _wait_for(lambda: _measures(scene))
    scene.deploy(SLOW + "\nVERSION = 2\n")
    scene.tell()
    scene.settle()
    return tuple(scene.runs())


def _tried_again(scene: Scene) -> tuple[object, ...]:
    scene.enroll()
    for _ in range(2):
        scene.tell()
        scene.settle()
        time.sleep(1.1)  # CloudTrail tells full seconds: the next deployment is after the beginning of this run
    return tuple(scene.runs())


def _never_tuned(scene: Scene) -> tuple[object, ...]:
    scene.enroll()
    return (scene.check_fleet(), *scene.runs())


def _production(scene: Scene) -> tuple[object, ...]:
    scene.tune()
    scene.enroll()
    logs, group = scene.stage.client("logs"), f"/aws/lambda/{scene.name}"
    with contextlib.suppress(ClientError):
        logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="of-production")
    now_ms = int(time.time() * 1000)
    reports = [{"timestamp": now_ms, "message": _REPORT} for _ in range(12)]
    logs.put_log_events(logGroupName=group, logStreamName="of-production", logEvents=reports)
    return (scene.check_fleet(), *scene.runs())


def _replaced(scene: Scene) -> tuple[object, ...]:
    """Let other code be found by the checks; its run fails, and the next check finds the same once more."""
    scene.tune()
    scene.enroll(drift_mode=MEASURE)
    first = scene.check_fleet()
    scene.deploy(FAILING)
    return (first, scene.check_fleet(), scene.check_fleet(), *scene.runs())


def _taken_back(scene: Scene) -> tuple[object, ...]:
    scene.tune(autoOptimize=True, autoOptimizeAlias="best")
    client = scene.stage.client("lambda")
    made = len(client.list_aliases(FunctionName=scene.name)["Aliases"])
    told = scene.roll_back()
    left = len(client.list_aliases(FunctionName=scene.name)["Aliases"])
    return (*scene.runs(), made, told, left, client.get_function_configuration(FunctionName=scene.name)["MemorySize"])


@dataclass(frozen=True, slots=True)
class Script:
    """What is played with a function, and what the function does."""

    play: "Callable[[Scene], tuple[object, ...]]"
    source: str = WORKING


SCRIPTS = {
    "deployed": Script(_deployed),
    "applied by its profile": Script(_applied),
    "enrolled by tag": Script(_tagged),
    "stack deployed": Script(_stack),
    "deployed while measuring": Script(_superseded, SLOW),
    "deployed again after a failure": Script(_tried_again, FAILING),
    "checked and never tuned": Script(_never_tuned),
    "checked by its logs": Script(_production),
    "drifted": Script(_replaced),
    "taken back": Script(_taken_back),
}


def _measures(scene: Scene) -> bool:
    """Tell whether a run of the function invokes it."""
    calls = scene.stage.client("lambda").list_versions_by_function(FunctionName=scene.name)["Versions"]
    lease = scene.stage.client("dynamodb").get_item(
        TableName=scene.stage.outputs["TableName"], Key={"PK": {"S": f"FUNCTION#{scene.arn()}"}, "SK": {"S": "LEASE"}}
    )
    return "Item" in lease and len(calls) > len(SMALL["powerValues"]) + 1  # type: ignore[arg-type]


def _wait_for(check: "Callable[[], bool]") -> None:
    deadline_s = time.monotonic() + IDLE_S
    while not check() and time.monotonic() < deadline_s:
        time.sleep(0.05)
