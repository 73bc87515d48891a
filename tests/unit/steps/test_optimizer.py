"""Optimizing: a decision is applied to what was measured, and to nothing else."""

from typing import Any

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.errors import NotApplied, TargetBusy
from power_tuner.ports import RevisionMismatch
from world import World


def completed(world: World, memory_mb: int = 512, **run_input: Any) -> dict[str, Any]:
    event: dict[str, Any] = world.tune(autoOptimize=True, **run_input)["event"]
    return {**event, "decision": {**event["decision"], "power": memory_mb}}


def test_a_decision_is_applied(world: World) -> None:
    """$LATEST gets the memory size, and the bus is told."""
    event = completed(world)

    applied = world.optimize(event)

    assert {"applied": True, "mode": "latest", "fromMemoryMb": 1024, "toMemoryMb": 512, "reason": ""} == applied
    assert 512 == world.memory_mb
    assert [("Power Setting Applied", {"runId": "run-1", "targetArn": TARGET_ARN, **applied})] == world.events.emitted


def test_an_applied_decision_leaves_nothing_behind(world: World) -> None:
    """No version and no lease is left."""
    world.optimize(completed(world))

    assert ({}, []) == (world.target.versions, world.leases.held())


def test_what_is_there_already_is_not_set_again(world: World) -> None:
    """A decision for the present memory makes no update."""
    event = completed(world, memory_mb=1024)
    updates = world.functions.count("set_memory")

    assert world.optimize(event)["applied"]
    assert updates == world.functions.count("set_memory")


def test_an_event_that_comes_twice_is_told_once(world: World) -> None:
    """EventBridge may deliver an event again; the second changes, tells and counts nothing."""
    event = completed(world)
    world.optimize(event)
    updates = world.functions.count("set_memory")
    world.optimize(event)

    assert (updates, 1) == (world.functions.count("set_memory"), len(world.events.emitted))
    assert [True] == world.decisions


def test_copies_of_an_event_that_come_at_once_wait_for_one_another(world: World) -> None:
    """While one applies, the other finds the lease taken and is tried later; a retry of the same call goes on."""
    event = completed(world)
    refused: list[TargetBusy] = []

    def come_again() -> None:
        with pytest.raises(TargetBusy) as caught:
            world.optimize(event, call_id="call-2")
        refused.append(caught.value)

    world.functions.before("set_memory", world.functions.count("set_memory") + 1, come_again)
    applied = world.optimize(event)

    assert (1, True, 512) == (len(refused), applied["applied"], world.memory_mb)
    assert applied == world.optimize(event, call_id="call-2")
    assert 1 == len(world.events.emitted)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"CodeSha256": "code-2"}, "the function's code was deployed since it was measured"),
        ({"MemorySize": 2048}, "the function's memory was set to 2048 MB since it was measured"),
    ],
)
def test_another_function_than_was_measured_is_left_alone(world: World, changes: dict[str, Any], reason: str) -> None:
    """After a deployment the decision means nothing; the event says why it was not applied."""
    event = completed(world)
    world.functions.deploy(**changes)
    before = dict(world.target.latest)

    applied = world.optimize(event)

    assert (False, reason) == (applied["applied"], applied["reason"])
    assert before == world.target.latest
    assert [False] == [detail["applied"] for _, detail in world.events.emitted]


def test_a_deployment_in_between_is_never_overwritten(world: World) -> None:
    """Between look and act the revision guards the owner's change."""
    event = completed(world)
    nth = world.functions.count("set_memory") + 1
    world.functions.before("set_memory", nth, lambda: world.functions.deploy(MemorySize=2048))

    applied = world.optimize(event)

    assert not applied["applied"]
    assert applied["reason"].startswith("the function changed since it was measured: ")
    assert 2048 == world.memory_mb


def test_a_deleted_function_is_told(world: World) -> None:
    """A function that is gone gets nothing, and the reason says so."""
    event = completed(world)
    world.functions.remove()

    assert not world.optimize(event)["applied"]


def test_a_run_in_progress_is_waited_for(world: World) -> None:
    """While another run holds the target its memory may be a test memory: the event has to come again."""
    event = completed(world)
    world.begin("run-2")
    with pytest.raises(TargetBusy, match=r"is being tuned by run run-2; the decision is applied later\."):
        world.optimize(event)

    assert (1024, ["run-2"]) == (world.memory_mb, [lease.run_id for lease in world.leases.held()])


