"""Whatever comes over a bus or lies in the queue of dead letters: no function is touched but as the stack decided."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clean_up_on_error
import deployments
import janitor
import optimizer
import record
from event_contracts import DEPLOYMENTS, example
from fake_lambda import TARGET_ARN
from power_tuner.automation.completion import read_run_id
from power_tuner.automation.deployment import read_deployment
from power_tuner.automation.profile import Profile
from power_tuner.entry import Handler
from power_tuner_cli.dead_letters import Sorter, UnusableLetter
from power_tuner_cli.replay import read_letter
from security.hostile import SECRET, TRIES, any_json, as_received, changes, damaged, is_linear, play, same_cases
from world import RUN_ID, World, execution_of

STATE_MACHINE = World().app.settings.state_machine_arn
STACK_ID = str(example("deployment-stack")["detail"]["stack-id"])
CODE_DEPLOY_ID = str(example("deployment-codedeploy")["detail"]["deploymentId"])
EVENTS = [example(name) for name in DEPLOYMENTS]
COMPLETED = example("power-tuning-completed")
BUS_EVENT = {"detail-type": "Power Tuning Completed", "source": "power-tuner", "account": "123456789012"}
LETTERS: list[Any] = [
    *EVENTS,
    {"runId": RUN_ID, "replay": True, "payload": {"secret": SECRET}},
    {**BUS_EVENT, "detail": {**COMPLETED, "runId": RUN_ID}},
    {"detail-type": "Step Functions Execution Status Change", "detail": {"executionArn": execution_of("failed").arn}},
    {"detail-type": "Scheduled Event"},
    {"runId": RUN_ID, "executionArn": execution_of("failed").arn, "error": {"Error": "States.Timeout", "Cause": "x"}},
]
HANDLERS: dict[str, Handler] = {
    "RecordFunction": record.handler,
    "OptimizerFunction": optimizer.handler,
    "JanitorFunction": janitor.handler,
    "DeploymentsFunction": deployments.handler,
    "CleanUpOnErrorFunction": clean_up_on_error.handler,
}


def enrolled() -> World:
    """Return a world whose target is enrolled, and part of a stack and of a CodeDeploy deployment."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5, "payload": {"secret": SECRET}}))
    world.deployment_targets.stacks[STACK_ID] = ["thumbnailer"]
    world.deployment_targets.code_deploys[CODE_DEPLOY_ID] = ["thumbnailer"]
    return world


@cache
def tuned() -> World:
    """Return a world, always the same, in which a run completed, with nothing to be applied."""
    world = enrolled()
    world.tune(payload={"secret": SECRET})
    world.functions.calls.clear()
    return world


def deploy(event: Any) -> None:
    """Let Deployments have an event, and hold what must be true of each."""
    world = enrolled()

    play(deployments.handler, event, world)

    assert [] == changes(world)
    assert {TARGET_ARN} >= {each["lambdaARN"] for each in world.executions.inputs.values()}
    json.dumps(list(world.history.items.values()), ensure_ascii=False).encode()


def test_no_deployment_event_touches_a_function() -> None:
    """CloudTrail's, CodeDeploy's and CloudFormation's, damaged anywhere: a run of an enrolled function at the most."""
    for seed in range(TRIES):
        deploy(as_received(damaged(seed, EVENTS)))


@given(any_json, st.sampled_from([each["detail-type"] for each in EVENTS]))
@same_cases
def test_no_json_in_an_event_touches_a_function(detail: Any, kind: str) -> None:
    """Any JSON as the detail of an event."""
    deploy({"detail-type": kind, "time": "2026-11-23T12:00:00Z", "detail": detail})


def complete(event: Any) -> None:
    """Let the Optimizer have an event, and hold that no run of this stack asked for a change."""
    world = tuned()

    play(optimizer.handler, event, world)

    assert [] == changes(world)
    assert world.memory_mb == 1024


