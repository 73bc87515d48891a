"""What somebody asks for who applies a run's decision by hand: where to, not what."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UNSET

from power_tuner.automation.completion import checked_run_id
from power_tuner.automation.policy import ALIAS, CANARY, LATEST, SSM, Policy
from power_tuner.errors import InvalidInput
from power_tuner.tuning.applied import Applied, AppliedToAlias, AppliedToParameter
from power_tuner.tuning.canary_settings import read_canary

_FIELDS = frozenset({"apply", "alias", "parameter", "dryRun", "canary"})


@dataclass(frozen=True, slots=True)
class ByHand:
    """A decision to apply.

    Attributes:
        run_id: whose decision.
        policy: where it is applied; a person who names a function may change it, whoever owns it.
        dry_run: only tell what would be done.
    """

    run_id: str
    policy: Policy
    dry_run: bool


def read_by_hand(event: Mapping[str, object]) -> ByHand:
    """Return what is asked for.

    Raises:
        InvalidInput: a field is unknown or of another type, or both an alias and a parameter are named.
    """
    for name in event.keys() - _FIELDS:
        raise InvalidInput(field=name, value=event[name], allowed=f"nothing but {', '.join(sorted(_FIELDS))}")
    alias, parameter, dry_run = _name(event, "alias"), _name(event, "parameter"), event.get("dryRun", False)
    if alias and parameter:
        raise InvalidInput(field="parameter", value=parameter, allowed="nothing: an alias is named already")
    if not isinstance(dry_run, bool):
        raise InvalidInput(field="dryRun", value=dry_run, allowed="true or false")
    canary = read_canary("canary", event.get("canary", False))
    if canary and not alias:
        raise InvalidInput(field="canary", value=event["canary"], allowed="nothing without an alias")
    apply = CANARY if canary else ALIAS if alias else SSM if parameter else LATEST
    policy = Policy(apply=apply, alias=alias, parameter=parameter, override_owner=True, canary=canary or UNSET)
    return ByHand(checked_run_id("apply", event["apply"]), policy, dry_run)


def begun_alike(begun: Applied | None, policy: Policy) -> Applied | None:
    """Return what was begun before, if it was the same that is asked for now; else None."""
    if begun is None or begun.mode != policy.apply:
        return None
    if isinstance(begun, AppliedToAlias) and begun.alias != policy.alias:
        return None
    if isinstance(begun, AppliedToParameter) and begun.parameter != policy.parameter:
        return None
    return begun


def _name(event: Mapping[str, object], field: str) -> str | None:
    value = event.get(field)
    if value is not None and (not isinstance(value, str) or not value):
        raise InvalidInput(field=field, value=value, allowed="a name")
    return value
