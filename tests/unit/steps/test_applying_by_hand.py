"""Applying by hand: the decision is the run's, the place is the person's, the conditions are the Optimizer's."""

from functools import partial
from typing import Any

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.automation.policy import StackPolicy
from power_tuner.errors import InvalidInput, NotApplied, TargetBusy
from power_tuner.tuning.lease import Lease
from world import RUN_ID, World


def decided(world: World, memory_mb: int = 512, **run_input: Any) -> World:
    """Let a run decide for a memory size."""
    event: dict[str, Any] = world.tune(**run_input)["event"]
    world.decide({**event, "decision": {**event["decision"], "power": memory_mb}})
    return world


def test_a_decision_is_applied_to_latest(world: World) -> None:
    """It is noted and told as one that was applied by itself, and can be taken back."""
    applied = decided(world).apply_by_hand()

    assert {"applied": True, "mode": "latest", "fromMemoryMb": 1024, "toMemoryMb": 512, "reason": ""} == applied
    assert world.memory_mb == 512
    assert [("Power Setting Applied", {"runId": RUN_ID, "targetArn": TARGET_ARN, **applied})] == world.events.emitted
    assert world.roll_back()["memoryMb"] == 1024
    assert (1024, []) == (world.memory_mb, world.leases.held())


def test_a_decision_is_applied_to_an_alias(world: World) -> None:
    """It gets a version with the decision; an alias that does not exist is made."""
    applied = decided(world).apply_by_hand(alias="live")

    assert ("alias", "live", None) == (applied["mode"], applied["alias"], applied["previousVersion"])
    assert world.target.aliases["live"] == applied["version"]


def test_a_decision_is_written_to_a_parameter(world: World) -> None:
    """The function is left as it is."""
    applied = decided(world).apply_by_hand(parameter="/power-tuner/f")

    assert ("ssm", "/power-tuner/f", "512") == (
        applied["mode"],
        applied["parameter"],
        world.parameters.get("/power-tuner/f"),
    )
    assert world.memory_mb == 1024


@pytest.mark.parametrize("where", [{}, {"alias": "live"}, {"parameter": "/power-tuner/f"}])
def test_a_dry_run_changes_nothing(world: World, where: dict[str, str]) -> None:
    """It tells what would be done; the function, the item, the parameter and the bus are as they were."""
    decided(world)
    calls, item = list(world.functions.calls), world.history.latest(TARGET_ARN, 1)

    told = world.apply_by_hand(**where, dryRun=True)

    changing = {"set_memory", "publish", "move_alias", "delete_alias"}
    assert (True, 1024, 512) == (told["applied"], told["fromMemoryMb"], told["toMemoryMb"])
    assert [] == [call for call in world.functions.calls[len(calls) :] if call[0] in changing]
    assert item == world.history.latest(TARGET_ARN, 1)
    assert ([], None) == (world.events.emitted, world.parameters.get("/power-tuner/f"))


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda world: world.functions.deploy(CodeSha256="other-code"), "code was deployed since"),
        (lambda world: world.functions.deploy(MemorySize=2048), "set to 2048 MB since"),
    ],
    ids=["code", "memory"],
)
def test_what_was_changed_since_is_left(world: World, change: Any, reason: str, *, dry_run: bool) -> None:
    """The decision is not of what runs now; a dry run says so too."""
    decided(world)
    change(world)
    memory_mb = world.memory_mb

    with pytest.raises(NotApplied, match=reason):
        world.apply_by_hand(dryRun=dry_run)

    assert (memory_mb, []) == (world.memory_mb, world.events.emitted)


def test_what_was_refused_before_can_be_applied_by_hand(world: World) -> None:
    """A proposal, for instance; a refusal by hand leaves the note of the first one."""
    event: dict[str, Any] = world.tune(autoOptimize=False)["event"]
    proposed = {**event, "decision": {**event["decision"], "power": 512}}
    refused = world.optimize(proposed)
    assert not refused["applied"]

    applied = world.apply_by_hand()

    item = world.history.latest(TARGET_ARN, 1)[0]
    assert applied["applied"]
    assert (512, True) == (world.memory_mb, item.applied.applied)  # type: ignore[union-attr]


