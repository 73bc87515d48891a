"""Cleaning: how little it asks of Lambda, and in which order."""

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
    """An update that takes 0.15 s needs a look before and a look after."""
    world = World(update_s=0.15)
    world.begin(powerValues=[768])
    world.publish(remaining_s=1)
    calls = methods(world)

    assert ["set_memory", "get"] == calls[-2:]
    assert 1024 == world.memory_mb
