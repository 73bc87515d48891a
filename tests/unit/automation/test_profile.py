"""Profiles: who is enrolled, by whom, and with what."""

import pytest

from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import BY_TAG, Profile, profile_from_tags
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
        ("apply", "alias", "alias: None is not accepted"),
        ("cool-down", "1 h", "power-tuning:cool-down: '1 h' is not accepted. Allowed: a whole number of seconds"),
    ],
)
def test_a_wrong_tag_is_named(name: str, value: str, told: str) -> None:
    """With its value and what is allowed: the skip in the history says it."""
    with pytest.raises(InvalidInput) as caught:
        profile_from_tags(ARN, {"power-tuning": "on", f"power-tuning:{name}": value})

    assert str(caught.value).startswith(told)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"run_input": {"dryRun": True}}, "dryRun: True is not accepted. Allowed: nothing: a profile's policy says it"),
        ({"cool_down_s": -1}, "coolDownSeconds: -1 is not accepted"),
        ({"drift_mode": "guess"}, "driftMode: 'guess' is not accepted. Allowed: read, measure"),
        ({"drift_threshold": 1.0}, "driftThreshold: 1.0 is not accepted"),
    ],
)
def test_a_wrong_profile_is_refused(wanted: dict[str, object], told: str) -> None:
    """The field, the value, what is allowed."""
    with pytest.raises(InvalidInput) as caught:
        Profile(ARN, **wanted)  # type: ignore[arg-type]

    assert str(caught.value).startswith(told)


def test_a_profile_comes_back_from_its_json() -> None:
    """As it went."""
    profile = Profile(ARN, {"num": 5}, Policy(minimum_gain=0.1), 0, "measure", 0.3, BY_TAG)

    assert profile == Profile.from_dict(profile.to_dict())
