"""Cleaning: whatever happened, nothing of the run is left, and nothing else is touched."""

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.errors import CleanupIncomplete, LeaseLost
from power_tuner.ports import RevisionMismatch, UpdateInProgress
from power_tuner.tuning.lease import LEASE_S
from world import RUN_ID, World, execution_of


class Crash(BaseException):
    """The process died: no code of the app runs any more."""


def crash() -> None:
    raise Crash


def deleted(world: World) -> list[str]:
    return [call[2] for call in world.functions.calls if call[0] == "delete_version"]


def test_our_versions_are_deleted(world: World) -> None:
    """All versions of the run go, those of others stay."""
    owners = world.functions.publish_as_owner()
    world.functions.deploy(Timeout=31)
    world.begin()
    world.publish()

    assert world.clean_up()
    assert [owners] == list(world.target.versions)


def test_a_shared_version_is_never_deleted(world: World) -> None:
    """The owner's version that was measured as the present memory stays."""
    owners = world.functions.publish_as_owner()
    world.begin()
    world.publish()
    world.clean_up()

    assert ([owners], False) == (list(world.target.versions), owners in deleted(world))


def test_cleaning_releases_the_lease(world: World) -> None:
    """After the cleanup the target is free for the next run."""
    world.begin()
    world.clean_up()

    assert [] == world.leases.held()


def test_cleaning_twice_is_cleaning_once(world: World) -> None:
    """Cleaner, stop event and janitor may all come; the later ones find nothing to do."""
    world.begin()
    world.publish()
    world.clean_up()
    calls = len(world.functions.calls)

    assert (False, calls) == (world.clean_up(), len(world.functions.calls))


def test_another_runs_lease_is_left_alone(world: World) -> None:
    """A late cleanup never touches the run that came after."""
    world.begin("run-2")

    assert not world.clean_up(RUN_ID)
    assert ["run-2"] == [lease.run_id for lease in world.leases.held()]


def test_the_run_is_fenced_off_first(world: World) -> None:
    """From the moment a cleanup begins, no handler of the run gets its lease renewed."""
    world.begin()
    world.publish()
    lost: list[bool] = []

    def renew() -> None:
        with pytest.raises(LeaseLost):
            world.leases.renew(TARGET_ARN, RUN_ID)
        lost.append(True)

    world.functions.before("delete_version", 1, renew)
    world.clean_up()

    assert [True] == lost


METHODS = [("set_memory", 1), ("set_memory", 2), ("publish", 1), ("publish", 2), ("publish", 3), ("set_memory", 3)]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("method", "nth"), METHODS)
def test_a_crash_at_any_act_is_undone(method: str, nth: int, when: str) -> None:
    """Wherever the Publisher dies, before or after the effect of a call, its noted intention is enough."""
    world = World(update_s=0)
    owners = world.functions.publish_as_owner()
    world.functions.deploy(Timeout=31)
    before = dict(world.target.latest)
    world.begin()
    getattr(world.functions, when)(method, nth, crash)
    with pytest.raises(Crash):
        world.publish()

    world.clean_up()

    assert {**before, "RevisionId": ...} == {**world.target.latest, "RevisionId": ...}
    assert ([owners], []) == (list(world.target.versions), world.leases.held())


def test_versions_are_listed_only_after_a_crash(world: World) -> None:
    """An ordinary cleanup needs no listing."""
    world.begin()
    world.publish()
    world.clean_up()

    assert 0 == world.functions.count("versions_described")


def crashed_while_publishing(remaining_s: float = 900) -> World:
    world = World(update_s=0)
    world.begin()
    world.functions.after("set_memory", 1, crash)
    with pytest.raises(Crash):
        world.publish(remaining_s=remaining_s)
    return world


def test_while_a_publisher_may_run_the_lease_stays_closed() -> None:
    """If nobody saw the Publisher end, its last act may still come: the lease waits for it, fenced."""
    world = crashed_while_publishing()
    with pytest.raises(CleanupIncomplete, match="may still be at work"):
        world.clean_up(publisher_may_run=True)

    assert ["closing"] == [lease.phase for lease in world.leases.held()]
    assert 1024 == world.memory_mb


def test_a_dead_publishers_lease_is_released() -> None:
    """Past its deadline a Publisher is certainly dead."""
    world = crashed_while_publishing(remaining_s=900)
    world.clock.advance(900 + 150)

    assert world.clean_up(publisher_may_run=True)
    assert (1024, {}, []) == (world.memory_mb, world.target.versions, world.leases.held())


def test_a_clock_two_minutes_ahead_does_not_bury_a_living_publisher() -> None:
    """At a Publisher's last moment, a cleanup whose clock is two minutes ahead still waits for it."""
    world = crashed_while_publishing(remaining_s=900)
    world.clock.advance(900 + 120)
    with pytest.raises(CleanupIncomplete, match="may still be at work"):
        world.clean_up(publisher_may_run=True)

    assert ["closing"] == [lease.phase for lease in world.leases.held()]


