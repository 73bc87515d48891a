"""Taking back: an owner's change in between is left alone, and a rollback that died goes on when it is called again."""

from typing import Any

import pytest

from fake_lambda import TARGET_ARN
from fakes import FakeParameters
from power_tuner.errors import NotApplied
from power_tuner.ports import FunctionNotFound, RevisionMismatch, UpdateInProgress
from power_tuner.tuning.lease import Lease
from world import World

STACK_FREE = {"alias": None, "parameter": None, "minimumGain": 0.0, "overrideOwner": False}


class Crash(Exception):
    """The process is gone."""


def crash() -> None:
    raise Crash


def completed(world: World, apply: str = "latest", **policy: Any) -> dict[str, Any]:
    """Run to the end; return its event with a decision for 512 MB."""
    event: dict[str, Any] = world.tune()["event"]
    decision = {**event["decision"], "power": 512}
    return {**event, "decision": decision, "policy": {**STACK_FREE, "apply": apply, **policy}}


def after_next(world: World, method: str, act: Any) -> None:
    world.functions.after(method, world.functions.count(method) + 1, act)


def rolled_back(world: World) -> dict[str, Any] | None:
    (item,) = world.history.items.values()
    return item.get("rolledBack")


def test_a_memory_that_is_changed_right_after_is_not_reported_as_applied(world: World) -> None:
    """The owner's change, made as soon as ours is through, stays, and the reason tells it."""
    event = completed(world)
    after_next(world, "set_memory", lambda: world.functions.deploy(MemorySize=2048))

    applied = world.optimize(event)

    assert (False, 2048) == (applied["applied"], world.memory_mb)
    assert "the function changed since it was measured: its memory was set to 2048 MB" == applied["reason"]


def test_a_memory_that_is_changed_before_the_publishing_moves_no_alias(world: World) -> None:
    """A version with the owner's memory is not what was decided."""
    owners = world.functions.publish_as_owner()
    world.target.aliases["live"] = owners
    event = completed(world, "alias", alias="live")
    nth = world.functions.count("publish") + 1
    world.functions.update_s = 0
    world.functions.before("publish", nth, lambda: world.functions.deploy(MemorySize=2048))

    applied = world.optimize(event)

    assert (False, owners, 2048) == (applied["applied"], world.target.aliases["live"], world.memory_mb)
    assert "the function changed since it was measured: its memory was set to 2048 MB" == applied["reason"]


def test_an_alias_that_its_owner_moves_at_the_same_moment_is_left(world: World) -> None:
    """What is not pointed to our version is not applied, and the memory is put back."""
    owners = world.functions.publish_as_owner()
    world.target.aliases["live"] = owners
    event = completed(world, "alias", alias="live")

    def refuse() -> None:
        raise RevisionMismatch("another revision of the alias")

    world.functions.before("move_alias", 1, refuse)
    applied = world.optimize(event)

    assert (False, owners, 1024) == (applied["applied"], world.target.aliases["live"], world.memory_mb)


@pytest.mark.parametrize("error", [RevisionMismatch("changed"), UpdateInProgress("busy")])
@pytest.mark.parametrize(
    "changes", [{"Timeout": 31}, {"MemorySize": 512, "Timeout": 31}, {"MemorySize": 2048}, {"CodeSha256": "code-2"}]
)
def test_a_refused_update_is_not_reported_as_applied(world: World, error: Exception, changes: dict[str, Any]) -> None:
    """Nor when the owner has deployed the same memory with something else."""
    event = completed(world)

    def refuse() -> None:
        world.functions.deploy(**changes)
        raise error

    world.functions.before("set_memory", world.functions.count("set_memory") + 1, refuse)

    assert f"the function changed since it was measured: {error}" == world.optimize(event)["reason"]


def tag_before(world: World, times: int) -> None:
    """Renew the revision just before each of the next changes of the memory size, as a tag does."""
    first = world.functions.count("set_memory") + 1
    for nth in range(first, first + times):
        world.functions.before("set_memory", nth, world.target.touch)


@pytest.mark.parametrize(("times", "applied"), [(1, True), (4, True), (5, False)])
def test_a_tag_is_no_change_of_the_function(world: World, times: int, *, applied: bool) -> None:
    """The decision is applied all the same, unless the revision moves on every time."""
    event = completed(world)
    tag_before(world, times)

    assert applied == world.optimize(event)["applied"]
    assert (512 if applied else 1024) == world.memory_mb


