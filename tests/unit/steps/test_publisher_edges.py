"""Publishing at its edges: the last second, the last call, and errors that meet a lost lease."""

from typing import Any

import pytest

from fake_lambda import TARGET_ARN
from fakes import NOON_S
from power_tuner.errors import LeaseLost, PublishFailed, TargetChanged
from power_tuner.ports import UpdateInProgress
from power_tuner.tuning.lease import Lease
from world import RUN_ID, World


def lease_of(world: World) -> Lease:
    lease = world.leases.get(TARGET_ARN)
    assert lease is not None
    return lease


@pytest.fixture
def world() -> World:
    """An account with one target at 1024 MB, whose updates take no time."""
    return World(update_s=0)


@pytest.mark.parametrize(
    ("remaining_s", "published"),
    [(180.0, ["1", "2"]), (179.9, ["1"])],
)
def test_another_power_value_needs_three_minutes(world: World, remaining_s: float, published: list[str]) -> None:
    """With three minutes left one more is begun, with less it waits for the next call; the first is always begun."""
    world.begin(powerValues=[768, 1024])
    called = world.publish(remaining_s=remaining_s)

    assert len(published) == 2 or called == {"done": False, "branches": []}
    assert published == list(world.target.versions)


def test_a_publishers_death_is_noted_in_advance(world: World) -> None:
    """While it acts, the lease says until when its Publisher may live: its time, and 150 s for clocks that differ."""
    world.begin()
    noted: list[int] = []
    world.functions.before("publish", 1, lambda: noted.append(lease_of(world).intent_until_s))
    world.publish(remaining_s=333.0)

    assert [int(NOON_S) + 333 + 150] == noted


def test_what_was_not_changed_is_not_restored(world: World) -> None:
    """A run at the present memory alone makes one publication, and nothing has to be put back."""
    world.begin(powerValues=[1024])
    begun = len(world.functions.calls)
    world.publish()

    assert [method for method, *_ in world.functions.calls[begun:]] == ["publish"]


def test_a_restored_memory_is_ours_no_more(world: World) -> None:
    """Once the Publisher is done, a memory that the owner sets to one of the measured values is the owner's."""
    world.begin()
    world.publish()
    world.functions.deploy(MemorySize=512)
    world.clean_up()

    assert 512 == world.memory_mb


@pytest.mark.parametrize(("method", "nth"), [("get", 2), ("set_memory", 1), ("publish", 1), ("set_memory", 3)])
def test_a_tag_ends_no_run(world: World, method: str, nth: int) -> None:
    """A tag or a permission renews the revision, and nothing that is measured has changed."""
    world.begin()
    world.functions.before(method, nth, world.target.touch)

    assert world.publish()["done"]


@pytest.mark.parametrize(("times", "published"), [(4, True), (5, False)])
def test_a_revision_that_moves_on_and_on_ends_the_run(world: World, times: int, *, published: bool) -> None:
    """Five times in a row is more than tags; the function is as it was."""
    world.begin()
    for nth in range(1, times + 1):
        world.functions.before("set_memory", nth, world.target.touch)

    if published:
        assert world.publish()["done"]
    else:
        with pytest.raises(TargetChanged, match="its revision changed 5 times in a row"):
            world.publish()
    assert 1024 == world.memory_mb


def test_a_foreign_update_under_way_that_changes_nothing_ends_no_run(world: World) -> None:
    """It is waited for, and the function is read again."""
    world.begin()
    world.functions.before("set_memory", 1, lambda: refuse(UpdateInProgress("somebody deploys")))

    assert world.publish()["done"]


def test_our_own_update_under_way_is_recognised(world: World) -> None:
    """A request that was repeated after its answer was lost may meet the update that it began itself."""
    world.begin()
    world.functions.after("set_memory", 1, lambda: refuse(UpdateInProgress("an update is in progress")))

    assert world.publish()["done"]


def test_versions_that_the_owner_publishes_in_between_stay(world: World) -> None:
    """Whatever their memory: each is measured and noted as shared, and the cleanup leaves them all."""
    owners = world.functions.publish_as_owner()
    world.begin(powerValues=[768, 1024])
    theirs: list[str] = []
    world.functions.before("publish", 2, lambda: theirs.append(world.functions.publish_as_owner()))
    published = world.publish()

    assert ({768: theirs[0], 1024: owners}, {}) == (lease_of(world).shared_versions, lease_of(world).versions)
    assert [theirs[0], owners] == [branch["version"] for branch in published["branches"]]
    world.clean_up()
    assert {owners, theirs[0]} == set(world.target.versions)


