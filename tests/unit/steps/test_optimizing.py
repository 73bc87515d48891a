"""Optimizing: a decision is applied to what was measured, and to nothing else."""

from typing import Any

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.errors import TargetBusy
from power_tuner.ports import RevisionMismatch
from world import World


def completed(world: World, power: int = 512, **wanted: Any) -> dict[str, Any]:
    event: dict[str, Any] = world.tune(autoOptimize=True, **wanted)["event"]
    return {**event, "decision": {**event["decision"], "power": power}}


def test_a_decision_is_applied(world: World) -> None:
    """$LATEST gets the power value, and the bus is told."""
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
    event = completed(world, power=1024)
    updates = world.functions.count("set_memory")

    assert world.optimize(event)["applied"]
    assert updates == world.functions.count("set_memory")


def test_an_event_that_comes_twice_is_told_once(world: World) -> None:
    """EventBridge may deliver an event again; the second changes and tells nothing."""
    event = completed(world)
    world.optimize(event)
    updates = world.functions.count("set_memory")
    world.optimize(event)

    assert (updates, 1) == (world.functions.count("set_memory"), len(world.events.emitted))


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
