"""Runs that a drift check starts: their names, and one for each finding."""

import re
from typing import Any

import pytest
from msgspec.structs import replace

from fake_lambda import TARGET_ARN
from power_tuner.automation.profile import Profile
from world import World

DAY_S = 86_400


def tuned() -> World:
    """Return a world whose target was tuned, and takes 80 ms in production."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}))
    world.tune()
    takes(world, 80.0)
    return world


def takes(world: World, duration_ms: float) -> None:
    world.logs.reports.clear()
    world.logs.report("thumbnailer", world.clock.now(), 1024, [duration_ms] * 50)


def test_a_run_is_named_after_what_started_it() -> None:
    """A digest of twenty characters at the end; the schedule is written short."""
    drifted, never = tuned(), World()
    never.profiles.put(Profile(TARGET_ARN, {"num": 5}))
    drifted.check()
    takes(drifted, 104.0)

    assert re.fullmatch(r"thumbnailer-drift-[0-9a-f]{20}", drifted.check()["runId"])
    assert re.fullmatch(r"thumbnailer-sched-[0-9a-f]{20}", never.check()["runId"])


def test_a_long_name_is_cut() -> None:
    """A run's name has at most 80 characters; 50 are the function's."""
    arn = TARGET_ARN.replace("thumbnailer", "t" * 49 + "u" * 15)
    world = World()
    world.functions.add(arn)
    world.profiles.put(Profile(arn, {"num": 5}))

    assert "t" * 49 + "u-sched" == world.check(arn)["runId"].rpartition("-")[0]


def let_an_hour_pass(world: World) -> None:
    world.clock.advance(3600)


def change_code(world: World) -> None:
    world.functions.deploy(CodeSha256="code-2")


def change_settings(world: World) -> None:
    world.profiles.put(replace(world.profile, run_input={"num": 6}))


def let_a_day_pass(world: World) -> None:
    world.clock.advance(DAY_S)


@pytest.mark.parametrize(
    ("change", "runs"), [(let_an_hour_pass, 1), (change_code, 2), (change_settings, 2), (let_a_day_pass, 2)]
)
def test_each_finding_starts_a_run(change: Any, runs: int) -> None:
    """The same finding once a day; another code, other settings and another day are other findings."""
    world = World()
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}))
    world.check()
    change(world)
    world.check()

    assert runs == len(world.executions.named)


def test_another_baseline_is_another_finding() -> None:
    """What drifted from it is tuned again, the same day too."""
    world = tuned()
    world.check()
    takes(world, 104.0)
    first = world.check()["runId"]
    kept, (item,) = world.baselines.get(TARGET_ARN), world.history.items.values()
    assert kept
    item["runId"] = "run-2"
    world.baselines.put(TARGET_ARN, replace(kept, run_id="run-2"))

    assert first != world.check()["runId"]