def test_a_tag_keeps_no_decision_from_being_rolled_back(world: World) -> None:
    """The function has again the memory size that it had."""
    world.optimize(completed(world))
    tag_before(world, 2)
    world.roll_back("run-1")

    assert 1024 == world.memory_mb


def test_our_own_update_under_way_is_no_refusal(world: World) -> None:
    """A request that was repeated after its answer was lost may meet the update that it began itself."""
    event = completed(world)

    def refuse() -> None:
        raise UpdateInProgress("an update is in progress")

    after_next(world, "set_memory", refuse)

    assert (True, 512) == (world.optimize(event)["applied"], world.memory_mb)


def test_a_decision_for_the_present_memory_still_moves_the_alias(world: World) -> None:
    """The memory need not be set; the version behind the alias is a new one."""
    world.functions.deploy(MemorySize=2048)
    owners = world.functions.publish_as_owner()
    world.target.aliases["live"] = owners
    world.functions.deploy(MemorySize=1024)
    event = completed(world, "alias", alias="live")
    event = {**event, "decision": {**event["decision"], "power": 1024}}
    updates = world.functions.count("set_memory")

    applied = world.optimize(event)

    assert (True, updates) == (applied["applied"], world.functions.count("set_memory"))
    assert applied["version"] == world.target.aliases["live"] != owners


def test_an_owner_who_set_the_decided_memory_first_keeps_it(world: World) -> None:
    """It is applied already, nothing was changed by it, and so a rollback changes nothing."""
    event = completed(world)
    world.functions.deploy(MemorySize=512)
    updates = world.functions.count("set_memory")

    assert (True, 512) == ((applied := world.optimize(event))["applied"], applied["fromMemoryMb"])
    world.roll_back("run-1")
    assert (512, updates) == (world.memory_mb, world.functions.count("set_memory"))


def test_a_parameter_that_has_the_decided_value_already_keeps_it(world: World) -> None:
    """The value before is the one that it has."""
    world.parameters.values["/p"] = "512"

    assert (True, "512") == (
        (applied := world.optimize(completed(world, "ssm", parameter="/p")))["applied"],
        applied["previousValue"],
    )


def test_a_parameter_that_its_owner_wrote_after_a_crash_is_remembered(world: World) -> None:
    """The value before is the one that our writing replaces."""
    world.parameters.values["/p"] = "1024"
    event = completed(world, "ssm", parameter="/p")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(FakeParameters, "put", lambda *_: crash())
        with pytest.raises(Crash):
            world.optimize(event)
    world.parameters.values["/p"] = "768"

    assert "768" == world.optimize(event)["previousValue"]


def test_the_lease_for_applying_has_nothing_to_undo(world: World) -> None:
    """It holds for ten minutes, for this call alone, and a janitor that finds it changes no memory."""
    event = completed(world)
    held: list[Lease] = []
    nth = world.functions.count("set_memory") + 1
    world.functions.before("set_memory", nth, lambda: held.extend(world.leases.held()))
    until_s = int(world.clock.now()) + 600
    world.optimize(event, call_id="call-7")

    assert [Lease(run_id="apply-run-1-call-7", target_arn=TARGET_ARN, until_s=until_s)] == held


@pytest.mark.parametrize("act", ["move_alias", "set_memory"])
def test_a_rollback_that_died_goes_on(world: World, act: str) -> None:
    """Called again after it moved the alias, or set the memory, it restores the rest and is noted."""
    owners = world.functions.publish_as_owner()
    world.target.aliases["live"] = owners
    world.optimize(completed(world, "alias", alias="live"))
    after_next(world, act, crash)
    with pytest.raises(Crash):
        world.roll_back("run-1")

    restored = world.roll_back("run-1")

    assert (owners, 1024, []) == (world.target.aliases["live"], world.memory_mb, world.leases.held())
    assert {"runId": "run-1", "targetArn": TARGET_ARN, "memoryMb": 1024, "alias": "live"} == restored
    assert {"memoryMb": 1024, "alias": "live"} == rolled_back(world)


def test_a_rollback_that_died_moves_and_sets_nothing_twice(world: World) -> None:
    """What is there already is left as it is."""
    world.target.aliases["live"] = world.functions.publish_as_owner()
    world.optimize(completed(world, "alias", alias="live"))
    after_next(world, "set_memory", crash)
    with pytest.raises(Crash):
        world.roll_back("run-1")
    done = [world.functions.count(act) for act in ("move_alias", "set_memory")]
    world.roll_back("run-1")

    assert done == [world.functions.count(act) for act in ("move_alias", "set_memory")]


