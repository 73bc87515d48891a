"""What happens by itself, played for its permissions: deployments, drift checks, decisions applied and taken back."""

import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from campaign import canary_scripts
from campaign.cases import FAILING, SLOW, WORKING
from campaign.scene import IDLE_S, SMALL
from power_tuner.automation.policy import ADVISE, APPLY, Policy
from power_tuner.automation.policy import MEASURE as MEASURE_MODE
from power_tuner.automation.profile import MEASURE
from power_tuner.aws import object_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign.scene import Scene

_SWEEP = {name: value for name, value in SMALL.items() if name != "payload"}
_REPORT = (
    "REPORT RequestId: 8f5b\tDuration: 80.5 ms\tBilled Duration: 81 ms\tMemory Size: 512 MB\tMax Memory Used: 40 MB\t"
)


def _lay_payload(scene: "Scene") -> str:
    """Lay a payload into the stack's bucket, as the command does, and return where it is."""
    bucket, key = scene.stage.app.settings.bucket_name, object_keys.payload(scene.name, "campaign")
    scene.stage.client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")
    return f"s3://{bucket}/{key}"


def _deployed(scene: "Scene") -> tuple[object, ...]:
    """Let a deployment be tuned with a payload in S3, and the decision be written to a parameter and taken back."""
    policy = Policy("ssm", parameter=f"/power-tuner/{scene.name}")
    scene.enroll(policy=policy, payload=None, payloadS3=_lay_payload(scene))
    scene.send_deployment()
    scene.settle()
    written = scene.parameter() is not None
    scene.send_deployment()
    scene.settle()
    return (*scene.runs(), written, scene.roll_back(), scene.parameter())


def _proposed(scene: "Scene") -> tuple[object, ...]:
    """Let a deployment be tuned with a payload in S3, and the decision be proposed."""
    scene.enroll(policy=Policy("propose"), payload=None, payloadS3=_lay_payload(scene))
    scene.send_deployment()
    scene.settle()
    scene.send_deployment()
    scene.settle()
    told = (scene.stage.ledger.events_of(item["runId"]) for item in scene.items(scene.arn))
    return (*scene.runs(), sorted(kind for events in told for kind in events))


def _applied(scene: "Scene") -> tuple[object, ...]:
    """Let a decision be applied that a profile lets apply: only if no infrastructure as code owns the function."""
    scene.enroll(policy=Policy("latest"))
    scene.send_deployment()
    scene.settle()
    return tuple(scene.runs())


def _tagged(scene: "Scene") -> tuple[object, ...]:
    client, arn = scene.stage.client("lambda"), scene.arn
    client.tag_resource(Resource=arn, Tags={"power-tuning": "on", "power-tuning:num": "1"})
    scene.send_deployment()
    scene.settle()
    enrolled = scene.is_enrolled
    client.untag_resource(Resource=arn, TagKeys=["power-tuning"])
    scene.send_deployment()
    scene.settle()
    return (*scene.runs(), enrolled, scene.is_enrolled)


def _stack(scene: "Scene") -> tuple[object, ...]:
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
    scene.send_deployment("deployment-stack", **{"stack-id": stack_id})
    scene.settle()
    runs = scene.runs(scene.stage.arn(name))
    client.delete_stack(StackName=stack_id)
    return tuple(runs)


def _superseded(scene: "Scene") -> tuple[object, ...]:
    scene.enroll(num=4)
    scene.send_deployment()
    _wait_for(lambda: _is_measured(scene))
    scene.deploy(SLOW + "\nVERSION = 2\n")
    scene.send_deployment()
    scene.settle()
    return tuple(scene.runs())


def _tried_again(scene: "Scene") -> tuple[object, ...]:
    scene.enroll()
    for _ in range(2):
        scene.send_deployment()
        scene.settle()
        time.sleep(1.1)  # CloudTrail tells full seconds: the next deployment is after the beginning of this run
    return tuple(scene.runs())


def _never_tuned(scene: "Scene") -> tuple[object, ...]:
    scene.enroll()
    return (scene.check_fleet(), *scene.runs())


