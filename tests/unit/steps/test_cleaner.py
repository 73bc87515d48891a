"""Cleaner: what the run did is undone at its regular end."""

from msgspec.structs import replace

from fake_lambda import TARGET_ARN
from power_tuner.steps.cleaner import Cleaner
from world import RUN_ID, World


def test_a_held_lease_is_reported_once(world: World) -> None:
    """The first cleanup finds the run's lease, the second none."""
    world.begin()
    world.publish()
    cleaner = Cleaner(world.app)

    assert cleaner.clean_up(TARGET_ARN, RUN_ID) is True
    assert cleaner.clean_up(TARGET_ARN, RUN_ID) is False


def test_no_publisher_is_waited_for(world: World) -> None:
    """At the regular end no Publisher runs any more, so an act that was noted keeps no lease."""
    world.begin()
    lease = world.leases.renew(TARGET_ARN, RUN_ID)
    world.leases.save(replace(lease, intent_memory_mb=128, intent_until_s=int(world.clock.now()) + 900))

    assert Cleaner(world.app).clean_up(TARGET_ARN, RUN_ID) is True
    assert world.leases.held() == []
