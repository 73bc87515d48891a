"""Deployments: what is kept of those that start no run, and how often code is tried."""

from typing import Any

import pytest
from msgspec.structs import replace

from event_contracts import example
from fake_lambda import TARGET_ARN
from fakes import NOON_S
from power_tuner.automation.profile import BY_TAG, Profile
from power_tuner.tuning.run_item import RunKey
from run_items import completed_run, failed_run, skipped_run
from world import RETENTION_S, World

PROFILE = Profile(TARGET_ARN, {"num": 5}, cool_down_s=0)


@pytest.fixture
def world() -> World:
    """An account with one target, which is enrolled."""
    world = World()
    world.profiles.put(PROFILE)
    return world


def deployment(minute: int = 0) -> dict[str, Any]:
    event = example("deployment-update-code")
    return {**event, "detail": {**event["detail"], "eventTime": f"2026-11-23T12:{minute:02}:07.500Z"}}


def record_run(world: World, at: str = "11:59:00.000", code_sha256: str = "code-1") -> None:
    started_at = f"2026-11-23T{at}Z"
    run = completed_run(
        "run-0",
        started_at=started_at,
        code_sha256=code_sha256,
        fingerprint=world.functions.get(TARGET_ARN).fingerprint,
        settings=PROFILE.settings,
    )
    world.history.record(run)


@pytest.mark.parametrize(
    ("profile", "code_sha256", "reason"),
    [
        (None, None, "it is not enrolled"),
        (
            replace(PROFILE, cool_down_s=900),
            "code-1",
            "cool-down: its last run began 60 s ago, and its profile allows ",
        ),
    ],
)
def test_a_skip_has_an_item(world: World, profile: Profile | None, code_sha256: str | None, reason: str) -> None:
    """Under its function and time, with the code as far as it was read, and an end like any other item."""
    record_run(world, code_sha256="code-0")
    world.profiles.delete(TARGET_ARN)
    if profile:
        world.profiles.put(profile)
    world.clock.epoch_s = NOON_S + 0.25

    (skip_id,) = world.deployed(deployment())["skipped"]

    at = "2026-11-23T12:00:07.500Z"
    item = world.history.items[RunKey(TARGET_ARN, at, skip_id)]
    told = item.pop("reason")
    assert told.startswith(reason)
    assert {
        "runId": skip_id,
        "targetArn": TARGET_ARN,
        "targetName": "thumbnailer",
        "startedAt": at,
        "finishedAt": at,
        "status": "skipped",
        "trigger": "deployment",
        **({"codeSha256": code_sha256} if code_sha256 else {}),
        "expiresAt": int(NOON_S) + RETENTION_S,
    } == item


def test_code_that_fails_again_and_again_is_left_alone(world: World) -> None:
    """Twenty attempts, each for a later deployment; then the item says so."""
    started = []
    for minute in range(20):
        world.clock.epoch_s = NOON_S + 60 * minute
        (name,) = world.deployed(deployment(minute))["started"]
        world.executions.end(name, "FAILED")
        started.append(name)

    (skip_id,) = world.deployed(deployment(20))["skipped"]

    assert [started[0], *(f"{started[0]}-{attempt}" for attempt in range(2, 21))] == started
    (item,) = (item for item in world.history.items.values() if item["runId"] == skip_id)
    assert ("this code was tried 20 times without a result; start a run by hand to see why", "code-1") == (
        item["reason"],
        item["codeSha256"],
    )


@pytest.mark.parametrize(
    ("status", "started_s", "outcome"),
    [
        ("RUNNING", -60, "started"),
        ("SUCCEEDED", -60, "coalesced"),
        ("FAILED", -60, "again"),
        ("TIMED_OUT", 7.25, "again"),
        ("FAILED", 7.5, "coalesced"),
        ("ABORTED", 60, "coalesced"),
    ],
)
def test_a_deployment_before_an_attempt_is_of_that_attempt(
    world: World, status: str, started_s: float, outcome: str
) -> None:
    """Only what was deployed after an attempt without a result began is tried again."""
    world.clock.epoch_s = NOON_S + started_s
    (first,) = world.deployed(deployment())["started"]
    world.executions.end(first, status)

    found = world.deployed(deployment())
    again = outcome == "again"
    assert [f"{first}-2" if again else first] == found["started" if again else outcome]


@pytest.mark.parametrize(("newer", "outcome"), [(49, "skipped"), (50, "started")])
def test_the_latest_runs_are_looked_through(world: World, newer: int, outcome: str) -> None:
    """Fifty of them, for one of this code."""
    record_run(world)
    for number in range(newer):
        stopped = failed_run(
            f"run-{number}", started_at=f"2026-11-23T12:00:{number:02}.000Z", error="Execution.ABORTED"
        )
        world.history.record_failure(stopped)

    assert 1 == len(world.deployed(deployment())[outcome])


def test_skipped_deployments_do_not_hide_the_run_of_this_code(world: World) -> None:
    """However many there were since."""
    record_run(world)
    for number in range(60):
        world.history.record(skipped_run(f"skip-{number}", started_at=f"2026-11-23T12:{number:02}:30.000Z"))

    assert 1 == len(world.deployed(deployment())["skipped"])


def test_a_profile_that_says_what_its_tags_say_is_not_written_again(world: World) -> None:
    """Other tags are another profile."""
    world.target.tags |= {"power-tuning": "on", "power-tuning:num": "7"}
    world.profiles.put(Profile(TARGET_ARN, {"num": "7"}, enrolled_by=BY_TAG))
    before = world.profiles.written
    world.deployed(deployment())
    kept, written = world.profiles.get(TARGET_ARN), world.profiles.written
    world.target.tags["power-tuning:num"] = "8"
    world.deployed(deployment(1))

    assert (kept, before) == (Profile(TARGET_ARN, {"num": "7"}, enrolled_by=BY_TAG), written)
    assert 1 == world.profiles.written - written
    assert {"num": "8"} == getattr(world.profiles.get(TARGET_ARN), "run_input", None)


def test_a_profile_by_hand_goes_before_the_tags(world: World) -> None:
    """What a person wrote is neither overwritten nor deleted."""
    world.target.tags |= {"power-tuning": "on", "power-tuning:num": "7"}
    world.deployed(deployment())
    world.target.tags.clear()
    world.deployed(deployment(1))

    assert PROFILE == world.profiles.get(TARGET_ARN)


def test_tags_that_may_not_be_read_enrol_nobody(world: World) -> None:
    """Not to know is not to be asked; who has no profile loses none."""
    world.profiles.delete(TARGET_ARN)
    world.target.tags = None
    written = world.profiles.written

    assert 1 == len(world.deployed(deployment())["skipped"])
    assert written == world.profiles.written


def test_a_run_that_replaces_none_stops_none(world: World) -> None:
    """The lease is free: there is nothing to stop."""
    world.deployed(deployment())

    assert (1, []) == (len(world.executions.named), world.executions.stopped)


def test_a_name_that_is_none_is_no_function(world: World) -> None:
    """A stack may answer with the name of something else."""
    event = example("deployment-stack")
    world.deployment_targets.stacks[event["detail"]["stack-id"]] = ["not a name", "thumbnailer"]

    assert [1, 0, 0] == [len(ids) for ids in world.deployed(event).values()]
