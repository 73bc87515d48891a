"""Measuring in time: an Executor ends before it is killed, whatever takes long."""

import pytest

from fake_lambda import Asked, cpu_bound
from fakes import NOON_S
from power_tuner.ports import InvocationAnswer
from unit.steps.one_branch import BRANCH, begun, blocks, slow
from world import World

PROCESSOR_ARN = "arn:aws:lambda:us-east-1:123456789012:function:processor"


@pytest.mark.parametrize(
    ("run_input", "first_s", "room_s"),
    [
        ({}, 0.0, 15.0),
        ({}, 1.5, 15.0),
        ({}, 4.0, 22.0),
        ({}, 25.0, 40.0),
        ({"preProcessorARN": PROCESSOR_ARN}, 25.0, 85.0),
        ({"postProcessorARN": PROCESSOR_ARN}, 25.0, 85.0),
        ({"sleepBetweenRunsMs": 600_000}, 0.0, 640.0),
        ({"sleepBetweenRunsMs": 1500}, 0.0, 16.5),
    ],
    ids=["quick", "quite quick", "longer", "timeout", "pre-processor", "post-processor", "long pause", "short pause"],
)
@pytest.mark.parametrize(("more_s", "position"), [(0.0, 2), (-0.25, 1)])
def test_the_room_that_another_invocation_needs(
    world: World, run_input: dict[str, object], first_s: float, room_s: float, more_s: float, position: int
) -> None:
    """Three times the longest so far, 5 s at least, not past the target's timeout, the pause, and 10 s to save."""
    world.functions.add(PROCESSOR_ARN)
    begun(world, **run_input)
    world.target.behaviour = slow(world, first_s)
    pause_s = float(str(run_input.get("sleepBetweenRunsMs", 0))) / 1000

    batch = world.measure(BRANCH, count=2, remaining_s=first_s + pause_s + room_s + more_s)

    assert position == batch["position"]


def test_the_longest_invocation_counts_not_the_last(world: World) -> None:
    """After one of 7 s and a quick one there has to be room for 21 s, and 10 s to save."""
    begun(world)
    took_s = iter([7.0, 0.0, 0.0])

    def behave(asked: Asked) -> InvocationAnswer:
        world.clock.advance(next(took_s))
        return cpu_bound(asked)

    world.target.behaviour = behave

    assert 1 == world.measure(BRANCH, count=3, remaining_s=7 + 30.5)["position"]


def test_a_long_pause_does_not_outlast_the_executor(world: World) -> None:
    """With a pause of five minutes a call makes the two invocations that it has time for."""
    begun(world, sleepBetweenRunsMs=300_000)

    assert (2, False) == ((batch := world.measure(BRANCH, remaining_s=900))["position"], batch["done"])
    assert NOON_S + 900 > world.clock.now()


@pytest.mark.parametrize(("each_s", "sizes"), [(5.0, [2, 1]), (5.25, [1, 1, 1]), (2.5, [3])])
def test_samples_are_saved_when_more_than_five_seconds_passed(world: World, each_s: float, sizes: list[int]) -> None:
    """Since the last time; at the end in any case."""
    begun(world)
    world.target.behaviour = slow(world, each_s)
    world.measure(BRANCH, count=3)

    assert sizes == [len(block.samples) for block in blocks(world)]


def test_the_lease_is_renewed_with_each_saving(world: World) -> None:
    """Once at the beginning, and once with each saving on the way."""
    begun(world)
    renewed = world.leases.log.count("renew")
    world.target.behaviour = slow(world, 5.25)
    world.measure(BRANCH, count=3)

    assert 1 + 3 == world.leases.log.count("renew") - renewed


@pytest.mark.parametrize(("count", "patience_s"), [(1, 10.0), (2, 120.0)])
def test_two_side_by_side_wait_together(world: World, count: int, patience_s: float) -> None:
    """One alone waits for a moment only, and is tried again later."""
    begun(world, onlyColdStarts=True)
    world.measure(BRANCH, count=count)

    assert patience_s == world.functions.patience_s


@pytest.mark.parametrize("wanted", [{}, {"sleepBetweenRunsMs": 250, "parallelInvocation": True}])
def test_without_a_pause_or_side_by_side_nobody_sleeps(world: World, wanted: dict[str, object]) -> None:
    """What runs at once has nothing to pause between."""
    begun(world, num=60, **wanted)
    world.measure(BRANCH, count=60)

    assert [] == world.clock.slept_s
