"""Triggering: a deployment starts one run per enrolled function, or says why not."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from event_contracts import example
from fake_lambda import TARGET_ARN
from fakes import NOON_S
from power_tuner import metrics
from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import Profile
from power_tuner.errors import InvalidInput, TargetBusy, TargetStillBusy
from power_tuner.ports import FunctionForbidden
from power_tuner.tuning.lease import Lease, Original
from run_items import completed_run, failed_run
from world import World, execution_of

PROFILE = Profile(TARGET_ARN, {"num": 5, "powerValues": [128, 512], "payload": {"size": 3}})
SIGNALS = ["update-code", "create-function", "publish-version", "codedeploy", "stack", "function-state"]


@pytest.fixture
def world() -> World:
    """An account with one target, which is enrolled."""
    world = World()
    world.profiles.put(PROFILE)
    world.deployment_targets.code_deploys["d-7ABCDEFGH"] = ["thumbnailer"]
    world.deployment_targets.stacks[example("deployment-stack")["detail"]["stack-id"]] = ["thumbnailer"]
    return world


def deployment(signal: str = "update-code", **detail: Any) -> dict[str, Any]:
    event = example(f"deployment-{signal}")
    return {**event, "detail": {**event["detail"], **detail}}


def skips(world: World) -> list[str]:
    return [item["reason"] for item in world.history.items.values() if item["status"] == "skipped"]


A_MINUTE_AGO = "2026-11-23T11:59:00.000Z"


def record_run(world: World, **changes: Any) -> None:
    fingerprint = world.functions.get(TARGET_ARN).fingerprint
    run = completed_run("run-0", started_at=A_MINUTE_AGO, settings=PROFILE.settings, fingerprint=fingerprint)
    world.history.record(replace(run, **changes))


def hold_lease(world: World, code_sha256: str) -> str:
    execution = execution_of("run-0")
    lease = Lease(
        run_id="run-0",
        execution_arn=execution.arn,
        target_arn=TARGET_ARN,
        original=Original(1024, world.functions.get(TARGET_ARN).fingerprint, code_sha256),
        until_s=int(NOON_S) + 1000,
    )
    assert world.leases.take(lease) is None
    return execution.arn


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_deployment_of_an_enrolled_function_starts_a_run(world: World, signal: str) -> None:
    """Whoever tells of the deployment, and however it names the function, one run starts."""
    (name,) = world.deployed(deployment(signal))["started"]

    assert {"trigger": "deployment", "lambdaARN": TARGET_ARN, "codeSha256": "code-1"} == world.executions.inputs[name]
    assert name.startswith("thumbnailer-")


def test_all_signals_of_one_deployment_start_one_run(world: World) -> None:
    """UpdateFunctionCode, PublishVersion, CodeDeploy and CloudFormation all tell of it; 50 copies each make one run."""
    outcomes = [world.deployed(deployment(signal)) for signal in SIGNALS * 50]

    (started,) = world.executions.named
    assert [[started]] * 300 == [outcome["started"] + outcome["coalesced"] for outcome in outcomes]
    assert [] == skips(world)


def test_a_function_that_is_not_enrolled_is_skipped(world: World) -> None:
    """Nothing starts, and one item says why, however often the event comes."""
    world.profiles.delete(TARGET_ARN)
    world.deployed(deployment())
    world.deployed(deployment())

    assert ({}, ["it is not enrolled"]) == (world.executions.named, skips(world))


@pytest.mark.parametrize(
    "detail",
    [
        {"errorCode": "AccessDenied"},
        {"requestParameters": {"functionName": "thumbnailer", "dryRun": True}},
        {"requestParameters": {"functionName": "not a name"}, "responseElements": None},
    ],
)
def test_what_deployed_nothing_starts_nothing(world: World, detail: dict[str, Any]) -> None:
    """A refused call and a dry run are no deployments."""
    done = world.deployed(deployment(**detail))

    assert ({}, []) == (world.executions.named, [run for runs in done.values() for run in runs])


@pytest.mark.parametrize("name", ["thumbnailer", "123456789012:function:thumbnailer", TARGET_ARN, f"{TARGET_ARN}:live"])
def test_a_function_is_known_by_each_of_its_names(world: World, name: str) -> None:
    """CloudTrail shows the name as the caller wrote it."""
    event = deployment(requestParameters={"functionName": name}, responseElements=None)

    assert 1 == len(world.deployed(event)["started"])


def test_a_function_that_may_not_be_read_is_skipped(world: World) -> None:
    """The history says why; nothing waits in the dead letters for a permission that will not come."""

    def forbid() -> None:
        raise FunctionForbidden("thumbnailer: User: x is not authorized")

    world.functions.before("get", 1, forbid)

    done = world.deployed(deployment())

    assert (1, ["thumbnailer: User: x is not authorized"]) == (len(done["skipped"]), skips(world))


def test_skipped_deployments_are_counted(world: World) -> None:
    """The metric says how many runs were not started: one for this function, none once its run starts."""
    world.deployed(deployment(requestParameters={"functionName": "nobody"}, responseElements=None))
    world.deployed(deployment())

    assert world.metrics.noted == [(metrics.DEPLOYMENTS_SKIPPED, 1), (metrics.DEPLOYMENTS_SKIPPED, 0)]


def test_code_that_was_tuned_is_not_tuned_again(world: World) -> None:
    """Once per code and settings, whatever happened since."""
    record_run(world)
    world.clock.advance(1_000_000)
    world.deployed(deployment())

    assert ["this code was tuned with these settings by run run-0"] == skips(world)


def test_other_settings_are_another_run(world: World) -> None:
    """Who changes the profile wants to know what it says now."""
    record_run(world)
    world.clock.advance(1000)
    world.profiles.put(replace(PROFILE, run_input={**PROFILE.run_input, "strategy": "speed"}))

    assert 1 == len(world.deployed(deployment())["started"])


def test_a_policy_is_no_setting() -> None:
    """What may be done with a decision does not change the decision."""
    assert PROFILE.settings == replace(PROFILE, policy=Policy("latest"), cool_down_s=1).settings


def record_completed(world: World) -> None:
    record_run(world, code_sha256="code-0")


def record_failed(world: World) -> None:
    world.history.record_failure(failed_run("run-0", started_at=A_MINUTE_AGO))


@pytest.mark.parametrize("record", [record_completed, record_failed])
def test_the_cool_down_delays_the_next_run(world: World, record: Callable[[World], None]) -> None:
    """Who deploys every minute is not measured every minute."""
    record(world)
    world.deployed(deployment())

    told = "its last run began 60 s ago, and its profile allows one in 300 s"
    assert [f"cool-down: {told}; the next drift check tunes what is deployed then"] == skips(world)
    world.clock.advance(240)
    assert 1 == len(world.deployed(deployment())["started"])


@pytest.mark.parametrize("drift_mode", ["read", "measure"])
def test_the_last_deployment_of_many_is_tuned_by_the_next_check(world: World, drift_mode: str) -> None:
    """Nothing is deployed for good and never tuned: the check finds other code than was measured, without invoking."""
    world.profiles.put(replace(PROFILE, drift_mode=drift_mode))
    world.tune(num=5)
    world.functions.deploy(CodeSha256="code-2")
    assert 1 == len(world.deployed(deployment())["skipped"])
    asked = len(world.functions.asked)

    found = world.check()

    assert ("replaced", asked) == (found["outcome"], len(world.functions.asked))
    started = {"trigger": "drift", "lambdaARN": TARGET_ARN, "codeSha256": "code-2"}
    assert {found["runId"]: started} == world.executions.inputs


def test_a_run_that_was_ended_from_outside_delays_nobody(world: World) -> None:
    """It measured nothing."""
    world.history.record_failure(failed_run("run-0", started_at=A_MINUTE_AGO, error="Execution.ABORTED"))

    assert 1 == len(world.deployed(deployment())["started"])


def test_a_deployment_in_the_middle_of_a_run_stops_it(world: World) -> None:
    """What is being measured is not there any more: that run is stopped and another begins."""
    execution_arn = hold_lease(world, "code-0")

    assert 1 == len(world.deployed(deployment())["started"])
    assert [execution_arn] == world.executions.stopped


def test_a_run_of_the_same_code_goes_on(world: World) -> None:
    """An event that comes late finds its code being measured already."""
    hold_lease(world, "code-1")

    assert ["run-0"] == world.deployed(deployment())["coalesced"]
    assert ([], {}) == (world.executions.stopped, world.executions.named)


def test_code_that_failed_is_tried_again_when_it_is_deployed_again(world: World) -> None:
    """An execution's name is taken for 90 days; a later deployment gets another one, copies of the same do not."""
    (first,) = world.deployed(deployment())["started"]
    world.executions.end(first, "FAILED")

    assert [first] == world.deployed(deployment())["coalesced"]
    assert [f"{first}-2"] == world.deployed(deployment(eventTime="2026-11-23T12:10:00Z"))["started"]


