"""What is known of a target from its latest run."""

from typing import Any

import pytest

from fake_lambda import TARGET_ARN
from world import RUN_ID, World


def _measured(world: World, **run_input: Any) -> World:
    """Record a sweep over all memory sizes."""
    world.begin(**run_input)
    world.measure_all(world.publish()["branches"])
    world.analyze()
    world.clean_up()
    world.record()
    return world


def _past(world: World, **run_input: Any) -> Any:
    world.begin("run-2", num=..., **run_input)
    return world.documents.plan("run-2").past


def test_a_run_knows_the_calls_of_the_latest_one(world: World) -> None:
    """The calls of a recorded run stand in the plan of the next, by memory size."""
    assert set(_past(_measured(world))) == {128, 512, 1024}


def test_the_first_run_knows_of_none(world: World) -> None:
    """A function that was never tuned has no past."""
    assert _past(world) == {}


@pytest.mark.parametrize("run_input", [{"ignoreHistory": True}, {"onlyColdStarts": True}])
def test_a_run_may_be_without_a_past(world: World, run_input: dict[str, Any]) -> None:
    """Earlier runs are left out where the input says so, or where cold starts would mix with warm ones."""
    assert _past(_measured(world), **run_input) == {}


def test_a_sweep_asks_for_no_past(world: World) -> None:
    """With `num`, nothing is decided about what to invoke."""
    _measured(world)
    world.begin("run-2")

    assert world.documents.plan("run-2").past == {}


@pytest.mark.parametrize(("name", "other"), [("Architectures", ["x86_64"]), ("Runtime", "python3.10")])
def test_another_architecture_or_runtime_is_another_function(world: World, name: str, other: Any) -> None:
    """What a call took there says little of what it takes here."""
    _measured(world)
    world.functions.functions[TARGET_ARN].latest[name] = other

    assert _past(world) == {}


def test_a_dry_run_says_nothing(world: World) -> None:
    """It decided nothing."""
    assert _past(_measured(world, dryRun=True)) == {}


def test_a_large_sweep_is_not_read(world: World) -> None:
    """The samples of more than a hundred calls of each memory size would take long to read."""
    assert _past(_measured(world, num=101, powerValues=[128])) == {}


def test_a_run_whose_documents_were_deleted_is_no_past(world: World) -> None:
    """Objects may expire before the item of their run does."""
    _measured(world)
    world.documents.objects.pop(f"runs/{RUN_ID}/plan.json")

    assert _past(world) == {}
