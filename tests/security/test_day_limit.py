"""No input, and no number of runs, makes the stack invoke more in a day than whoever deployed it allows."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from e2e.cloud import LocalCloud, Tuner, open_local_cloud, trace_of
from fake_lambda import TARGET_ARN
from power_tuner.automation.profile import MEASURE, Profile
from power_tuner.errors import DayLimitReached, PowerTunerError, Throttled
from power_tuner.ports import InvocationAnswer, InvocationThrottled
from world import RUN_ID, World

A_DAY = 86_400


def begin(world: World, number: int, **run_input: Any) -> int:
    """Begin a run of a function, and return how many invocations it sets out to make."""
    before = sum(world.daily_invocations.of_day.values())
    world.begin(f"run-{number}", **run_input)
    world.leases.release(TARGET_ARN, f"run-{number}")
    return sum(world.daily_invocations.of_day.values()) - before


inputs = st.fixed_dictionaries(
    {"num": st.sampled_from([..., 1, 5, 30, 10_000])},
    optional={
        "powerValues": st.sampled_from(["ALL", [128], [128, 512]]),
        "maxInvocations": st.integers(1, 10**6),
        "dryRun": st.booleans(),
        "onlyColdStarts": st.booleans(),
        "parallelInvocation": st.booleans(),
    },
)


@given(st.lists(inputs, max_size=12), st.integers(1, 400))
@settings(deadline=None, max_examples=60)
def test_no_runs_of_a_day_set_out_to_make_more(runs: list[dict[str, Any]], most: int) -> None:
    """Whatever they ask for; a run that would is refused before anything is touched."""
    world = World(max_invocations_per_day=most)
    for number, run_input in enumerate(runs):
        try:
            begin(world, number, **run_input)
        except DayLimitReached:
            assert world.leases.held() == []
            assert [call for call in world.functions.calls if call[0] in {"set_memory", "publish"}] == []
        except PowerTunerError:
            continue

    assert sum(world.daily_invocations.of_day.values()) <= most


def test_the_refusal_tells_what_is_left_to_do() -> None:
    """With the parameter, the day and what the run needs."""
    world = World(max_invocations_per_day=29)
    begin(world, 1, num=5)

    with pytest.raises(DayLimitReached) as told:
        begin(world, 2, num=5)
    assert "needs 15 invocations, and the stack's parameter maxInvocationsPerDay (29)" in str(told.value)
    world.clock.advance(A_DAY)
    assert begin(world, 3, num=5) == 15


def test_the_smart_mode_decides_with_what_it_has() -> None:
    """Its later rounds are counted too; where the day has no room for one, the best answer so far is the answer."""
    world = World(max_invocations_per_day=8)
    world.tune(num=..., powerValues=[128, 256, 512, 1024, 1769, 3008], confidence="highest")

    decision = world.documents.draft(RUN_ID).decision
    assert decision
    assert getattr(decision, "stopped_by", None) == "day"
    assert sum(world.daily_invocations.of_day.values()) <= 8


def test_a_check_that_measures_counts() -> None:
    """A drift check that invokes is refused like a run, and invokes nothing."""
    world = World(max_invocations_per_day=20)
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}, drift_mode=MEASURE))
    world.tune()
    world.functions.asked.clear()

    with pytest.raises(DayLimitReached, match="This check needs"):
        world.check()
    assert world.functions.asked == []


def test_without_the_parameter_nothing_is_counted() -> None:
    """So that no stack pays for a write that it does not use."""
    assert begin(World(), 1, num=10_000, powerValues=[128]) == 0


def invoke_all(world: World, run_id: str = RUN_ID, **run_input: Any) -> None:
    """Do what a run does up to its analysis, whatever becomes of its batches."""
    world.begin(run_id, **run_input)
    for branch in world.publish(run_id)["branches"]:
        for begin, count, position in branch["batches"]:
            with suppress(PowerTunerError):
                world.measure(branch, begin=begin, count=count, position=position)


def today(world: World) -> int:
    return sum(world.daily_invocations.of_day.values())


@pytest.mark.parametrize("cold", [True, False])
@pytest.mark.parametrize("most", [5, 7, 12, 30])
def test_what_is_repeated_is_counted_too(most: int, cold: bool) -> None:  # noqa: FBT001
    """Bursts of cold starts find warm sandboxes and come again, up to six times: never beyond the day."""
    world = World(max_invocations_per_day=most)

    invoke_all(world, num=5, powerValues=[128], onlyColdStarts=cold)

    assert 5 <= len(world.functions.asked) <= today(world) <= most


def test_the_branch_tells_that_the_day_was_over() -> None:
    """With the parameter and the day; what was measured before is saved."""
    world = World(max_invocations_per_day=7)
    world.begin(num=5, powerValues=[128], onlyColdStarts=True)
    (branch,) = world.publish()["branches"]

    with pytest.raises(DayLimitReached, match=r"needs 5 more .* maxInvocationsPerDay \(7\) .* 2026-11-23 \(UTC\)"):
        world.measure(branch)

    (block,) = world.documents.samples(RUN_ID)[128]
    assert 5 == len(block.samples)


def test_what_a_run_did_not_use_is_given_back() -> None:
    """A function that fails at once costs the day what was invoked of it, and no more."""
    world = World(max_invocations_per_day=100)
    world.target.behaviour = lambda asked: InvocationAnswer("{}", "Unhandled", "", asked.version)
    invoke_all(world, num=30, powerValues=[128, 512, 1024])
    reserved = today(world)

    world.clean_up()
    world.clean_up()

    assert (90, len(world.functions.asked)) == (reserved, today(world))
    assert today(world) < 10


def test_a_run_that_is_refused_after_it_reserved_gives_all_back() -> None:
    """What it had no use for is there for the next one."""
    world = World(max_invocations_per_day=10)
    world.documents.save_plan = Mock(side_effect=PowerTunerError("S3 is away"))  # type: ignore[method-assign]
    with pytest.raises(PowerTunerError):
        world.begin(num=5, powerValues=[128, 512])
    before = today(world)

    world.clean_up()

    assert (10, 0) == (before, today(world))


def test_what_is_given_back_is_not_given_of_another_day() -> None:
    """A run over midnight counts what it invokes on the day on which it does, and gives back nothing of the new one."""
    world = World(max_invocations_per_day=20)
    world.begin(num=5, powerValues=[128, 512])
    branches = world.publish()["branches"]
    world.clock.advance(A_DAY)
    world.leases.renew(TARGET_ARN, RUN_ID)
    world.measure(branches[0])
    world.clean_up()

    assert [10, 5] == [*world.daily_invocations.of_day.values()]


def test_a_throttled_invocation_is_none() -> None:
    """It is tried again later, as often as it takes."""
    world = World(max_invocations_per_day=5)
    world.begin(num=5, powerValues=[128])
    (branch,) = world.publish()["branches"]
    for nth in range(1, 9):
        world.functions.before("invoke", nth, throttle)
        with pytest.raises(Throttled):
            world.measure(branch)

    world.measure(branch)

    assert (5, 5) == (len(world.functions.asked), today(world))


def throttle() -> None:
    raise InvocationThrottled("busy")


@pytest.fixture(scope="module")
def limited() -> Iterator[LocalCloud]:
    with open_local_cloud("tuner-of-ten-a-day", {"maxInvocationsPerDay": "10"}) as opened:
        yield opened


@pytest.mark.local_aws
def test_a_stack_keeps_to_its_day(limited: LocalCloud, tmp_path: Path) -> None:
    """The second run of six is refused by name, and its function is as it was."""
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    arn = limited.add_function(tmp_path, name="tuned-daily")
    tuner = Tuner(limited)
    before = trace_of(limited, arn)

    assert tuner.tune({"lambdaARN": arn, "num": 3, "powerValues": [128, 512]})["status"] == "SUCCEEDED"
    refused = tuner.tune({"lambdaARN": arn, "num": 3, "powerValues": [128, 512]})

    assert refused["error"] == "DayLimitReached"
    assert "maxInvocationsPerDay (10)" in refused["cause"]
    assert trace_of(limited, arn) == before


@pytest.mark.local_aws
def test_a_function_that_fails_does_not_use_up_the_day(limited: LocalCloud, tmp_path: Path) -> None:
    """A run reserves eight of ten, invokes twice and gives six back: there is room for another, not for a third."""
    failing = limited.with_stack("tuner-of-failing-functions", {"maxInvocationsPerDay": "10"})
    (tmp_path / "app.py").write_text("def handler(event, context):\n    raise ValueError('always')\n")
    arn = failing.add_function(tmp_path, name="fails-daily")

    errors = [Tuner(failing).tune({"lambdaARN": arn, "num": 4, "powerValues": [128, 512]})["error"] for _ in range(3)]

    assert errors == ["NothingMeasured", "NothingMeasured", "DayLimitReached"]
