"""Profiles: who is enrolled, by whom, and with what."""

from typing import Any

import pytest
from msgspec import convert, to_builtins

from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import BY_TAG, Profile, profile_from_tags, settings_of
from power_tuner.errors import InvalidInput

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


@pytest.mark.parametrize("value", ["on", "ON ", "true", "yes", "1"])
def test_a_tag_enrols_with_defaults(value: str) -> None:
    """What becomes of the result is left to the stack."""
    assert Profile(ARN, enrolled_by=BY_TAG) == profile_from_tags(ARN, {"power-tuning": value, "team": "images"})
    assert Policy(apply=None) == Profile(ARN).policy


@pytest.mark.parametrize("tags", [{}, {"power-tuning": "off"}, {"power-tuning": ""}, {"power-tuning:num": "5"}])
def test_other_tags_enrol_nobody(tags: dict[str, str]) -> None:
    """Who says off, or only how."""
    assert profile_from_tags(ARN, tags) is None


def test_tags_refine() -> None:
    """Each of them, as a template writes it: as text."""
    tags = {"strategy": "speed", "num": "20", "apply": "alias", "alias": "live", "parameter": "/p", "cool-down": "60"}
    refined = {"power-tuning": "on", **{f"power-tuning:{name}": value for name, value in tags.items()}}

    assert Profile(
        ARN,
        {"strategy": "speed", "num": "20"},
        Policy("alias", alias="live", parameter="/p"),
        cool_down_s=60,
        enrolled_by=BY_TAG,
    ) == profile_from_tags(ARN, refined)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("strategy", "fastest", "strategy: 'fastest' is not accepted"),
        ("num", "many", "num: 'many' is not accepted"),
        ("apply", "always", "apply: 'always' is not accepted"),
        ("apply", "alias", "alias: nothing was given. Allowed: the name of an alias"),
        (
            "stratgy",
            "speed",
            "power-tuning:stratgy: 'speed' is not accepted. Allowed: did you mean power-tuning:strategy?",
        ),
        ("Num", "5", "power-tuning:Num: '5' is not accepted. Allowed: did you mean power-tuning:num?"),
        ("", "x", "power-tuning:: 'x' is not accepted. Allowed: one of power-tuning:strategy, power-tuning:num, "),
        ("cool-down", "1 h", "power-tuning:cool-down: '1 h' is not accepted. Allowed: a whole number of seconds"),
    ],
)
def test_a_wrong_tag_is_named(name: str, value: str, told: str) -> None:
    """With its value and what is allowed: the skip in the history says it."""
    with pytest.raises(InvalidInput) as caught:
        profile_from_tags(ARN, {"power-tuning": "on", f"power-tuning:{name}": value})

    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"run_input": {"dryRun": True}},
            "dryRun: True is not accepted. Allowed: nothing: a profile's policy says it.",
        ),
        ({"run_input": {"lambdaARN": ARN}}, f"lambdaARN: {ARN!r} is not accepted. Allowed: nothing"),
        ({"run_input": {"autoOptimize": False}}, "autoOptimize: False is not accepted. Allowed: nothing"),
        ({"run_input": {"autoOptimizeAlias": "live"}}, "autoOptimizeAlias: 'live' is not accepted. Allowed: nothing"),
        ({"run_input": {"num": 0}}, "num: 0 is not accepted"),
        ({"target_arn": "not a name"}, "lambdaARN: 'not a name' is not accepted"),
        ({"cool_down_s": -1}, "coolDownSeconds: -1 is not accepted. Allowed: a number from 0 to 2592000."),
        ({"cool_down_s": 2_592_001}, "coolDownSeconds: 2592001 is not accepted"),
        ({"drift_mode": "guess"}, "driftMode: 'guess' is not accepted. Allowed: read, measure."),
        (
            {"drift_threshold": 1.0},
            "driftThreshold: 1.0 is not accepted. Allowed: a share between 0 and 1: 0.15 is 15 %.",
        ),
        ({"drift_threshold": 0.0}, "driftThreshold: 0.0 is not accepted"),
    ],
)
def test_a_wrong_profile_is_refused(fields: dict[str, object], told: str) -> None:
    """The field, the value, what is allowed."""
    with pytest.raises(InvalidInput) as caught:
        Profile(**{"target_arn": ARN, **fields})  # type: ignore[arg-type]

    assert str(caught.value).startswith(told)


def test_a_profile_comes_back_from_its_json() -> None:
    """As it went."""
    profile = Profile(ARN, {"num": 5}, Policy(minimum_gain=0.1), 0, "measure", 0.3, BY_TAG)

    assert profile == convert(to_builtins(profile), Profile)


