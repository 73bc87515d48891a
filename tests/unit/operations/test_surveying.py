"""The nightly survey: which functions it is about, and what it says of them."""

from typing import TYPE_CHECKING, Any

import pytest

from fake_lambda import TARGET_ARN
from fleets import PREFIX
from power_tuner.automation.profile import Profile
from power_tuner.operations.surveying import MOST_SURVEYED, busiest_functions, read_candidates, survey_of
from power_tuner.survey.nightly import NightlySurvey
from power_tuner.tuning.report_line import Report
from world import World, answer_of

if TYPE_CHECKING:
    from fake_lambda import Asked

LIKE = "arn:aws:states:eu-west-1:123456789012:execution:fleet:check"
YESTERDAY = "2026-11-22"


def counted(world: World, name: str, invocations: float = 1e6, duration_ms: float = 100.0) -> None:
    """Let CloudWatch have counted invocations of a function."""
    for metric, value in (("Invocations", invocations), ("Duration", invocations * duration_ms)):
        world.daily_metrics.counted[metric, name] = {YESTERDAY: value}


def busiest(world: World) -> list[str]:
    return [each.target_arn.removeprefix(PREFIX) for each in busiest_functions(world.app, LIKE)]


def surveyed(world: World, remaining_s: float = 800.0) -> NightlySurvey:
    """Do what the two states do, with what the first hands to the second as JSON."""
    candidates: Any = answer_of(busiest_functions(world.app, LIKE))
    return survey_of(world.app, read_candidates(candidates), lambda: remaining_s)


@pytest.fixture
def world() -> World:
    """The thumbnailer, which has far too much memory and is invoked a lot."""
    world = World()
    world.target.latest["MemorySize"] = 10_240
    counted(world, "thumbnailer")
    called = Report(100.0, 100, memory_mb=10_240, max_memory_used_mb=60)
    world.logs.calls += [("thumbnailer", world.clock.now() - 3600, called)] * 40
    return world


def test_the_functions_that_ran_longest_are_surveyed() -> None:
    """CloudWatch names them, so none is listed; not more than one call of a function can read."""
    world = World()
    for number in range(MOST_SURVEYED + 10):
        counted(world, f"function-{number}", duration_ms=1.0 + number)

    names = busiest(world)

    assert len(names) == MOST_SURVEYED
    assert names[0] == f"function-{MOST_SURVEYED + 9}"


def test_enrolled_functions_and_the_tuners_own_are_left_out(world: World) -> None:
    """A drift check looks at the first, and nobody tunes the others."""
    counted(world, "enrolled")
    counted(world, f"{world.app.settings.event_bus_name}-ExecutorFunction-a1B2c3")
    counted(world, "no name of a function")
    world.profiles.put(Profile(PREFIX + "enrolled", {}))

    assert busiest(world) == ["thumbnailer"]


def test_what_may_be_worth_a_run_is_told_with_its_interval(world: World) -> None:
    """At 10,240 MB most of the money is wasted; nothing is invoked to say so."""
    asked: list[Asked] = []
    world.target.behaviour = asked.append

    survey = surveyed(world)

    (found,) = survey.functions
    assert (found.target_arn, found.memory_mb, found.stands) == (TARGET_ARN, 10_240, "too high")
    assert found.saved
    estimate, low, high = found.saved
    assert 0 < low < estimate < high < found.cost
    assert (survey.looked_at, survey.known) == (1, 1)
    assert not asked


def test_what_the_stack_may_not_tune_is_left_out(world: World) -> None:
    """As a function that IAM does not let the role read, or that was deleted meanwhile."""
    counted(world, "gone", 1e9)

    survey = surveyed(world)

    assert [each.target_arn for each in survey.functions] == [TARGET_ARN]
    assert survey.looked_at == 1


def test_a_function_that_is_as_it_should_be_is_not_told(world: World) -> None:
    """Nor one of which nothing is known."""
    world.logs.unreadable = "no permission"

    assert (surveyed(world).functions, surveyed(world).known) == ((), 0)


def test_logs_are_read_slowly_and_not_when_the_time_is_over(world: World) -> None:
    """CloudWatch Logs answers five requests a second in an account, and a call of the function ends."""
    begun_s = world.clock.now()

    surveyed(world)

    assert world.clock.now() - begun_s == pytest.approx(2.0)
    assert surveyed(world, remaining_s=60.0).known == 0