def _production(scene: "Scene") -> tuple[object, ...]:
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


def _replaced(scene: "Scene") -> tuple[object, ...]:
    """Let other code be found by the checks; its run fails, and the next check finds the same once more."""
    scene.tune()
    scene.enroll(drift_mode=MEASURE)
    first = scene.check_fleet()
    scene.deploy(FAILING)
    return (first, scene.check_fleet(), scene.check_fleet(), *scene.runs())


def _switched_off(scene: "Scene") -> tuple[object, ...]:
    """Let a run, and a check that measures, meet a function that lets no invocation through."""
    scene.tune()
    scene.enroll(drift_mode=MEASURE)
    scene.check_fleet()
    client = scene.stage.client("lambda")
    client.put_function_concurrency(FunctionName=scene.name, ReservedConcurrentExecutions=0)
    checked = scene.check_fleet()
    scene.stage.start(f"{scene.name}-again", {"lambdaARN": scene.name, **SMALL})
    scene.settle()
    told = [str(item.get("cause", "")) for item in scene.items(scene.arn)]
    return (checked, *scene.runs(), ["is switched off" in cause for cause in told])


def _by_hand(scene: "Scene") -> tuple[object, ...]:
    """Let a run take its payload from the stack's bucket, and the next one find its function switched off."""
    scene.stage.start(f"{scene.name}-by-hand", {"lambdaARN": scene.name, **_SWEEP, "payloadS3": _lay_payload(scene)})
    scene.settle()
    scene.stage.client("lambda").put_function_concurrency(FunctionName=scene.name, ReservedConcurrentExecutions=0)
    scene.stage.start(f"{scene.name}-again", {"lambdaARN": scene.name, **SMALL})
    scene.settle()
    told = [str(item.get("cause", "")) for item in scene.items(scene.arn)]
    return (*scene.runs(), ["is switched off" in cause for cause in told])


def _taken_back(scene: "Scene") -> tuple[object, ...]:
    scene.tune(autoOptimize=True, autoOptimizeAlias="best")
    client = scene.stage.client("lambda")
    made = len(client.list_aliases(FunctionName=scene.name)["Aliases"])
    told = scene.roll_back()
    left = len(client.list_aliases(FunctionName=scene.name)["Aliases"])
    return (*scene.runs(), made, told, left, client.get_function_configuration(FunctionName=scene.name)["MemorySize"])


@dataclass(frozen=True, slots=True)
class Script:
    """What is played with a function, what the function does, and the smallest mode of a stack that it needs."""

    play: "Callable[[Scene], tuple[object, ...]]"
    source: str = WORKING
    mode: str = ADVISE


SCRIPTS = {
    "deployed": Script(_deployed, mode=APPLY),
    "proposed": Script(_proposed),
    "applied by its profile": Script(_applied, mode=APPLY),
    "enrolled by tag": Script(_tagged),
    "stack deployed": Script(_stack),
    "deployed while measuring": Script(_superseded, SLOW),
    "deployed again after a failure": Script(_tried_again, FAILING),
    "checked and never tuned": Script(_never_tuned),
    "checked by its logs": Script(_production),
    "drifted": Script(_replaced),
    "by hand": Script(_by_hand, mode=MEASURE_MODE),
    "switched off": Script(_switched_off),
    "taken back": Script(_taken_back, mode=APPLY),
    "canary": Script(canary_scripts.canary, mode=APPLY),
    "canary stopped": Script(canary_scripts.canary_stopped, mode=APPLY),
    "canary left to the janitor": Script(canary_scripts.canary_left, mode=APPLY),
}


def _is_measured(scene: "Scene") -> bool:
    """Return whether a run of the function has published all of its versions."""
    lease = scene.stage.app.leases.get(scene.arn)
    return lease is not None and len(lease.versions) == len(SMALL["powerValues"])


def _wait_for(check: "Callable[[], bool]") -> None:
    deadline_s = time.monotonic() + IDLE_S
    while not check() and time.monotonic() < deadline_s:
        time.sleep(0.05)