@pytest.mark.parametrize(
    "wanted",
    [{"cool_down_s": 0}, {"cool_down_s": 2_592_000}, {"drift_threshold": 0.001}, {"drift_threshold": 0.999}],
)
def test_a_profile_may_go_to_its_limits(wanted: dict[str, Any]) -> None:
    """Up to thirty days, and any share that is one."""
    profile = Profile(ARN, **wanted)

    assert profile == convert(to_builtins(profile), Profile)


def test_a_profile_has_defaults() -> None:
    """Five minutes, production's own invocations, 15 %; also where an older document says nothing."""
    profile = Profile(ARN)

    assert (300, "read", 0.15, "profile") == (
        profile.cool_down_s,
        profile.drift_mode,
        profile.drift_threshold,
        profile.enrolled_by,
    )
    assert profile == convert({"targetArn": ARN}, Profile)


def test_a_profile_is_stored_under_the_names_that_people_write() -> None:
    """As the schema has them."""
    stored = {
        "targetArn": ARN,
        "input": {"num": 7},
        "policy": to_builtins(Policy("latest")),
        "coolDownSeconds": 77,
        "driftMode": "measure",
        "driftThreshold": 0.23,
        "enrolledBy": "tag",
    }

    assert stored == to_builtins(Profile(ARN, {"num": 7}, Policy("latest"), 77, "measure", 0.23, "tag"))


def test_the_full_input_names_the_function() -> None:
    """As a person would write it."""
    assert {"lambdaARN": ARN, "num": 7, "strategy": "speed"} == Profile(
        ARN, {"num": 7, "strategy": "speed"}
    ).full_input()


@pytest.mark.parametrize(
    "more",
    [
        {"includeOutputResults": True},
        {"disablePayloadLogs": True},
        {"lambdaARN": ARN},
        {"autoOptimize": True},
        {"autoOptimizeAlias": "live"},
        {"dryRun": True},
        {"payload": None},
    ],
)
def test_what_decides_nothing_is_no_setting(more: dict[str, Any]) -> None:
    """Neither is what is left open, nor the order in which it is written."""
    assert settings_of({"num": 7, "strategy": "speed"}) == settings_of({"strategy": "speed", **more, "num": 7})


@pytest.mark.parametrize("more", [{"num": 8}, {"payload": {"size": 3}}, {"powerValues": [128]}, {"strategy": "cost"}])
def test_what_decides_is_a_setting(more: dict[str, Any]) -> None:
    """The digest is short enough for an item, and that of the input alone."""
    wanted = {"num": 7, "strategy": "speed"}

    assert settings_of(wanted) != settings_of({**wanted, **more})
    assert (16, settings_of(wanted)) == (len(settings_of(wanted)), Profile(ARN, wanted).settings)


def test_who_enrolled_is_told() -> None:
    """A person or the function's tags."""
    tagged = profile_from_tags(ARN, {"power-tuning": "on", "power-tuning:num": "7"})
    assert tagged

    assert ("tag", {"num": "7"}) == (tagged.enrolled_by, tagged.run_input)


def test_a_tag_may_leave_the_cool_down_open() -> None:
    """Empty is as good as absent; what is said counts in seconds."""
    tags = {"power-tuning": "true", "power-tuning:cool-down": "", "power-tuning:num": ""}

    assert Profile(ARN, enrolled_by=BY_TAG) == profile_from_tags(ARN, tags)


@pytest.mark.parametrize("asked", ["ssm", "alias", "latest"])
def test_tags_ask_for_no_more_than_the_stack_allows(asked: str) -> None:
    """Whoever may tag a function may not be who may change it: the refusal says what is allowed, and by what."""
    tags = {"power-tuning": "on", "power-tuning:apply": asked, "power-tuning:alias": "live"}
    with pytest.raises(InvalidInput) as caught:
        profile_from_tags(ARN, tags, ("never", "propose"))

    assert caught.value.field == "power-tuning:apply"
    assert caught.value.allowed == (
        "never, propose, as the stack's parameter tagApplyModes says; enrol the function for more"
    )


def test_tags_may_ask_for_what_the_stack_allows() -> None:
    """Its parameter names the modes."""
    tags = {"power-tuning": "on", "power-tuning:apply": "alias", "power-tuning:alias": "live"}
    profile = profile_from_tags(ARN, tags, ("never", "propose", "alias"))

    assert profile
    assert profile.policy == Policy("alias", alias="live")
