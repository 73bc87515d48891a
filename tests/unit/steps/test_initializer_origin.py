"""Beginning: what started a run, and what becomes of its decision."""

from typing import Any

import pytest
from msgspec import to_builtins

from fake_lambda import TARGET_ARN
from power_tuner.automation.policy import Policy, StackPolicy
from power_tuner.automation.profile import Profile, settings_of
from power_tuner.automation.trigger import Origin
from power_tuner.errors import InvalidInput, TargetBusy, TargetStillBusy
from world import RUN_ID, World


@pytest.mark.parametrize(
    ("said", "apply", "automatic"),
    [
        ({}, "latest", True),
        ({"autoOptimize": False}, "never", False),
        ({"autoOptimize": True, "autoOptimizeAlias": "prod"}, "alias", True),
        ({"autoOptimize": True, "autoOptimizeAlias": "prod", "autoOptimizeCanary": True}, "canary", True),
        ({"dryRun": True}, "never", False),
    ],
)
def test_the_stack_says_what_becomes_of_the_decision(
    world: World, said: dict[str, Any], apply: str, *, automatic: bool
) -> None:
    """Where the run itself is silent; the plan, the origin and the event agree."""
    world.stack_policy = StackPolicy(apply="latest")

    event = world.tune(**said)["event"]

    begun = world.history.begun(RUN_ID)
    assert begun
    assert (apply, automatic) == (event["policy"]["apply"], event["autoOptimize"])
    assert begun.origin
    assert event["policy"] == to_builtins(begun.origin.policy)


@pytest.mark.parametrize(
    ("wanted", "automatic", "alias"),
    [
        ({}, True, "stable"),
        ({"autoOptimize": True}, True, None),
        ({"autoOptimize": True, "autoOptimizeAlias": "prod"}, True, "prod"),
        ({"autoOptimize": False, "autoOptimizeAlias": "prod"}, False, None),
        ({"dryRun": True}, False, None),
    ],
)
def test_the_plan_knows_the_alias_only_if_one_is_moved(
    world: World,
    wanted: dict[str, Any],
    automatic: bool,  # noqa: FBT001
    alias: str | None,
) -> None:
    """That of the run, or that of the stack where the run is silent."""
    world.stack_policy = StackPolicy(apply="alias", alias="stable")
    world.begin(**wanted)

    planned = world.documents.plan(RUN_ID).run_input
    assert (automatic, alias) == (planned.auto_optimize, planned.auto_optimize_alias)


def test_a_profile_that_proposes_moves_no_alias(world: World) -> None:
    """Though it names one."""
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}, Policy(apply="propose", alias="prod")))
    world.begin_raw({"trigger": "schedule", "lambdaARN": TARGET_ARN, "codeSha256": "code-1"})

    planned = world.documents.plan(RUN_ID).run_input
    assert (True, None) == (planned.auto_optimize, planned.auto_optimize_alias)


def test_a_run_notes_where_it_comes_from(world: World) -> None:
    """What started it, the digest of what it measures, and what becomes of its decision."""
    world.begin()
    begun = world.history.begun(RUN_ID)

    assert begun
    assert (
        Origin(
            trigger="direct",
            settings=settings_of({"num": 5, "powerValues": [128, 512, 1024]}),
            policy=Policy(apply="never"),
        )
        == begun.origin
    )


@pytest.mark.parametrize(
    ("comment", "kept"),
    [("nightly", "nightly"), ({"by": "me"}, '{"by": "me"}'), ("x" * 5000, "x" * 1000), (None, None)],
)
def test_a_run_notes_what_its_input_says_of_itself(world: World, comment: object, kept: str | None) -> None:
    """Who started it and a comment of any kind, shortened; neither changes what its settings are."""
    parent = "arn:aws:states:eu-west-1:123456789012:execution:nightly:7"
    world.begin(Comment=comment, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID=parent)
    begun = world.history.begun(RUN_ID)

    assert begun
    assert begun.origin
    assert (parent, kept) == (begun.origin.started_by, begun.origin.comment)
    assert settings_of({"num": 5, "powerValues": [128, 512, 1024]}) == begun.origin.settings


def test_what_is_empty_is_no_setting() -> None:
    """Empty fields measure what absent ones do."""

    assert settings_of({"num": 5}) == settings_of({"num": 5, "strategy": "", "powerValues": [], "payload": None})


def test_a_dry_run_measures_no_settings(world: World) -> None:
    """It decides nothing, so the next deployment is not known to be tuned by it."""
    world.begin(dryRun=True)
    begun = world.history.begun(RUN_ID)

    assert begun
    assert begun.origin
    assert begun.origin.settings is None


@pytest.mark.parametrize("kind", ["deployment", "schedule", "drift"])
def test_a_triggered_run_notes_its_profile(world: World, kind: str) -> None:
    """It measures what the profile says, and does what the profile's policy says."""
    policy = Policy(apply="latest", minimum_gain=0.125)
    profile = Profile(TARGET_ARN, {"num": 7, "powerValues": [256, 3008]}, policy)
    world.profiles.put(profile)
    world.begin_raw({"trigger": kind, "lambdaARN": TARGET_ARN, "codeSha256": "code-1"})

    planned = world.documents.plan(RUN_ID).run_input
    begun = world.history.begun(RUN_ID)
    assert begun
    assert Origin(trigger=kind, settings=profile.settings, policy=policy) == begun.origin
    assert (7, (256, 3008), True) == (planned.num, planned.memories_mb, planned.auto_optimize)


def test_a_trigger_without_a_profile_is_refused(world: World) -> None:
    """Who took the function out meanwhile is told what brings it back."""
    with pytest.raises(InvalidInput) as caught:
        world.begin_raw({"trigger": "schedule", "lambdaARN": TARGET_ARN})

    assert ("lambdaARN", TARGET_ARN) == (caught.value.field, caught.value.value)
    assert "an enrolled function; its enrolment was deleted meanwhile (power-tuner enroll restores it)" == (
        caught.value.allowed
    )


@pytest.mark.parametrize(("trigger", "error"), [(None, TargetBusy), ("schedule", TargetStillBusy)])
def test_only_who_started_by_hand_is_told_at_once(world: World, trigger: str | None, error: type[TargetBusy]) -> None:
    """A run that nobody started by hand waits for the one that holds the target: its error has another name."""
    world.profiles.put(Profile(TARGET_ARN, {"num": 5}))
    world.begin("run-0")
    with pytest.raises(TargetBusy, match="is being tuned by run run-0") as caught:
        world.begin_raw({"lambdaARN": TARGET_ARN, **({"trigger": trigger} if trigger else {"num": 5})})

    assert error is type(caught.value)


def test_a_decision_that_the_stack_applies_overrides_no_owner(world: World) -> None:
    """Only who asks for one function to be changed may change what infrastructure as code owns."""
    world.stack_policy = StackPolicy(apply="latest")
    world.target.tags |= {"aws:cloudformation:stack-name": "thumbnails"}

    applied = world.optimize(world.tune(strategy="cost", powerValues=[128])["event"])

    assert (False, 1024) == (applied["applied"], world.memory_mb)
    assert applied["reason"].startswith("the CloudFormation stack thumbnails owns the function")


def test_a_comment_is_kept_as_utf_8(world: World) -> None:
    """Half of a character, which JSON can hold, is no UTF-8: DynamoDB would refuse the whole item."""
    world.begin(Comment="by hand \ud800")

    begun = world.history.begun(RUN_ID)

    assert begun is not None
    assert begun.origin is not None
    assert begun.origin.comment == "by hand ?"
