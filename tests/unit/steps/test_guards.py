"""Guards: what the Optimizer refuses, how else it applies, and how a decision is taken back."""

from typing import Any

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.errors import NotApplied, TargetBusy
from world import World

NEVER_MIND = {"alias": None, "parameter": None, "minimumGain": 0.0, "overrideOwner": False}
STACK = {"aws:cloudformation:stack-name": "thumbnails"}


def completed(world: World, apply: str = "latest", **policy: Any) -> dict[str, Any]:
    """Run to the end, and return the event with a decision for 512 MB that is 30 % cheaper and 10 % slower."""
    event: dict[str, Any] = world.tune(strategy="cost")["event"]
    return {
        **event,
        "decision": {**event["decision"], "power": 512},
        "comparison": {"currentPower": 1024, "costChange": -0.3, "durationChange": 0.1},
        "policy": {**NEVER_MIND, "apply": apply, **policy},
    }


@pytest.mark.parametrize(("minimum", "applied"), [(0.0, True), (0.3, True), (0.31, False)])
def test_a_small_gain_is_not_applied(world: World, minimum: float, *, applied: bool) -> None:
    """A change for a gain below the policy's minimum is not worth its risk."""
    done = world.optimize(completed(world, minimumGain=minimum))

    assert (applied, 512 if applied else 1024) == (done["applied"], world.memory_mb)
    assert applied or done["reason"] == "the gain of 30.0% is below the minimum of 31.0%"


@pytest.mark.parametrize(
    ("strategy", "applied"), [("cost", True), ("speed", False), ("balanced", True), ("tolerance", True)]
)
def test_the_gain_is_that_of_the_strategy(world: World, strategy: str, *, applied: bool) -> None:
    """With speed only time counts, with cost only cost, else whichever gains more."""
    event = completed(world, minimumGain=0.2)
    event["decision"]["strategy"] = strategy

    assert applied is world.optimize(event)["applied"]


def test_an_unknown_gain_is_not_above_a_minimum(world: World) -> None:
    """Without a measurement of the present memory nobody knows what is gained."""
    event = {**completed(world, minimumGain=0.01), "comparison": None}

    assert world.optimize(event)["reason"].startswith("the gain is not known")


def test_chance_is_not_applied(world: World) -> None:
    """A gain that the smart mode does not call significant may be noise."""
    event = completed(world)
    event["comparison"]["significant"] = False

    assert "the gain is not significant: it may be chance" == world.optimize(event)["reason"]
    assert 1024 == world.memory_mb


@pytest.mark.parametrize("apply", ["latest", "alias"])
@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        (STACK, "the CloudFormation stack thumbnails"),
        ({"ManagedBy": "Terraform"}, "Terraform (tag ManagedBy=Terraform)"),
        ({"pulumi:project": "thumbs"}, "Pulumi (tag pulumi:project=thumbs)"),
    ],
)
def test_what_code_owns_is_left_alone(world: World, apply: str, tags: dict[str, str], owner: str) -> None:
    """Whoever deploys next would set it back; the reason names the owner and the ways out."""
    world.target.tags |= tags

    reason = world.optimize(completed(world, apply, alias="live"))["reason"]

    assert reason.startswith(f"{owner} owns the function and would set its memory back")
    assert 1024 == world.memory_mb


def test_who_may_not_read_the_tags_knows_no_owner(world: World) -> None:
    """Not to know is not to be free to change."""
    world.target.tags = None

    assert world.optimize(completed(world))["reason"].startswith("its tags cannot be read")
    assert 1024 == world.memory_mb


def test_a_policy_may_override_the_owner(world: World) -> None:
    """The policy says so, and it is done."""
    world.target.tags |= STACK

    assert world.optimize(completed(world, overrideOwner=True))["applied"]


def test_who_asks_for_one_run_is_asked_no_more(world: World) -> None:
    """The field autoOptimize in a run's own input is a person's word; it does as the peer does."""
    world.target.tags |= STACK
    event = world.tune(autoOptimize=True, strategy="speed", powerValues=[128, 1024, 2048])["event"]

    assert world.optimize(event)["applied"]


@pytest.mark.parametrize("changes", [{"Runtime": "python3.14"}, {"Architectures": ["x86_64"]}, {"Timeout": 31}])
def test_another_configuration_is_another_function(world: World, changes: dict[str, Any]) -> None:
    """What was measured on another runtime, architecture or with other settings says nothing."""
    event = completed(world)
    world.functions.deploy(**changes)

    assert world.optimize(event)["reason"] == "the function's configuration was changed since it was measured"
    assert 1024 == world.memory_mb


def test_a_parameter_is_written_for_those_who_own_the_function(world: World) -> None:
    """With ssm nothing touches the function: infrastructure as code reads the parameter."""
    world.target.tags |= STACK
    world.parameters.values["/power-tuner/thumbnailer"] = "1024"

    done = world.optimize(completed(world, "ssm", parameter="/power-tuner/thumbnailer"))

    assert (True, "1024", "512") == (
        done["applied"],
        done["previousValue"],
        world.parameters.values["/power-tuner/thumbnailer"],
    )
    assert 1024 == world.memory_mb


@pytest.mark.parametrize("apply", ["never", "propose"])
def test_proposing_changes_nothing(world: World, apply: str) -> None:
    """It is told, and that is all."""
    done = world.optimize(completed(world, apply))

    assert (False, 1024) == (done["applied"], world.memory_mb)
    assert [False] == [detail["applied"] for _, detail in world.events.emitted]


def test_an_event_that_comes_again_after_a_rollback_applies_nothing(world: World) -> None:
    """Once per event: also when what it applied was taken back meanwhile."""
    event = completed(world)
    first = world.optimize(event)
    world.roll_back("run-1")

    assert (first, 1024, 1) == (world.optimize(event), world.memory_mb, len(world.events.emitted))


