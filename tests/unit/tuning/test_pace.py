"""The pace of updates: how soon a run knows it, and how little it asks."""

import pytest

from power_tuner.tuning.pace import FIRST_LOOKS_S, MAX_LOOKS, Pace
from world import World

SIX_MEMORIES_MB = [128, 256, 512, 1024, 1536, 3008]
UPDATES = 6


def published_in_s(update_s: float) -> tuple[float, int]:
    """Publish six memory sizes; return how long it took, and the control-plane calls of the whole run."""
    world = World(update_s=update_s)
    world.begin(powerValues=SIX_MEMORIES_MB)
    begun_s = world.clock.now()
    world.publish()
    took_s = world.clock.now() - begun_s
    world.clean_up()
    return took_s, len(world.functions.calls)


@pytest.mark.parametrize("update_s", [0.3, 1.0, 3.0, 8.0])
def test_publishing_hardly_takes_longer_than_the_updates(update_s: float) -> None:
    """At the paces that the bench plays on the local AWS too: the sum of the updates and a quarter."""
    took_s, _ = published_in_s(update_s)

    assert took_s <= 1.25 * UPDATES * update_s


@pytest.mark.parametrize("update_s", [0.2 * 1.1**step for step in range(40)])
def test_publishing_is_quick_at_any_pace(update_s: float) -> None:
    """From 0.2 to 8.2 s it takes at most 1.45 times the sum of the updates."""
    took_s, _ = published_in_s(update_s)

    assert took_s <= 1.45 * UPDATES * update_s


@pytest.mark.parametrize("update_s", [0.0, 0.03, *(0.2 * 1.1**step for step in range(40))])
def test_a_run_asks_little_at_any_pace(update_s: float) -> None:
    """One call less than the 32 of a whole run, because the Analyzer's look is not in it."""
    _, calls = published_in_s(update_s)

    assert calls <= 31


@pytest.mark.parametrize("update_s", [0.03, 0.3, 1.0, 3.0, 8.0])
def test_polling_is_done_by_reading(update_s: float) -> None:
    """Each memory size is published once, because it is known by then that its update has settled."""
    world = World(update_s=update_s)
    world.begin(powerValues=SIX_MEMORIES_MB)
    world.publish()

    assert [method for method, *_ in world.functions.calls].count("publish") == len(SIX_MEMORIES_MB)


def test_a_later_call_of_the_publisher_knows_the_pace() -> None:
    """What the first round found out is in the lease, and the next round waits no longer than it has to."""
    world = World(update_s=1.0)
    world.begin(powerValues=SIX_MEMORIES_MB)
    world.publish(round_batches={"128": [[0, 5]], "256": [[0, 5]], "512": [[0, 5]], "1536": [[0, 5]]})
    begun_s = world.clock.now()
    world.publish(round_batches={"3008": [[0, 5]]}, round_number=2)

    assert world.clock.now() - begun_s < 1.0 + 1.25


def test_updates_that_become_slower_are_waited_for() -> None:
    """A version is tried when the update should have settled; then it is read until it has."""
    pace = Pace(busy_s=0.9, done_s=1.0, looks=MAX_LOOKS).busy(1.0)

    assert pace == Pace(busy_s=1.0, done_s=1.25, looks=MAX_LOOKS + 1)
    assert pace.next_look_s(1.0) == 1.25


def test_updates_that_become_faster_are_noticed() -> None:
    """The time by which an update has settled is that of the fastest that was seen."""
    assert Pace(busy_s=0.9, done_s=2.0).done(1.5, looks=1) == Pace(busy_s=0.9, done_s=1.5, looks=1)


def test_a_fast_update_takes_back_what_was_known() -> None:
    """An update that settles before a time at which an earlier one had not: nothing is known below it."""
    assert Pace(busy_s=0.9, done_s=2.0).done(0.5, looks=1) == Pace(busy_s=0.0, done_s=0.5, looks=1)


def test_the_first_update_is_looked_at_soon_and_then_ever_less_often() -> None:
    """The looks before anything is known, and those at an update that is slower than all of them."""
    pace, waited_s, looks = Pace(), 0.0, []
    for _ in range(len(FIRST_LOOKS_S) + 2):
        waited_s = pace.next_look_s(waited_s)
        pace = pace.busy(waited_s)
        looks.append(waited_s)

    assert looks == [*FIRST_LOOKS_S, 10.75, 13.4375]