def test_tags_enrol(world: World) -> None:
    """A template can enrol a function by its tags; its profile is kept, so that the fleet finds it."""
    world.profiles.delete(TARGET_ARN)
    world.target.tags |= {"power-tuning": "on", "power-tuning:num": "7", "power-tuning:strategy": "speed"}

    assert 1 == len(world.deployed(deployment())["started"])
    kept = world.profiles.get(TARGET_ARN)
    assert kept
    assert ({"num": "7", "strategy": "speed"}, "tag") == (kept.run_input, kept.enrolled_by)


def test_who_takes_the_tag_off_takes_the_function_out(world: World) -> None:
    """A profile that came from tags goes with them."""
    world.profiles.put(replace(PROFILE, enrolled_by="tag"))
    world.deployed(deployment())

    assert (None, ["it is not enrolled"]) == (world.profiles.get(TARGET_ARN), skips(world))


def test_a_wrong_tag_is_told(world: World) -> None:
    """A misspelt tag starts nothing, and the item says what is allowed."""
    world.profiles.delete(TARGET_ARN)
    world.target.tags |= {"power-tuning": "on", "power-tuning:strategy": "fastest"}
    world.deployed(deployment())

    (reason,) = skips(world)
    assert reason.startswith("strategy: 'fastest' is not accepted.")