def test_lambda_is_not_asked_before_it_can_be_ready() -> None:
    """An update that takes the usual tenth of a second costs no refused call."""
    world = World(update_s=0.1)
    world.begin()
    world.publish()

    assert 3 == world.functions.count("publish")


@pytest.mark.parametrize("method", ["set_memory", "publish"])
def test_a_function_that_goes_while_it_is_changed(world: World, method: str) -> None:
    """The run ends, and says that the function was deleted."""
    world.begin()
    world.functions.before(method, 1, world.functions.remove)

    with pytest.raises(TargetChanged, match=rf"{TARGET_ARN} changed during the run: it was deleted\."):
        world.publish()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"CodeSha256": "code-2"}, "its code was deployed"),
        ({"Timeout": 31}, "its configuration was changed"),
        ({"MemorySize": 2048}, "its configuration was changed"),
        ({"MemorySize": 1024}, "its configuration was changed"),
    ],
)
def test_what_changed_before_the_last_publication_is_told(world: World, changes: dict[str, Any], said: str) -> None:
    """What was published is not what was set: the run ends, and no branch measures it."""
    world.begin(powerValues=[768])
    world.functions.before("publish", 1, lambda: world.functions.deploy(**changes))

    with pytest.raises(TargetChanged, match=rf"changed during the run: {said}\."):
        world.publish()


def refuse(error: Exception) -> None:
    raise error


def test_an_error_that_meets_a_lost_lease_is_cleaned_up(world: World) -> None:
    """A Publisher that fails after it was fenced off takes back what it did, and its own error is seen."""
    world.begin()

    def fence_and_fail() -> None:
        world.leases.fence(TARGET_ARN, RUN_ID)
        raise ValueError("AccessDenied")

    world.functions.after("set_memory", 1, fence_and_fail)
    with pytest.raises(ValueError, match="AccessDenied"):
        world.publish()

    assert (1024, {}, []) == (world.memory_mb, world.target.versions, world.leases.held())


def test_an_error_leaves_the_intention_and_no_deadline(world: World) -> None:
    """Whoever cleans up knows what may have been done, and need not wait."""
    world.begin()
    world.functions.after("set_memory", 1, lambda: refuse(ValueError("AccessDenied")))
    with pytest.raises(ValueError, match="AccessDenied"):
        world.publish()

    assert (128, 0) == (lease_of(world).intent_memory_mb, lease_of(world).intent_until_s)


def test_a_fenced_publisher_waits_for_no_publisher(world: World) -> None:
    """It is the one that may still be at work: its own cleanup ends with a free target."""
    world.begin()
    world.functions.after("publish", 2, lambda: world.leases.fence(TARGET_ARN, RUN_ID))
    with pytest.raises(LeaseLost):
        world.publish()

    assert (1024, {}, []) == (world.memory_mb, world.target.versions, world.leases.held())


def test_a_publication_that_is_refused_for_long_fails(world: World) -> None:
    """The reason has the function, the memory and Lambda's own words."""
    world.begin(powerValues=[768])
    for nth in range(1, 99):
        world.functions.before("publish", nth, lambda: refuse(UpdateInProgress("busy with something")))

    with pytest.raises(PublishFailed, match=f"{TARGET_ARN} could not be published at 768 MB: busy with something"):
        world.publish()


def test_a_refused_memory_leaves_nothing_to_undo() -> None:
    """The lease does not take it for a test memory: an owner's later change to it is the owner's."""
    world = World(update_s=0, largest_memory_mb=3008)
    world.begin(powerValues=[4096])
    world.publish()

    assert (None, None) == (lease_of(world).intent_memory_mb, lease_of(world).set_memory_mb)


def test_a_refused_memory_is_not_asked_for_again() -> None:
    """The next round leaves it out."""
    world = World(update_s=0, largest_memory_mb=3008)
    world.begin(powerValues=[4096, 1024])
    world.publish()
    world.publish()

    assert 1 == world.functions.count("set_memory")


def test_an_act_that_is_done_is_an_intention_no_more(world: World) -> None:
    """Between two memory sizes the lease has a test memory and no open act."""
    world.begin()
    world.publish(remaining_s=1)
    world.publish(remaining_s=1)

    assert (None, 128) == (lease_of(world).intent_memory_mb, lease_of(world).set_memory_mb)
