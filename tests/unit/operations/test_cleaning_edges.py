"""Cleaning: how little it asks of Lambda, and in which order."""

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.errors import CleanupIncomplete
from world import World


def methods(world: World, begin: int = 0) -> list[str]:
    return [method for method, *_ in world.functions.calls[begin:]]


def test_a_restored_function_is_not_looked_at_again() -> None:
    """After a run that went well a cleanup deletes the versions, and that is all."""
    world = World(update_s=0)
    world.begin()
    world.publish()
    begun = len(world.functions.calls)
    world.clean_up()

    assert ["delete_version"] * 3 == methods(world, begun)


def test_versions_are_deleted_in_their_order() -> None:
    """The tenth after the ninth."""
    world = World(update_s=0)
    world.begin(powerValues=list(range(128, 1408, 128)))
    world.publish()
    world.clean_up()

    assert [str(number) for number in range(1, 11)] == [
        call[2] for call in world.functions.calls if call[0] == "delete_version"
    ]


def test_a_restoring_asks_no_more_often_than_it_has_to() -> None:
    """A look before the update; whether it has settled is read when the run has been measured."""
    world = World(update_s=0.15)
    world.begin(powerValues=[768])
    world.publish(remaining_s=1)

    assert methods(world)[-2:] == ["get", "set_memory"]
    assert 1024 == world.memory_mb


def test_a_restoring_ends_when_lambda_has_settled() -> None:
    """Whoever comes next finds a function that takes changes."""
    world = World(update_s=3)
    world.tune(powerValues=[768])

    assert not world.functions.get(TARGET_ARN).update_in_progress


def died_before_the_act() -> World:
    """Return a world whose Publisher noted its intention and died, with 900 s left."""
    world = World(update_s=0)
    world.begin()

    def crash() -> None:
        raise KeyboardInterrupt

    world.functions.before("set_memory", 1, crash)
    with pytest.raises(KeyboardInterrupt):
        world.publish(remaining_s=900)
    return world


def test_until_its_last_moment_a_publisher_is_waited_for() -> None:
    """Its 900 s, and 150 s for clocks that differ."""
    world = died_before_the_act()
    world.clock.advance(1049.75)

    with pytest.raises(CleanupIncomplete, match="may still be at work"):
        world.clean_up(publisher_may_run=True)


def test_at_its_last_moment_a_publisher_is_dead() -> None:
    """The lease is released, and nothing of the run is left."""
    world = died_before_the_act()
    world.clock.advance(1050)

    assert world.clean_up(publisher_may_run=True)
    assert ({}, []) == (world.target.versions, world.leases.held())