def test_a_deleted_function_is_told(world: World) -> None:
    """A function that is gone by the time of the event is a skip, not an error."""
    world.functions.remove()
    world.deployed(deployment())

    assert [f"{TARGET_ARN} does not exist"] == skips(world)


def test_a_stack_starts_a_run_for_each_enrolled_function(world: World) -> None:
    """One event, many functions: each is judged by itself."""
    other = TARGET_ARN.replace("thumbnailer", "resizer")
    world.functions.add(other)
    world.profiles.put(replace(PROFILE, target_arn=other))
    world.deployment_targets.stacks[deployment("stack")["detail"]["stack-id"]] = ["thumbnailer", "resizer", "stranger"]

    done = world.deployed(deployment("stack"))

    assert (2, ["it is not enrolled"]) == (len(done["started"]), skips(world))


def triggered(world: World) -> dict[str, Any]:
    trigger = {"trigger": "deployment", "lambdaARN": TARGET_ARN, "codeSha256": "code-1"}
    return world.begin_raw(trigger)


def test_a_started_run_measures_what_the_profile_says(world: World) -> None:
    """The Initializer takes input and policy from the profile."""
    world.profiles.put(replace(PROFILE, policy=Policy("alias", alias="live")))
    triggered(world)

    run_input = world.documents.plan("run-1").run_input
    begun = world.history.begun("run-1")
    assert begun
    assert (5, (128, 512), {"size": 3}) == (run_input.num, run_input.memories_mb, run_input.payloads[0].payload)
    assert (True, "live") == (run_input.auto_optimize, run_input.auto_optimize_alias)
    assert begun.origin
    assert ("deployment", PROFILE.settings) == (begun.origin.trigger, begun.origin.settings)
    assert "alias" == begun.origin.policy.apply


def test_a_started_run_waits_for_the_lease(world: World) -> None:
    """Its error has a name of its own, which the state machine tries again; a run by hand is refused at once."""
    hold_lease(world, "code-0")
    with pytest.raises(TargetStillBusy):
        triggered(world)
    with pytest.raises(TargetBusy) as refused:
        world.begin()

    assert TargetBusy is refused.type


def test_who_was_taken_out_meanwhile_is_not_tuned(world: World) -> None:
    """Between event and run the profile was deleted: the run says so."""
    world.profiles.delete(TARGET_ARN)
    with pytest.raises(InvalidInput, match="an enrolled function; its enrolment was deleted meanwhile"):
        triggered(world)

    assert [] == world.leases.held()


def test_a_run_by_hand_counts_as_tuned(world: World) -> None:
    """What somebody measured with the same settings is not measured again."""
    world.begin(powerValues=[512, 128], payload={"size": 3}, autoOptimize=True)
    begun = world.history.begun("run-1")

    assert begun
    assert begun.origin
    same = replace(PROFILE, run_input={**PROFILE.run_input, "powerValues": [512, 128]})
    assert same.settings == begun.origin.settings