def test_a_publisher_that_failed_is_not_waited_for() -> None:
    """A Publisher that ended with an error says so in the lease; nobody waits for its deadline."""
    world = World(update_s=0)
    world.begin()
    world.functions.after("set_memory", 1, _fail)
    with pytest.raises(ValueError, match="AccessDenied"):
        world.publish()

    assert world.clean_up(publisher_may_run=True)
    assert (1024, {}, []) == (world.memory_mb, world.target.versions, world.leases.held())


def _fail() -> None:
    raise ValueError("AccessDenied")


def test_a_version_published_late_is_found() -> None:
    """What the Publisher did after the first cleanup is undone by the second."""
    world = crashed_while_publishing()
    with pytest.raises(CleanupIncomplete):
        world.clean_up(publisher_may_run=True)
    world.functions.set_memory(TARGET_ARN, 128, world.target.latest["RevisionId"])
    world.functions.publish(TARGET_ARN, "code-1", "power-tuner run run-1")
    world.clock.advance(1051)

    world.clean_up(publisher_may_run=True)

    assert (1024, {}) == (world.memory_mb, world.target.versions)


def test_an_alias_that_took_a_version_over_keeps_it(world: World) -> None:
    """A version that somebody's alias points to by now belongs to the alias; the rest is cleaned."""
    world.begin()
    world.publish()
    world.target.aliases["live"] = "2"

    assert world.clean_up()
    assert (["2"], []) == (list(world.target.versions), world.leases.held())


def test_a_deleted_function_is_clean(world: World) -> None:
    """With the function gone there is nothing to restore."""
    world.begin()
    world.publish(remaining_s=1)
    world.publish(remaining_s=1)
    world.functions.remove()

    assert world.clean_up()
    assert [] == world.leases.held()


@pytest.mark.parametrize("error", [RevisionMismatch("changed"), UpdateInProgress("busy")])
def test_a_refused_restoring_is_tried_again(world: World, error: Exception) -> None:
    """A revision that moved on in between is read again."""
    world.begin()
    world.publish(remaining_s=1)
    world.publish(remaining_s=1)

    def refuse() -> None:
        raise error

    world.functions.before("set_memory", 2, refuse)
    world.clean_up()

    assert (1024, 3) == (world.memory_mb, world.functions.count("set_memory"))


def test_the_owners_memory_wins_over_the_restoring(world: World) -> None:
    """A memory that the owner sets between look and act stays."""
    world.begin()
    world.publish(remaining_s=1)
    world.publish(remaining_s=1)
    world.functions.before("set_memory", 2, lambda: world.functions.deploy(MemorySize=2048))

    world.clean_up()

    assert 2048 == world.memory_mb


def test_what_cannot_be_restored_keeps_the_lease() -> None:
    """After two minutes the cleanup gives up and says what is left; the lease stays for the janitor."""
    world = World(update_s=0)
    world.begin()
    world.publish(remaining_s=1)
    world.publish(remaining_s=1)
    world.target.busy_until_s = world.clock.now() + 10_000
    began_s = world.clock.now()

    with pytest.raises(CleanupIncomplete, match=r"still has a test memory size \(128 MB instead of 1024 MB\)"):
        world.clean_up()

    assert ["closing"] == [lease.phase for lease in world.leases.held()]
    assert 130 > world.clock.now() - began_s


def test_what_cannot_be_deleted_keeps_the_lease(world: World) -> None:
    """A version that Lambda does not let go is left to the janitor."""
    world.begin()
    world.publish()

    def refuse() -> None:
        raise UpdateInProgress("busy")

    for nth in range(1, 50):
        world.functions.before("delete_version", nth, refuse)
    with pytest.raises(CleanupIncomplete, match="cannot be deleted yet"):
        world.clean_up()

    assert 1 == len(world.leases.held())


def test_the_janitor_leaves_living_runs_alone(world: World) -> None:
    """A lease whose execution is under way is not touched."""
    world.executions.under_way.add(execution_of(RUN_ID).arn)
    world.begin()

    assert {"finished": [], "left": []} == world.sweep()
    assert 1 == len(world.leases.held())


def test_the_janitor_finishes_after_ended_executions(world: World) -> None:
    """A lease whose execution has ended is cleaned up."""
    world.begin()
    world.publish()

    assert {"finished": [RUN_ID], "left": []} == world.sweep()
    assert ({}, []) == (world.target.versions, world.leases.held())


@pytest.mark.parametrize("phase", ["expired", "closing"])
def test_the_janitor_finishes_what_was_left_behind(world: World, phase: str) -> None:
    """An expired lease and one that a cleanup left closed are finished, even if the execution seems to live."""
    world.executions.under_way.add(execution_of(RUN_ID).arn)
    world.begin()
    world.publish()
    if phase == "closing":
        world.leases.fence(TARGET_ARN, RUN_ID)
    else:
        world.clock.advance(LEASE_S + 1)

    assert {"finished": [RUN_ID], "left": []} == world.sweep()
    assert ({}, []) == (world.target.versions, world.leases.held())


def test_the_janitor_comes_again() -> None:
    """What is not settled yet is left for the next time, and done then."""
    world = crashed_while_publishing()

    assert {"finished": [], "left": [RUN_ID]} == world.sweep()
    world.clock.advance(1051)
    assert {"finished": [RUN_ID], "left": []} == world.sweep()