def test_a_refusal_by_hand_leaves_the_first_note(world: World) -> None:
    """What the Optimizer said before stays in history."""
    event: dict[str, Any] = world.tune(autoOptimize=False)["event"]
    first = world.optimize(event)
    world.functions.deploy(CodeSha256="other-code")

    with pytest.raises(NotApplied, match="code was deployed"):
        world.apply_by_hand()

    assert first["reason"] == world.history.latest(TARGET_ARN, 1)[0].applied.reason  # type: ignore[union-attr]


def test_a_decision_is_applied_once(world: World) -> None:
    """The second time says that it was; after a rollback the function must be tuned again."""
    decided(world).apply_by_hand()

    with pytest.raises(NotApplied, match="applied already"):
        world.apply_by_hand(alias="live")
    world.roll_back()
    with pytest.raises(NotApplied, match="taken back; tune the function again"):
        world.apply_by_hand()


def test_a_crash_is_finished_by_the_next_call(world: World) -> None:
    """What it had before is known all the same."""
    decided(world)
    world.functions.after("set_memory", world.functions.count("set_memory") + 1, crash)
    with pytest.raises(RuntimeError):
        world.apply_by_hand()
    assert world.memory_mb == 512

    applied = world.apply_by_hand()

    assert (1024, True) == (applied["fromMemoryMb"], applied["applied"])
    assert world.roll_back()["memoryMb"] == 1024


def crash() -> None:
    raise RuntimeError("the power is gone")


def test_a_deployment_in_the_middle_is_left(world: World) -> None:
    """The revision says so; what was begun is taken back."""
    decided(world)
    deploy = partial(world.functions.deploy, CodeSha256="other-code")
    world.functions.before("set_memory", world.functions.count("set_memory") + 1, deploy)
    with pytest.raises(NotApplied, match="changed since it was measured"):
        world.apply_by_hand()

    assert world.memory_mb == 1024


def test_a_function_that_is_being_tuned_is_left(world: World) -> None:
    """Who holds it is named."""
    decided(world)
    world.leases.take(Lease(target_arn=TARGET_ARN, run_id="run-9", until_s=int(world.app.now()) + 600))

    with pytest.raises(TargetBusy, match="run-9"):
        world.apply_by_hand()


@pytest.mark.parametrize("mode", ["measure", "advise"])
def test_a_stack_that_may_change_nothing_changes_nothing(mode: str) -> None:
    """Nor does it say that it would."""
    world = decided(World(stack_policy=StackPolicy(mode=mode)))

    for dry_run in (False, True):
        with pytest.raises(InvalidInput, match=f"mode={mode}"):
            world.apply_by_hand(dryRun=dry_run)
    assert world.memory_mb == 1024


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"power": 3008}, "power"),
        ({"alias": 7}, "alias"),
        ({"alias": ""}, "alias"),
        ({"parameter": ["/p"]}, "parameter"),
        ({"alias": "live", "parameter": "/p"}, "parameter"),
        ({"dryRun": "yes"}, "dryRun"),
    ],
)
def test_only_where_is_asked_for(world: World, asked: dict[str, Any], field: str) -> None:
    """The memory size is the run's; nothing else is a field."""
    decided(world)

    with pytest.raises(InvalidInput, match=field):
        world.apply_by_hand(**asked)


@pytest.mark.parametrize("run_id", ["run-2", "another-stacks-run"])
def test_a_run_that_the_stack_did_not_begin_has_no_decision(world: World, run_id: str) -> None:
    """Nothing is believed that the stack did not write."""
    with pytest.raises(NotApplied, match="this stack began no run"):
        decided(world).apply_by_hand(run_id)