def test_a_rollback_restores_the_memory(world: World) -> None:
    """What was there is there again; the item says so, and no lease is left."""
    world.optimize(completed(world))

    assert {"runId": "run-1", "targetArn": TARGET_ARN, "memoryMb": 1024} == world.roll_back("run-1")
    assert (1024, []) == (world.memory_mb, world.leases.held())
    (item,) = world.history.items.values()
    assert {"memoryMb": 1024} == item["rolledBack"]


def test_a_rollback_restores_the_alias(world: World) -> None:
    """The alias points to the version that it pointed to before."""
    owners = world.functions.publish_as_owner()
    world.target.aliases["live"] = owners
    world.optimize(completed(world, "alias", alias="live"))
    world.roll_back("run-1")

    assert (owners, 1024) == (world.target.aliases["live"], world.memory_mb)


def test_a_rollback_deletes_an_alias_that_was_not_there(world: World) -> None:
    """An alias that the decision made goes."""
    world.optimize(completed(world, "alias", alias="live"))
    world.roll_back("run-1")

    assert {} == world.target.aliases


@pytest.mark.parametrize("before", ["1024", None])
def test_a_rollback_restores_the_parameter(world: World, before: str | None) -> None:
    """Its value before, or none if there was none."""
    if before:
        world.parameters.values["/p"] = before
    world.optimize(completed(world, "ssm", parameter="/p"))
    world.roll_back("run-1")

    assert before == world.parameters.get("/p")


def test_a_rollback_leaves_what_somebody_changed_since(world: World) -> None:
    """Memory, alias or parameter: what is not what was applied is somebody else's."""
    world.optimize(completed(world))
    world.functions.deploy(MemorySize=3008)
    with pytest.raises(NotApplied, match="has 3008 MB now, not the 512 MB that were applied"):
        world.roll_back("run-1")

    assert 3008 == world.memory_mb


def test_a_rollback_leaves_an_alias_that_somebody_moved(world: World) -> None:
    """A release in between stays, and so does the memory."""
    world.optimize(completed(world, "alias", alias="live"))
    world.functions.deploy(CodeSha256="code-2")
    moved = world.functions.publish_as_owner()
    world.target.aliases["live"] = moved
    with pytest.raises(NotApplied, match=f"points to version {moved} now"):
        world.roll_back("run-1")

    assert moved == world.target.aliases["live"]


def test_a_rollback_leaves_a_parameter_that_somebody_wrote(world: World) -> None:
    """Their value stays."""
    world.optimize(completed(world, "ssm", parameter="/p"))
    world.parameters.values["/p"] = "768"
    with pytest.raises(NotApplied, match="the parameter /p is 768 now"):
        world.roll_back("run-1")


def test_what_was_not_applied_cannot_be_taken_back(world: World) -> None:
    """A run that applied nothing, one that does not exist, one taken back already: each is told."""
    world.optimize(completed(world, "propose"))
    for run_id in ("run-1", "absent"):
        with pytest.raises(NotApplied, match="applied nothing"):
            world.roll_back(run_id)


def test_a_second_rollback_is_told(world: World) -> None:
    """Once is enough."""
    world.optimize(completed(world))
    world.roll_back("run-1")
    with pytest.raises(NotApplied, match="taken back already"):
        world.roll_back("run-1")


def test_a_run_in_progress_is_not_disturbed_by_a_rollback(world: World) -> None:
    """Its test memory must not be taken for what was applied."""
    world.optimize(completed(world))
    world.begin("run-2")
    with pytest.raises(TargetBusy, match="try again when that is done"):
        world.roll_back("run-1")


@pytest.mark.parametrize("secret", ["hunter2", "", "127", "10241", "512.0", "-512", "٥١٢"])
def test_a_parameter_that_holds_something_else_is_left(world: World, secret: str) -> None:
    """A password of somebody else's is neither overwritten nor told to the bus."""
    world.parameters.values["/power-tuner/thumbnailer"] = secret

    done = world.optimize(completed(world, "ssm", parameter="/power-tuner/thumbnailer"))

    assert (done["applied"], done["reason"]) == (
        False,
        "the parameter /power-tuner/thumbnailer holds something else than a memory size: it is left as it is",
    )
    assert world.parameters.values == {"/power-tuner/thumbnailer": secret}


def test_the_bus_is_not_told_what_a_parameter_held(world: World) -> None:
    """That is for a rollback, and kept on the run's item."""
    world.parameters.values["/power-tuner/thumbnailer"] = "1024"
    world.optimize(completed(world, "ssm", parameter="/power-tuner/thumbnailer"))

    assert ["previousValue" in detail for _, detail in world.events.emitted] == [False]


def test_an_alias_under_canary_is_left_by_a_rollback_too(world: World) -> None:
    """Its weights are its owner's."""
    world.target.aliases["live"] = world.functions.publish_as_owner()
    world.optimize(completed(world, "alias", alias="live"))
    world.target.weighted.add("live")

    with pytest.raises(NotApplied, match="sends a share of the calls to a second version: it is left"):
        world.roll_back("run-1")


def test_an_alias_of_other_code_changes_nothing_at_all(world: World) -> None:
    """Not even the memory size of ``$LATEST``."""
    world.target.aliases["live"] = world.functions.publish_as_owner()
    world.functions.deploy(CodeSha256="code-2")

    done = world.optimize(completed(world, "alias", alias="live"))

    assert (done["applied"], world.memory_mb) == (False, 1024)
    assert done["reason"] == "the alias live points to version 1, which has other code than was measured"