def test_an_error_gives_the_lease_back(world: World) -> None:
    """Whatever happens while applying, the target is free afterwards."""
    event = completed(world)

    def fail() -> None:
        raise ValueError("AccessDenied")

    world.functions.before("set_memory", world.functions.count("set_memory") + 1, fail)
    with pytest.raises(ValueError, match="AccessDenied"):
        world.optimize(event)

    assert [] == world.leases.held()


def test_an_alias_is_moved_to_the_decision(world: World) -> None:
    """With autoOptimizeAlias a version with the new memory is published, and the alias points to it."""
    owners = world.functions.publish_as_owner()
    world.target.aliases["live"] = owners

    applied = world.optimize(completed(world, autoOptimizeAlias="live"))

    version = world.target.aliases["live"]
    assert ("live", version, owners) == (applied["alias"], applied["version"], applied["previousVersion"])
    assert (512, 512) == (world.target.versions[version]["MemorySize"], world.memory_mb)
    assert "512 MB, chosen by power-tuner run run-1" == world.target.versions[version]["Description"]


def test_an_alias_is_created_when_there_is_none(world: World) -> None:
    """A new alias had no version before."""
    applied = world.optimize(completed(world, autoOptimizeAlias="live"))

    assert (None, 512) == (
        applied["previousVersion"],
        world.target.versions[world.target.aliases["live"]]["MemorySize"],
    )


def test_a_deployment_before_the_publishing_moves_no_alias(world: World) -> None:
    """Code that was deployed in between never gets behind the alias."""
    owners = world.functions.publish_as_owner()
    world.target.aliases["live"] = owners
    event = completed(world, autoOptimizeAlias="live")
    world.functions.update_s = 0

    def refuse() -> None:
        raise RevisionMismatch("other code")

    world.functions.before("publish", world.functions.count("publish") + 1, refuse)
    applied = world.optimize(event)

    assert (False, owners) == (applied["applied"], world.target.aliases["live"])


class Crash(Exception):
    """The Optimizer's process is gone."""


def crash() -> None:
    raise Crash


def with_alias(world: World) -> tuple[dict[str, Any], str]:
    """Let the owner have an alias, and run to the end; returns the event, and the version behind the alias."""
    owners = world.functions.publish_as_owner()
    world.target.aliases["live"] = owners
    return completed(world, autoOptimizeAlias="live"), owners


ACTS = ["set_memory", "publish", "alias", "move_alias"]


@pytest.mark.parametrize("act", ACTS)
def test_what_was_begun_is_finished_by_the_next_delivery(world: World, act: str) -> None:
    """After a crash at any act the event comes again; version, alias and what was before are known as without it."""
    event, owners = with_alias(world)
    world.functions.after(act, world.functions.count(act) + 1, crash)
    with pytest.raises(Crash):
        world.optimize(event)

    applied = world.optimize(event)

    assert (True, 1024, owners) == (applied["applied"], applied["fromMemoryMb"], applied["previousVersion"])
    assert applied["version"] == world.target.aliases["live"]
    assert [applied["version"]] == [number for number in world.target.versions if number != owners]
    assert [{"runId": "run-1", "targetArn": TARGET_ARN, **applied}] == [detail for _, detail in world.events.emitted]


@pytest.mark.parametrize("act", ["set_memory", "move_alias"])
def test_what_was_begun_and_never_finished_can_be_taken_back(world: World, act: str) -> None:
    """What was about to be done was noted before: a rollback knows the memory and the version before."""
    event, owners = with_alias(world)
    world.functions.after(act, world.functions.count(act) + 1, crash)
    with pytest.raises(Crash):
        world.optimize(event)

    world.roll_back("run-1")

    assert (1024, owners) == (world.memory_mb, world.target.aliases["live"])
    assert "it was taken back before it was finished" == world.optimize(event)["reason"]
    assert 1024 == world.memory_mb


def test_an_alias_that_its_owner_moved_after_a_crash_is_remembered(world: World) -> None:
    """The version before is the one that our move replaced."""
    event, owners = with_alias(world)
    world.functions.before("move_alias", world.functions.count("move_alias") + 1, crash)
    with pytest.raises(Crash):
        world.optimize(event)
    theirs = "77"
    world.target.versions[theirs] = {**world.target.versions[owners], "Version": theirs}
    world.target.aliases["live"] = theirs

    assert theirs == world.optimize(event)["previousVersion"]


