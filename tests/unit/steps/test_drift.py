"""Drifting: what became slower is told and tuned again; what only looks so is left alone."""

import random
from typing import Any

import pytest

from event_contracts import problems
from fake_lambda import TARGET_ARN, Asked, report_line
from power_tuner.automation.profile import MEASURE, READ, Profile
from power_tuner.errors import TargetNotTunable
from power_tuner.ports import InvocationAnswer
from world import World

PROCESSOR_ARN = "arn:aws:lambda:us-east-1:123456789012:function:processor"


def noisy(count: int, typical_ms: float, seed: int = 1) -> list[float]:
    chance = random.Random(seed)  # noqa: S311 - a simulation
    return [typical_ms * chance.lognormvariate(0, 0.1) for _ in range(count)]


def taking(typical_ms: float, seed: int = 1) -> Any:
    """Behave like a function that takes about as long at any memory."""
    chance = random.Random(seed)  # noqa: S311 - a simulation

    def behave(asked: Asked) -> InvocationAnswer:
        duration_ms = typical_ms * chance.lognormvariate(0, 0.1)
        return InvocationAnswer("{}", None, report_line(duration_ms, int(duration_ms) + 1, asked.memory_mb), "$LATEST")

    return behave


@pytest.fixture(params=[READ, MEASURE])
def world(request: pytest.FixtureRequest) -> World:
    """A target that was tuned, and whose profile says how it is checked."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}, drift_mode=request.param))
    world.tune()
    now_takes(world, 80)
    return world


def now_takes(world: World, typical_ms: float, seed: int = 1) -> None:
    """Let the function take this long, in production and when it is invoked."""
    world.logs.reports.clear()
    world.logs.report("thumbnailer", world.clock.now(), 1024, noisy(50, typical_ms, seed))
    world.target.behaviour = taking(typical_ms, seed)


def drifts(world: World) -> list[dict[str, Any]]:
    return [detail for detail_type, detail in world.events.emitted if detail_type == "Power Drift Detected"]


def test_the_first_check_takes_the_baseline(world: World) -> None:
    """What a function is right after it was tuned is what it is compared with."""
    assert "baseline" == world.check()["outcome"]
    assert ([], {}) == (drifts(world), world.executions.named)


def test_what_did_not_change_is_left_alone(world: World) -> None:
    """Other noise of the same function: no event, no run."""
    world.check()
    now_takes(world, 80, seed=2)

    checked = world.check()

    assert "unchanged" == checked["outcome"]
    assert checked["interval"][0] < 0 < checked["interval"][1]
    assert ([], {}) == (drifts(world), world.executions.named)


def test_what_became_slower_is_told_and_tuned_again(world: World) -> None:
    """An event that says how much, and one run, whose trigger says why."""
    world.check()
    now_takes(world, 104, seed=2)

    checked = world.check()

    (detail,) = drifts(world)
    assert ("drifted", detail["runId"]) == (checked["outcome"], checked["runId"])
    assert pytest.approx(0.3, abs=0.1) == detail["change"]
    assert "drift" == world.executions.inputs[detail["runId"]]["trigger"]
    envelope = {
        "version": "0",
        "id": "1",
        "detail-type": "Power Drift Detected",
        "source": "power-tuner",
        "account": "123456789012",
        "time": detail["detectedAt"],
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }
    assert [] == problems("power-drift-detected", envelope)


def test_a_drift_starts_one_run_a_day(world: World) -> None:
    """A check that is repeated starts no second run."""
    world.check()
    now_takes(world, 104, seed=2)
    world.check()
    world.check()

    assert 1 == len(world.executions.named)


@pytest.mark.parametrize("changes", [{"Runtime": "python3.14"}, {"Architectures": ["x86_64"]}, {"Timeout": 60}])
def test_another_configuration_is_drift(world: World, changes: dict[str, Any]) -> None:
    """Without any invocation: a runtime that was replaced is another function."""
    world.check()
    world.functions.deploy(**changes)
    asked = len(world.functions.asked)

    assert "replaced" == world.check()["outcome"]
    assert ([None], asked) == ([detail["change"] for detail in drifts(world)], len(world.functions.asked))


def test_what_was_never_tuned_is_tuned() -> None:
    """Enrolled, and not deployed since: the schedule starts its first run."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}))

    checked = world.check()

    assert ("never-tuned", "schedule") == (checked["outcome"], world.executions.inputs[checked["runId"]]["trigger"])


def test_a_run_in_progress_is_not_disturbed(world: World) -> None:
    """Its test memory would be measured."""
    world.begin("run-2")

    assert "busy" == world.check()["outcome"]


def test_too_little_production_is_no_drift() -> None:
    """A function that nobody calls tells nothing, and is not invoked to find out."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}))
    world.tune()
    asked = len(world.functions.asked)

    assert ("no-data", asked) == (world.check()["outcome"], len(world.functions.asked))


def test_reading_invokes_nothing() -> None:
    """The default is safe for a function with side effects."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}))
    world.tune()
    now_takes(world, 80)
    asked = len(world.functions.asked)
    world.check()
    world.check()

    assert asked == len(world.functions.asked)


def test_a_broken_target_is_told() -> None:
    """It cannot be measured; the fleet reports it and goes on."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}, drift_mode=MEASURE))
    world.tune()
    world.target.behaviour = lambda _: InvocationAnswer('{"errorType": "E"}', "Unhandled", "", "$LATEST")
    with pytest.raises(TargetNotTunable, match="failed while it was checked"):
        world.check()


def test_a_check_invokes_as_the_run_did() -> None:
    """Through the same processors, with the same body, with the same pauses."""
    world = World()
    run_input = {"num": 5, "payload": '{"id": 1}', "preProcessorARN": PROCESSOR_ARN, "sleepBetweenRunsMs": 60_000}
    world.profiles.put(Profile(TARGET_ARN, run_input, drift_mode=MEASURE))
    world.functions.add(PROCESSOR_ARN).behaviour = lambda _: InvocationAnswer('{"id": 2}', None, "", "$LATEST")
    world.tune(**run_input)
    world.target.behaviour = taking(80)
    before, began_s = len(world.functions.asked), world.clock.now()
    world.check()

    asked = world.functions.asked[before:]
    assert [(PROCESSOR_ARN, '{"id": 1}'), (TARGET_ARN, '{"id": 2}')] * 5 == [(each.arn, each.payload) for each in asked]
    assert 300 == world.clock.now() - began_s


def test_who_was_taken_out_is_not_checked() -> None:
    """Between listing and check the profile was deleted."""
    assert "not-enrolled" == World().check()["outcome"]
