"""Policies: who says what becomes of a decision."""

from dataclasses import replace

import pytest

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

    assert policy == Policy.from_dict(policy.to_dict())


def test_an_unknown_mode_is_refused() -> None:
    """By name."""
    with pytest.raises(InvalidInput, match="apply: 'always' is not accepted"):
        Policy("always")
