"""Cold starts: bursts until there are enough, and none where warm samples count."""

from collections.abc import Callable

import pytest

from fake_lambda import Asked, report_line
from power_tuner.ports import InvocationAnswer
from unit.steps.one_branch import BRANCH, begun, samples
from world import World


def cold_on(*places: int) -> Callable[[Asked], InvocationAnswer]:
    """Answer with a cold start on these invocations, counted from 0, and warm on all others."""
    count = -1

    def behave(asked: Asked) -> InvocationAnswer:
        nonlocal count
        count += 1
        init = "Init Duration: 400.00 ms\t" if count in places else ""
        return InvocationAnswer("{}", None, report_line(10, 410, asked.memory_mb, init), asked.version)

    return behave


def cold_and_warm(world: World) -> tuple[int, int]:
    measured = samples(world)
    return sum(s.measured and s.cold for s in measured), sum(s.status == "warm" for s in measured)


def test_cold_starts_come_in_bursts(world: World) -> None:
    """With onlyColdStarts bursts go on until there are num cold samples; warm ones are kept, and do not count."""
    begun(world, onlyColdStarts=True)
    world.target.behaviour = cold_on(0, 1, 2, 5, 6)

    done = world.measure(BRANCH)
    assert done == {
        "begin": 0,
        "count": 5,
        "position": 10,
        "kept": 5,
        "failed": 0,
        "spent": done["spent"],
        "done": True,
    }
    assert (5, 5) == cold_and_warm(world)


def test_cold_starts_that_do_not_come_are_not_waited_for(world: World) -> None:
    """After a few bursts without cold starts the batch ends, and the Analyzer judges."""
    begun(world, onlyColdStarts=True)
    world.target.behaviour = cold_on(0)

    batch = world.measure(BRANCH)

    assert (True, 1, 5 * 6) == (batch["done"], batch["kept"], batch["position"])


def test_cold_starts_are_counted_over_calls(world: World) -> None:
    """A second Executor call knows how many cold samples the first one kept."""
    begun(world, onlyColdStarts=True)
    world.target.behaviour = cold_on(0, 1)

    batch = world.measure(BRANCH, position=5, kept=3)

    assert (True, 5, 10) == (batch["done"], batch["kept"], batch["position"])


def test_the_smart_mode_wants_warm_samples(world: World) -> None:
    """A cold start is kept for the bill, and another invocation is made for it."""
    begun(world, num=...)
    world.target.behaviour = cold_on(0)

    batch = world.measure(BRANCH, count=4)

    expected = {"begin": 0, "count": 4, "position": 5, "kept": 4, "failed": 0, "spent": batch["spent"], "done": True}
    assert batch == expected
    assert (1, 0) == cold_and_warm(world)


@pytest.mark.parametrize("parallel", [False, True])
def test_the_smart_mode_invokes_no_more_than_it_needs(world: World, parallel: bool) -> None:  # noqa: FBT001
    """Side by side or not, no more is invoked than the engine asked for."""
    begun(world, num=..., parallelInvocation=parallel)
    world.measure(BRANCH, count=4)

    assert 4 == len(world.functions.asked)


def test_after_a_cold_start_side_by_side_only_the_rest_is_invoked(world: World) -> None:
    """Of four wanted warm samples three came with the first wave, so the second has one invocation."""
    begun(world, num=..., parallelInvocation=True)
    world.target.behaviour = cold_on(0)

    batch = world.measure(BRANCH, count=4)

    assert (5, 4, True) == (batch["position"], batch["kept"], batch["done"])
    assert 5 == len(world.functions.asked)


def test_a_later_call_side_by_side_invokes_what_is_missing(world: World) -> None:
    """Also of samples that an earlier call kept, more than one of them."""
    begun(world, num=..., parallelInvocation=True)

    assert 9 == world.measure(BRANCH, count=7, position=6, kept=4)["position"]


@pytest.mark.parametrize(("count", "invoked"), [(5, 5), (61, 61)])
def test_the_classic_sweep_side_by_side_invokes_what_was_planned(world: World, count: int, invoked: int) -> None:
    """Neither a wave more nor a part of one."""
    begun(world, num=100, parallelInvocation=True)
    world.measure(BRANCH, begin=13, count=count)

    assert invoked == len(world.functions.asked)


def test_a_burst_has_as_many_as_all_bursts_before(world: World) -> None:
    """A batch that begins later in its branch finds so many sandboxes warm, so its burst is larger by their number."""
    begun(world, num=100, onlyColdStarts=True)
    world.target.behaviour = cold_on(*range(1000))

    assert 17 == world.measure(BRANCH, begin=12, count=5)["position"] - 12


def test_a_burst_is_never_larger_than_a_hundred(world: World) -> None:
    """So many start at the same moment at most."""
    begun(world, num=100, onlyColdStarts=True)
    world.target.behaviour = cold_on(*range(1000))

    assert 100 == world.measure(BRANCH, begin=98, count=5)["position"] - 98


def test_what_was_not_measured_is_not_called_warm(world: World) -> None:
    """With onlyColdStarts an invocation without a REPORT stays unmeasurable."""
    begun(world, onlyColdStarts=True)
    world.target.behaviour = lambda asked: InvocationAnswer("{}", None, "END\n", asked.version)
    world.measure(BRANCH)

    assert {"unmeasurable"} == {sample.status for sample in samples(world)}


def test_a_function_without_reports_is_given_up(world: World) -> None:
    """In the smart mode what was not measured is no warm sample; after some tries the Analyzer judges."""
    begun(world, num=...)
    world.target.behaviour = lambda asked: InvocationAnswer("{}", None, "END\n", asked.version)

    batch = world.measure(BRANCH, count=4)

    assert (True, 0, 15) == (batch["done"], batch["kept"], batch["position"])


def test_a_function_that_is_always_cold_is_given_up(world: World) -> None:
    """Without any warm sample the batch ends after some tries, and the Analyzer judges."""
    begun(world, num=...)
    world.target.behaviour = cold_on(*range(1000))

    batch = world.measure(BRANCH, count=4)

    assert (True, 0, 15) == (batch["done"], batch["kept"], batch["position"])
