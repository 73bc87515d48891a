"""Policies: who says what becomes of a decision."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import convert, to_builtins

from power_tuner.automation.policy import APPLY_MODES, Policy, StackPolicy
from power_tuner.errors import InvalidInput

STACK = StackPolicy(apply="latest", alias="live", parameter_prefix="/power-tuner/")


@pytest.mark.parametrize(
    ("apply", "alias", "parameter"),
    [
        ("never", None, None),
        ("propose", None, None),
        ("latest", None, None),
        ("alias", "live", None),
        ("ssm", None, "/power-tuner/thumbnailer"),
    ],
)
def test_the_stack_says_it_where_nobody_else_does(apply: str, alias: str | None, parameter: str | None) -> None:
    """The alias is the stack's, the parameter is named after the function; the rest of the policy stays."""
    silent = Policy(minimum_gain=0.05)

    completed = replace(STACK, apply=apply).complete(silent, "thumbnailer")

    assert Policy(apply, alias, parameter, minimum_gain=0.05) == completed


@pytest.mark.parametrize("policy", [Policy("never"), Policy("alias", alias="prod"), Policy("ssm", parameter="/p")])
def test_the_stack_overrules_nobody(policy: Policy) -> None:
    """Never included."""
    assert policy == STACK.complete(policy, "thumbnailer")


def test_who_names_an_alias_gets_that() -> None:
    """A policy may say where, and leave it to the stack whether."""
    assert "prod" == replace(STACK, apply="alias").complete(Policy(alias="prod"), "thumbnailer").alias


@pytest.mark.parametrize(
    ("auto_optimize", "apply", "overrides"), [(None, None, False), (False, "never", False), (True, "latest", True)]
)
def test_a_run_by_hand_may_be_silent(*, auto_optimize: bool | None, apply: str | None, overrides: bool) -> None:
    """To say no is an answer, to say nothing is none; only who asks for it overrides the owner."""
    policy = Policy.of_run(auto_optimize=auto_optimize, alias=None)

    assert (apply, overrides) == (policy.apply, policy.override_owner)


@pytest.mark.parametrize("apply", [None, *APPLY_MODES])
def test_a_policy_comes_back_from_its_json(apply: str | None) -> None:
    """Silence too."""
    policy = Policy(apply, alias="live", parameter="/p", minimum_gain=0.1, override_owner=True)

    assert policy == convert(to_builtins(policy), Policy)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"apply": "always"}, "apply: 'always' is not accepted. Allowed: never, latest, alias, canary, ssm, propose."),
        (
            {"apply": "alias", "alias": ""},
            "alias: '' is not accepted. Allowed: the name of an alias; apply alias needs it.",
        ),
        (
            {"apply": "ssm", "parameter": ""},
            "parameter: '' is not accepted. Allowed: the name of an SSM parameter; apply ssm needs it.",
        ),
        ({"minimum_gain": 1.0}, "minimumGain: 1.0 is not accepted. Allowed: a share from 0 to below 1."),
        ({"minimum_gain": -0.01}, "minimumGain: -0.01 is not accepted. Allowed: a share from 0 to below 1."),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused(wanted: dict[str, Any], told: str) -> None:
    """The field, the value, what is allowed."""
    with pytest.raises(InvalidInput) as caught:
        Policy(**wanted)

    assert told == str(caught.value)


@pytest.mark.parametrize("minimum_gain", [0.0, 0.07, 0.99])
def test_any_share_is_a_minimum(minimum_gain: float) -> None:
    """None at all, or nearly everything."""
    assert minimum_gain == Policy(minimum_gain=minimum_gain).minimum_gain


def test_a_policy_says_nothing_by_itself() -> None:
    """Neither does an empty document."""
    assert (None, None, None, 0.0, False) == (
        (silent := Policy()).apply,
        silent.alias,
        silent.parameter,
        silent.minimum_gain,
        silent.override_owner,
    )
    assert silent == convert({}, Policy)


def test_a_policy_is_stored_under_the_names_that_people_write() -> None:
    """As the profile's JSON has them."""
    stored = {"apply": "ssm", "alias": "live", "parameter": "/p", "minimumGain": 0.07, "overrideOwner": True}

    assert stored == to_builtins(Policy("ssm", "live", "/p", 0.07, override_owner=True))


@pytest.mark.parametrize(("alias", "apply"), [(None, "latest"), ("live", "alias")])
def test_a_run_by_hand_says_where(alias: str | None, apply: str) -> None:
    """With an alias it is moved, without one $LATEST is changed."""
    assert Policy(apply, alias=alias, override_owner=True) == Policy.of_run(auto_optimize=True, alias=alias)


@pytest.mark.parametrize(
    ("apply", "automatic"), [(None, False), ("never", False), ("latest", True), ("propose", True), ("ssm", True)]
)
def test_the_optimizer_is_asked_when_there_is_something_to_do(apply: str | None, *, automatic: bool) -> None:
    """To propose is something."""
    assert automatic is Policy(apply, parameter="/p").automatic


def test_a_stack_that_says_nothing_applies_nothing() -> None:
    """Never, no alias, no prefix."""
    assert Policy("never") == StackPolicy().complete(Policy(), "thumbnailer")
    assert ("", "") == (StackPolicy().alias, StackPolicy().parameter_prefix)


def test_who_names_a_parameter_gets_that() -> None:
    """And an alias or parameter that is not what the stack applies stays as it was."""
    policy = Policy(alias="prod", parameter="/mine")

    assert Policy("ssm", "prod", "/mine") == replace(STACK, apply="ssm").complete(policy, "thumbnailer")
    assert Policy("latest", "prod", "/mine") == STACK.complete(policy, "thumbnailer")


@pytest.mark.parametrize(
    ("mode", "allowed"),
    [
        ("measure", {"never"}),
        ("advise", {"never", "propose"}),
        ("apply", set(APPLY_MODES)),
    ],
)
def test_the_mode_of_the_stack_bounds_every_policy(mode: str, allowed: set[str]) -> None:
    """What is beyond it is refused, with the input that asked for it and the mode."""
    stack = StackPolicy(mode=mode)
    for apply in APPLY_MODES:
        policy = Policy(apply, alias="live", parameter="/power-tuner/thumbnailer")
        if apply in allowed:
            stack.require_allowed(policy, "apply")
        else:
            with pytest.raises(InvalidInput, match=f"^apply: '{apply}' is not accepted.*mode={mode}") as refused:
                stack.require_allowed(policy, "apply")
            assert refused.value.field == "apply"


def test_an_unknown_mode_allows_nothing() -> None:
    """A setting that nobody knows is no permission."""
    with pytest.raises(KeyError):
        StackPolicy(mode="everything").require_allowed(Policy("never"), "apply")
