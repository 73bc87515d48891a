"""Enrolment: a target's stored input and policy, from a person or from the function's tags."""

import hashlib
import json
from collections.abc import Collection, Mapping
from difflib import get_close_matches

from msgspec import MsgspecError, Struct, convert, field

from power_tuner.automation.policy import APPLY_MODES, Policy
from power_tuner.errors import InvalidInput
from power_tuner.tuning.run_input import FIELDS
from power_tuner.tuning.run_input_parser import given_fields, parse_run_input

BY_PROFILE, BY_TAG = "profile", "tag"
READ, MEASURE = "read", "measure"
DRIFT_MODES = (READ, MEASURE)
DEFAULT_COOL_DOWN_S = 300
MAX_COOL_DOWN_S = 30 * 86_400
DEFAULT_DRIFT_THRESHOLD = 0.15

ENROLLING_TAG = "power-tuning"
_REFINING_TAGS = ("strategy", "num", "apply", "alias", "parameter", "cool-down")
_ENROLLED = frozenset({"on", "true", "yes", "1"})
# Fields that the profile's policy or its target replaces.
_NOT_IN_A_PROFILE = frozenset(name for name, field in FIELDS.items() if not field.in_profile)
# What does not change what is measured or decided.
_NOT_A_SETTING = _NOT_IN_A_PROFILE | {name for name, field in FIELDS.items() if not field.is_setting}


class Profile(Struct, frozen=True, rename="camel"):
    """One enrolled target.

    Attributes:
        target_arn: unqualified.
        run_input: the input of its runs, without the function and without the fields of the policy.
        cool_down_s: how long after the start of a run no deployment starts another.
        drift_mode: ``read`` what production measured, or ``measure`` by invoking.
        drift_threshold: the change of the mean duration that matters, as a share.
        enrolled_by: ``profile`` or ``tag``.
    """

    target_arn: str
    run_input: Mapping[str, object] = field(name="input", default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    cool_down_s: int = field(name="coolDownSeconds", default=DEFAULT_COOL_DOWN_S)
    drift_mode: str = READ
    drift_threshold: float = DEFAULT_DRIFT_THRESHOLD
    enrolled_by: str = BY_PROFILE

    def __post_init__(self) -> None:
        for name in _NOT_IN_A_PROFILE & self.run_input.keys():
            raise InvalidInput(field=name, value=self.run_input[name], allowed="nothing: a profile's policy says it")
        parse_run_input({"lambdaARN": self.target_arn, **self.run_input}, (128,))
        if not 0 <= self.cool_down_s <= MAX_COOL_DOWN_S:
            raise InvalidInput(
                field="coolDownSeconds", value=self.cool_down_s, allowed=f"a number from 0 to {MAX_COOL_DOWN_S}"
            )
        if self.drift_mode not in DRIFT_MODES:
            raise InvalidInput(field="driftMode", value=self.drift_mode, allowed=", ".join(DRIFT_MODES))
        if not 0 < self.drift_threshold < 1:
            raise InvalidInput(
                field="driftThreshold", value=self.drift_threshold, allowed="a share between 0 and 1: 0.15 is 15 %"
            )

    @property
    def settings(self) -> str:
        """Return the digest of everything that affects what a run measures and decides."""
        return settings_of(self.run_input)

    def full_input(self) -> dict[str, object]:
        """Return the complete input of a run of this profile."""
        return {"lambdaARN": self.target_arn, **self.run_input}


def read_profile(target_arn: str, text: object) -> Profile:
    """Return the profile that is kept as JSON under the key of a target.

    Raises:
        InvalidInput: it cannot be read, or is of another target.
    """
    try:
        profile = convert(json.loads(str(text)), Profile)
    except (ValueError, RecursionError, MsgspecError, InvalidInput):
        raise _damaged(target_arn, "one that can be read") from None
    if profile.target_arn != target_arn:
        raise _damaged(target_arn, "one of this function")
    return profile


def _damaged(target_arn: str, allowed: str) -> InvalidInput:
    return InvalidInput(field="profile", value=target_arn, allowed=f"{allowed}; enrol the function again")


def profile_from_tags(target_arn: str, tags: Mapping[str, str], modes: Collection[str] = APPLY_MODES) -> Profile | None:
    """Return the profile that a function's tags describe, None if they do not enrol it.

    ``power-tuning=on`` enrols; ``power-tuning:strategy``, ``:num``, ``:apply``, ``:alias``, ``:parameter`` and
    ``:cool-down`` (seconds) refine.

    Args:
        target_arn: unqualified.
        tags: of the function.
        modes: what tags may ask for. Whoever may tag a function may not be who may change it.

    Raises:
        InvalidInput: names the tag, its value and what is allowed.
    """
    if tags.get(ENROLLING_TAG, "").strip().lower() not in _ENROLLED:
        return None

    for name, value in tags.items():
        prefix, colon, refined = name.partition(":")
        if prefix == ENROLLING_TAG and colon and refined not in _REFINING_TAGS:
            close = get_close_matches(refined.lower(), _REFINING_TAGS, n=1)
            hint = f"did you mean {ENROLLING_TAG}:{close[0]}? The tags are " if close else "one of "
            known = ", ".join(f"{ENROLLING_TAG}:{each}" for each in _REFINING_TAGS)
            raise InvalidInput(field=name, value=value, allowed=hint + known)

    def tag(name: str) -> str | None:
        return tags.get(f"{ENROLLING_TAG}:{name}")

    run_input = {name: value for name, value in {"strategy": tag("strategy"), "num": tag("num")}.items() if value}
    apply = tag("apply")
    if apply in APPLY_MODES and apply not in modes:
        allowed = f"{', '.join(modes)}, as the stack's parameter tagApplyModes says; enrol the function for more"
        raise InvalidInput(field=f"{ENROLLING_TAG}:apply", value=apply, allowed=allowed)
    cool_down = tag("cool-down") or str(DEFAULT_COOL_DOWN_S)
    if not cool_down.isdecimal():
        raise InvalidInput(field=f"{ENROLLING_TAG}:cool-down", value=cool_down, allowed="a whole number of seconds")
    return Profile(
        target_arn=target_arn,
        run_input=run_input,
        policy=Policy(apply=apply, alias=tag("alias"), parameter=tag("parameter")),
        cool_down_s=int(cool_down),
        enrolled_by=BY_TAG,
    )


def settings_of(run_input: Mapping[str, object]) -> str:
    """Return the digest of the fields of an input that affect what is measured and decided."""
    settings = {name: value for name, value in given_fields(run_input).items() if name not in _NOT_A_SETTING}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