def test_no_completion_event_touches_a_function() -> None:
    """Damaged anywhere, with any policy and decision: what the stack recorded decides, which is to leave it."""
    policy = {"apply": "latest", "overrideOwner": True, "secret": SECRET}
    event = {**BUS_EVENT, "detail": {**COMPLETED, "runId": RUN_ID, "targetArn": TARGET_ARN, "policy": policy}}
    for seed in range(TRIES):
        complete(as_received(damaged(seed, [event, {"rollback": RUN_ID}])))


@given(any_json)
@same_cases
def test_no_json_as_a_completion_touches_a_function(detail: Any) -> None:
    """Any JSON as the detail, the run, what is rolled back, or what is asked for beside a dry run."""
    asked = {"apply": RUN_ID, "dryRun": True}
    for event in (
        detail,
        {"detail": detail},
        {"detail": {"runId": detail}},
        {"detail": {"runId": RUN_ID, **asked}},
        {"rollback": detail},
        {"apply": detail},
        {**asked, "alias": detail},
        {**asked, "parameter": detail},
        {**asked, "power": detail},
    ):
        complete(event)


def describe(arn: str) -> Mapping[str, Any] | None:
    """Return what Step Functions knows: of one execution that failed, and of one that runs."""
    name = arn.rpartition(":")[2]
    status = {"failed": "FAILED", "running": "RUNNING"}.get(name)
    return {"name": name, "status": status, "startDate": datetime(2026, 11, 23, tzinfo=UTC)} if status else None


def replay(body: str) -> None:
    """Do with a letter what power-tuner replay does, and hold what must be true of each."""
    world = tuned()
    reason = "handled"
    try:
        call = Sorter(STATE_MACHINE, describe).call_for(read_letter(body))
    except UnusableLetter as error:
        reason = str(error)
    else:
        play(HANDLERS[call.function], as_received(call.event), world)

    assert [] == changes(world)
    assert reason
    assert SECRET not in reason


def test_no_dead_letter_touches_a_function() -> None:
    """Letters of all kinds, damaged in what they say and in how it is written: stepped over, or handled as told."""
    for seed in range(TRIES):
        try:
            body = json.dumps(damaged(seed, LETTERS))
        except RecursionError:
            continue
        at = seed * 7919 % (len(body) + 1)
        replay(body if seed % 4 else body[:at] + '{"\\'[seed % 3] + body[at + seed % 5 :])


@given(any_json.map(json.dumps) | st.text())
@same_cases
def test_no_text_as_a_dead_letter_touches_a_function(body: str) -> None:
    """Any JSON, and what is none."""
    replay(body)


SHAPES: dict[str, Any] = {
    "text": lambda size: "A" * size,
    "arn": lambda size: "arn:aws:lambda:" * (size // 15),
    "region": lambda size: "arn:aws:lambda:us" + "-a" * (size // 2),
    "digits": lambda size: "9" * size,
    "texts": lambda size: [TARGET_ARN] * (size // len(TARGET_ARN)),
    "fields": lambda size: {f"field-{each}": {} for each in range(size // 16)},
    "lists": lambda size: [[[]]] * (size // 8),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_long_event_is_read_in_linear_time(shape: str) -> None:
    """Whatever in it is long."""

    def detail(size: int) -> Any:
        return SHAPES[shape](size)

    def read(event: Any) -> None:
        read_deployment(event, like=STATE_MACHINE)

    for example_event in EVENTS:
        for name in example_event["detail"]:
            changed = {**example_event["detail"]}

            def sized(size: int, event: Any = example_event, name: str = name, changed: Any = changed) -> Any:
                return {**event, "detail": {**changed, name: detail(size)}}

            assert is_linear(read, sized), (example_event["detail-type"], name)
    assert is_linear(read, lambda size: {"time": "2026-11-23T12:00:00Z", "resources": detail(size)})
    assert is_linear(read_run_id, lambda size: {"detail": {"runId": detail(size)}})
