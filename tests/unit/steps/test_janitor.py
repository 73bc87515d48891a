"""The janitor's sweep."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from fake_lambda import TARGET_ARN
from fake_stores import FakeLeases
from fakes import NOON, NOON_S, FakeExecutions
from power_tuner.errors import CleanupIncomplete, DamagedItem
from power_tuner.events import Event
from power_tuner.tuning.lease import LEASE_S, Lease, Original
from world import RUN_ID, World, execution_of


class RefusingLeases(FakeLeases):
    """Leases that cannot be changed for one run."""

    def fence(self, target_arn: str, run_id: str) -> Lease | None:
        """Refuse it for run-1."""
        if run_id == "run-1":
            raise PermissionError(f"{target_arn}: no permission")
        return super().fence(target_arn, run_id)


def test_one_lease_that_fails_does_not_stop_the_others(world: World) -> None:
    """Every orphaned lease is tried; then the failure is seen."""
    world.leases = RefusingLeases(world.clock)
    lease = Lease(
        run_id="run-1", execution_arn="arn:1", target_arn=f"{TARGET_ARN}-2", original=Original(512, "f", "c"), until_s=0
    )
    world.leases.take(lease)
    world.leases.take(replace(lease, run_id="run-2", target_arn=lease.target_arn + "b"))

    told = r"^The janitor could not clean up after every run: .*:function:thumbnailer-2: PermissionError: "
    with pytest.raises(CleanupIncomplete, match=told):
        world.sweep()

    assert ["run-1"] == [held.run_id for held in world.leases.held()]


class DamagedLeases(FakeLeases):
    """Leases of which one cannot be read."""

    def held(self) -> Iterator[Lease]:  # type: ignore[override]
        """Yield the others, then name it."""
        yield from super().held()
        raise DamagedItem("The lease on resizer cannot be read.")


def test_a_lease_that_cannot_be_read_does_not_stop_the_others(world: World) -> None:
    """Every other orphaned lease is finished; then the damaged one is named."""
    world.leases = DamagedLeases(world.clock)
    world.begin()
    world.publish()

    with pytest.raises(CleanupIncomplete, match=r"The lease on resizer cannot be read\.$"):
        world.sweep()

    assert {} == world.target.versions


def test_an_end_that_nobody_told_is_told(world: World) -> None:
    """A run that was stopped, and whose status-change event never came, is failed in item and event."""
    world.begin()
    world.publish()
    swept = world.sweep()

    [(detail_type, detail)] = world.events.emitted
    (item,) = world.history.items.values()
    assert {"finished": [RUN_ID], "left": []} == swept
    assert ("Power Tuning Failed", RUN_ID, "Execution.ABORTED") == (detail_type, detail["runId"], detail["error"])
    assert ("failed", "Execution.ABORTED", execution_of(RUN_ID).arn) == (
        item["status"],
        item["error"],
        item["executionArn"],
    )


def test_an_end_that_was_told_is_not_told_again(world: World) -> None:
    """What the cleanup has said of a failed run stays, when only its lease is left."""
    world.begin()
    world.fail("TargetChanged", "its code was deployed")
    world.sweep()

    assert ["TargetChanged"] == [detail["error"] for _, detail in world.events.emitted]
    assert [] == world.leases.held()


def test_nobody_says_how_a_living_run_ended(world: World) -> None:
    """A lease that has expired under a living run is taken away; the run itself says how it ends."""
    world.executions.under_way.add(execution_of(RUN_ID).arn)
    world.begin()
    world.clock.advance(LEASE_S + 1)

    assert {"finished": [RUN_ID], "left": []} == world.sweep()
    assert [] == world.events.emitted


def test_a_failure_that_cannot_be_recorded_does_not_keep_the_cleanup_back(world: World) -> None:
    """The target is cleaned up, and the janitor's own failure is seen."""
    world.begin()
    world.publish()

    class NoBus:
        def emit(self, event: Event) -> None:
            """Refuse every event."""
            raise PermissionError(f"no bus for {event}")

    world.events = NoBus()  # type: ignore[assignment]
    with pytest.raises(CleanupIncomplete, match="no bus"):
        world.sweep()

    assert ({}, []) == (world.target.versions, world.leases.held())


def test_a_run_that_never_noted_its_beginning_is_told_too(world: World) -> None:
    """Its item stands under the time at which the janitor found it, and under the lease's target."""
    execution_arn = execution_of("run-9").arn
    world.leases.take(
        Lease(run_id="run-9", execution_arn=execution_arn, target_arn=TARGET_ARN, until_s=int(NOON_S) + 5)
    )
    world.clock.advance(90)
    world.sweep()

    assert [(TARGET_ARN, "2026-11-23T12:01:30.000Z", "run-9")] == list(world.history.items)


def test_a_run_is_told_under_the_time_at_which_it_began(world: World) -> None:
    """However late the janitor comes."""
    world.begin()
    world.clock.advance(90)
    world.sweep()

    assert [(TARGET_ARN, NOON, RUN_ID)] == list(world.history.items)


def test_a_lease_of_no_execution_is_left_until_it_expires(world: World) -> None:
    """A rollback or an Optimizer is no execution that could have ended: only time tells that it is dead."""
    world.leases.take(Lease(run_id="rollback-run-1", target_arn=TARGET_ARN, until_s=int(NOON_S) + 600))
    before = world.sweep()
    world.clock.advance(601)

    assert ([], ["rollback-run-1"]) == (before["finished"], world.sweep()["finished"])
    assert ([], {}) == (world.events.emitted, world.history.items)


def test_a_sweep_fences_and_trusts_no_publisher(world: World) -> None:
    """A Publisher that nobody saw end is waited for: its lease is left closed."""
    world.begin()
    lease = world.leases.renew(TARGET_ARN, RUN_ID)
    world.leases.save(replace(lease, intent_memory_mb=512, intent_until_s=int(NOON_S) + 100))

    assert {"finished": [], "left": [RUN_ID]} == world.sweep()


class AllSucceeded(FakeExecutions):
    """Executions that have all come to their end."""

    def ended(self, execution_arn: str) -> str | None:
        """Return how an execution ended."""
        assert execution_arn
        return "SUCCEEDED"


def test_a_run_that_succeeded_has_not_failed(world: World) -> None:
    """Only its lease is taken away, if it is still there."""
    world.executions = AllSucceeded(clock=world.clock)
    world.begin()

    assert {"finished": [RUN_ID], "left": []} == world.sweep()
    assert ([], []) == (world.events.emitted, world.leases.held())


def test_a_run_that_was_ended_from_outside_says_so(world: World) -> None:
    """In the words of a person, for there is no error of ours."""
    world.begin()
    world.sweep()

    assert ["The execution was ended from outside."] == [detail["cause"] for _, detail in world.events.emitted]


def test_what_was_swept_is_counted(world: World) -> None:
    """What is finished, and what is left for the next time."""
    world.begin()
    lease = world.leases.renew(TARGET_ARN, RUN_ID)
    world.leases.save(replace(lease, intent_memory_mb=512, intent_until_s=int(NOON_S) + 100))
    world.sweep()
    world.clock.advance(101)
    world.sweep()

    assert [("LeasesFinished", 0), ("LeasesLeft", 1), ("LeasesFinished", 1), ("LeasesLeft", 0)] == world.metrics.noted
