"""Nothing that changes a function is decided by what an event or a tag says; it is read from what the stack wrote."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from e2e.cloud import Cloud, Tuner, bundle, wait_for
from e2e.conftest import cloud, target, tuner  # noqa: F401 - fixtures

MakeTarget = Callable[..., str]
RUN = {"num": 1, "powerValues": [128], "strategy": "cost"}
RELEASED = "def handler(event, context): return 'released'"
UNRELEASED = "def handler(event, context): return 'unreleased'"


def put_completed(cloud: Cloud, detail: dict[str, Any]) -> None:  # noqa: F811
    """Give the Optimizer a completion event, as if somebody had got past the policy of the bus."""
    pages = cloud.client("lambda").get_paginator("list_functions").paginate()
    names = (function["FunctionName"] for page in pages for function in page["Functions"])
    optimizer = next(name for name in names if name.startswith(f"{cloud.stack_name}-OptimizerFunction"))
    event = {"source": "power-tuner", "detail-type": "Power Tuning Completed", "detail": detail}
    cloud.client("lambda").invoke(FunctionName=optimizer, Payload=json.dumps(event))
    cloud.settle()


def memory_mb(cloud: Cloud, arn: str, qualifier: str = "$LATEST") -> int:  # noqa: F811
    answer = cloud.client("lambda").get_function_configuration(FunctionName=arn, Qualifier=qualifier)
    return int(answer["MemorySize"])


def completed(run_id: str, arn: str, run: dict[str, Any], **policy: Any) -> dict[str, Any]:
    """Return a completion event that says that 10,240 MB were decided, and that they are to be applied."""
    return {
        "runId": run_id,
        "startedAt": run["startedAt"],
        "autoOptimize": True,
        "target": {
            "arn": arn,
            "codeSha256": run["codeSha256"],
            "memoryMb": 512,
            "latestMemoryMb": 512,
            "runtime": "python3.13",
            "architecture": "x86_64",
        },
        "decision": {"mode": "classic", "power": 10_240, "strategy": "speed", "cost": 1e-9, "duration": 1.0},
        "comparison": {"currentPower": 512, "costChange": -0.9, "durationChange": -0.9},
        "policy": {"apply": "latest", "overrideOwner": True, "minimumGain": 0, **policy},
    }


def test_nobody_else_emits_events_of_the_tuner(cloud: Cloud) -> None:  # noqa: F811
    """Not even the account's own user: the policy of the bus admits the stack's roles alone."""
    entry = {
        "EventBusName": cloud.outputs["EventBusName"],
        "Source": "power-tuner",
        "DetailType": "Power Tuning Completed",
        "Detail": "{}",
    }
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        cloud.client("events").put_events(Entries=[entry])


def test_an_event_cannot_say_what_was_decided(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:  # noqa: F811
    """An event of a real run that was not to be applied, with another decision and policy: nothing is changed."""
    arn = target(memory_mb=512)
    run_id = tuner.tune({"lambdaARN": arn, **RUN})["name"]
    item = tuner.run_item(arn, run_id)
    assert item
    put_completed(cloud, completed(run_id, arn, item))
    wait_for("the event is dealt with", lambda: tuner.applied(arn, run_id))

    told = (tuner.run_item(arn, run_id) or {})["applied"]
    assert memory_mb(cloud, arn) == 512
    assert "its policy is never to apply" in json.dumps(told)


def test_an_event_cannot_name_another_function(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:  # noqa: F811
    """The function of a run is the one that it measured, whatever its event says."""
    measured, other = target(memory_mb=512), target(memory_mb=512)
    run_id = tuner.tune({"lambdaARN": measured, **RUN})["name"]
    item = tuner.run_item(measured, run_id)
    assert item
    put_completed(cloud, completed(run_id, other, item))

    assert (memory_mb(cloud, measured), memory_mb(cloud, other)) == (512, 512)


def test_an_event_of_no_run_changes_nothing(cloud: Cloud, target: MakeTarget) -> None:  # noqa: F811
    """A run that this stack never began has no decision."""
    arn = target(memory_mb=512)
    put_completed(cloud, completed("invented", arn, {"startedAt": "2026-11-26T12:00:00.000Z", "codeSha256": "x"}))

    assert memory_mb(cloud, arn) == 512


@pytest.fixture
def released(cloud: Cloud, target: MakeTarget) -> str:  # noqa: F811
    """Return a function whose alias live points to a released version, and whose ``$LATEST`` has other code."""
    arn = target(RELEASED, memory_mb=512)
    functions = cloud.client("lambda")
    version = functions.publish_version(FunctionName=arn)["Version"]
    functions.create_alias(FunctionName=arn, Name="live", FunctionVersion=version)
    functions.update_function_code(FunctionName=arn, ZipFile=bundle(UNRELEASED))
    functions.get_waiter("function_updated_v2").wait(FunctionName=arn, WaiterConfig={"Delay": 1})
    return arn


def test_an_alias_never_gets_code_that_nobody_released(cloud: Cloud, tuner: Tuner, released: str) -> None:  # noqa: F811
    """A run that measured unreleased code, to be applied to the alias: the alias still calls the released version."""
    run = {"lambdaARN": released, **RUN, "autoOptimize": True, "autoOptimizeAlias": "live"}
    run_id = tuner.tune(run)["name"]
    wait_for("the decision is dealt with", lambda: tuner.applied(released, run_id))
    answer = cloud.client("lambda").invoke(FunctionName=released, Qualifier="live", Payload=b"{}")

    told = json.dumps((tuner.run_item(released, run_id) or {})["applied"])
    assert json.loads(answer["Payload"].read()) == "released"
    assert "which has other code than was measured" in told
    assert memory_mb(cloud, released) == 512


def test_a_canary_under_way_keeps_its_weights(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:  # noqa: F811
    """An alias that sends a share of its calls to a second version is not moved."""
    arn = target(memory_mb=512)
    functions = cloud.client("lambda")
    first = functions.publish_version(FunctionName=arn)["Version"]
    functions.update_function_configuration(FunctionName=arn, MemorySize=640)
    functions.get_waiter("function_updated_v2").wait(FunctionName=arn, WaiterConfig={"Delay": 1})
    second = functions.publish_version(FunctionName=arn)["Version"]
    weights = {"AdditionalVersionWeights": {second: 0.1}}
    functions.create_alias(FunctionName=arn, Name="live", FunctionVersion=first, RoutingConfig=weights)
    run_id = tuner.tune({"lambdaARN": arn, **RUN, "autoOptimize": True, "autoOptimizeAlias": "live"})["name"]
    wait_for("the decision is dealt with", lambda: tuner.applied(arn, run_id))

    alias = functions.get_alias(FunctionName=arn, Name="live")
    assert (alias["FunctionVersion"], alias["RoutingConfig"]) == (first, weights)
    assert memory_mb(cloud, arn) == 640