def test_a_rollback_that_died_after_deleting_the_alias_goes_on(world: World) -> None:
    """That the alias is gone already is fine."""
    world.optimize(completed(world, "alias", alias="live"))
    after_next(world, "delete_alias", crash)
    with pytest.raises(Crash):
        world.roll_back("run-1")
    world.roll_back("run-1")

    assert ({}, 1024) == (world.target.aliases, world.memory_mb)


@pytest.mark.parametrize("before", ["1024", None])
def test_a_rollback_of_a_parameter_that_died_goes_on(world: World, before: str | None) -> None:
    """Its value is what it was before, or there is none."""
    if before:
        world.parameters.values["/p"] = before
    world.optimize(completed(world, "ssm", parameter="/p"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.history, "note_rolled_back", lambda *_: crash())
        with pytest.raises(Crash):
            world.roll_back("run-1")

    restored = world.roll_back("run-1")

    assert {"runId": "run-1", "targetArn": TARGET_ARN, "parameter": "/p", "value": before} == restored
    assert ({"/p": before} if before else {}) == world.parameters.values


def test_a_parameter_that_was_restored_is_not_written_again(world: World) -> None:
    """A rollback that is called again leaves what the first one has restored."""
    world.parameters.values["/p"] = "1024"
    world.optimize(completed(world, "ssm", parameter="/p"))
    world.parameters.values["/p"] = "1024"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(FakeParameters, "put", lambda *_: crash())
        world.roll_back("run-1")

    assert {"/p": "1024"} == world.parameters.values


def test_a_decision_that_nobody_dealt_with_cannot_be_taken_back(world: World) -> None:
    """The run is recorded, and its event has not come yet."""
    completed(world)
    with pytest.raises(NotApplied, match="run run-1 applied nothing"):
        world.roll_back("run-1")


def test_what_is_refused_says_what_it_would_have_been(world: World) -> None:
    """From which memory to which, how, and why not."""
    event = completed(world)
    world.functions.deploy(CodeSha256="code-2")

    assert {
        "applied": False,
        "mode": "latest",
        "fromMemoryMb": 1024,
        "toMemoryMb": 512,
        "reason": "the function's code was deployed since it was measured",
    } == world.optimize(event)


def test_a_rollback_of_a_deleted_function_is_refused(world: World) -> None:
    """There is nothing to restore; that is said, not a crash."""
    world.optimize(completed(world))
    world.functions.remove()
    with pytest.raises(NotApplied, match=f"{TARGET_ARN} does not exist"):
        world.roll_back("run-1")

    assert (None, []) == (rolled_back(world), world.leases.held())


def test_a_function_that_goes_while_it_is_applied_is_told(world: World) -> None:
    """The decision is not applied, and what was begun cannot be taken back any more."""
    event = completed(world)
    world.functions.before("set_memory", world.functions.count("set_memory") + 1, world.functions.remove)

    assert (
        f"the function changed since it was measured: {FunctionNotFound(f'{TARGET_ARN} does not exist')}"
        == (world.optimize(event)["reason"])
    )


def test_a_rollback_waits_until_lambda_has_settled(world: World) -> None:
    """When it returns, the function has its memory and takes the next change."""
    world.optimize(completed(world))
    world.roll_back("run-1")

    assert not world.functions.get(TARGET_ARN).update_in_progress


def test_what_is_refused_before_anything_was_begun_takes_nothing_back(world: World) -> None:
    """A decision that is only proposed makes no change and no update."""
    event = completed(world, "propose")
    calls = world.functions.count("set_memory")

    assert "proposed only: MemorySize 512" == world.optimize(event)["reason"]
    assert calls == world.functions.count("set_memory")


@pytest.mark.parametrize(("apply", "counted"), [("latest", "DecisionsApplied"), ("never", "DecisionsRefused")])
def test_each_decision_is_counted_once(world: World, apply: str, counted: str) -> None:
    """As applied or as refused, however often its event comes."""
    event = completed(world, apply)
    before = len(world.metrics.noted)
    world.optimize(event)
    world.optimize(event)

    assert [(counted, 1)] == world.metrics.noted[before:]