@pytest.mark.parametrize(("before", "expected"), [("1024", "1024"), (None, None)])
def test_a_parameter_written_before_a_crash_can_be_taken_back(
    world: World, monkeypatch: pytest.MonkeyPatch, before: str | None, expected: str | None
) -> None:
    """The value before is noted before the new one is written."""
    if before:
        world.parameters.values["/p"] = before
    event = {**completed(world), "policy": {"apply": "ssm", "parameter": "/p"}}
    with monkeypatch.context() as patched:
        patched.setattr(world.history, "note_applied", lambda *_: crash())
        with pytest.raises(Crash):
            world.optimize(event)

    assert (True, expected) == ((applied := world.optimize(event))["applied"], applied["previousValue"])
    world.roll_back("run-1")
    assert expected == world.parameters.get("/p")


def test_a_parameter_that_may_not_be_written_is_told(world: World) -> None:
    """A name outside the stack's prefix is a reason, not a dead letter."""
    event = {**completed(world), "policy": {"apply": "ssm", "parameter": "/refused/p"}}

    assert (False, "the parameter /refused/p cannot be used") == (
        (applied := world.optimize(event))["applied"],
        applied["reason"],
    )


@pytest.mark.parametrize("alias", [None, "live"])
def test_code_deployed_after_the_memory_was_set(world: World, alias: str | None) -> None:
    """Not applied means not applied: the new code gets the memory that the function had."""
    event, owners = with_alias(world)
    event = {**event, "policy": {**event["policy"], "apply": "alias" if alias else "latest"}}
    nth = world.functions.count("set_memory") + 1

    def deploy_and_crash() -> None:
        world.functions.deploy(CodeSha256="code-2")
        if not alias:
            crash()

    world.functions.after("set_memory", nth, deploy_and_crash)
    if not alias:
        with pytest.raises(Crash):
            world.optimize(event)

    applied = world.optimize(event)

    assert (False, 1024, owners) == (applied["applied"], world.memory_mb, world.target.aliases["live"])
    assert "version" not in applied
    with pytest.raises(NotApplied, match="applied nothing"):
        world.roll_back("run-1")


@pytest.mark.parametrize("act", ["set_memory", "move_alias"])
def test_a_lost_answer_is_no_refusal(world: World, act: str) -> None:
    """Our own request, repeated after its answer was lost, meets the revision that it made itself."""
    event, _ = with_alias(world)

    def refuse() -> None:
        raise RevisionMismatch("another revision")

    world.functions.after(act, world.functions.count(act) + 1, refuse)

    assert world.optimize(event)["applied"]


def test_a_function_named_by_its_alias_is_compared_with_latest(world: World) -> None:
    """What its callers have is the alias's; what is applied to, and taken back to, is $LATEST."""
    world.target.aliases["live"] = world.functions.publish_as_owner()
    world.functions.deploy(MemorySize=2048)
    event = completed(world, lambdaARN=f"{TARGET_ARN}:live")

    applied = world.optimize(event)

    assert (True, 2048, 512) == (applied["applied"], applied["fromMemoryMb"], world.memory_mb)
    world.roll_back("run-1")
    assert 2048 == world.memory_mb


def test_the_bus_is_told_by_the_next_delivery_when_the_first_could_not(world: World) -> None:
    """Noted is not told."""
    event = completed(world)
    world.events.refusing = RuntimeError("EventBridge is away")
    with pytest.raises(RuntimeError, match="away"):
        world.optimize(event)
    world.events.refusing = None

    applied = world.optimize(event)
    world.optimize(event)

    assert [{"runId": "run-1", "targetArn": TARGET_ARN, **applied}] == [detail for _, detail in world.events.emitted]


def test_the_decision_of_a_run_that_failed_is_not_applied(world: World) -> None:
    """A run that was stopped while it told of its completion has failed."""
    event = completed(world)
    world.fail("Execution.ABORTED")

    assert "its run is recorded as failed, not as completed" == world.optimize(event)["reason"]
    assert 1024 == world.memory_mb


def test_the_decision_of_a_run_without_an_item_is_not_applied(world: World) -> None:
    """Nor does it get an item by that."""
    event = completed(world)
    world.history.items.clear()

    assert "its run is recorded as nothing, not as completed" == world.optimize(event)["reason"]
    assert (1024, {}) == (world.memory_mb, world.history.items)
