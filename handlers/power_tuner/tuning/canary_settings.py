"""How a canary proceeds: the shares of an alias's calls that a new version gets, and what is looked for."""

from collections.abc import Mapping

from msgspec import Struct

from power_tuner.errors import InvalidInput
from power_tuner.tuning import field_kinds as kinds

MAX_STAGES = 10
MAX_HOURS = 168
# A larger share would make the version on trial the one that production relies on.
MAX_WEIGHT = 0.5
_WEIGHT = kinds.Number(0, MAX_WEIGHT, above=True)
_KINDS: Mapping[str, kinds.Number | kinds.WholeNumber] = {
    "paceSeconds": kinds.WholeNumber(1, 86_400),
    "minimalCalls": kinds.WholeNumber(1, 1_000_000),
    "slowdown": kinds.Number(0.01, 1),
    "errorRise": kinds.Number(0.001, 0.5),
    "hours": kinds.Number(0, MAX_HOURS, above=True),
}
_WIRE_NAMES = {"pace_s": "paceSeconds", "minimal_calls": "minimalCalls", "error_rise": "errorRise"}
_ATTRIBUTES = {wire: attribute for attribute, wire in _WIRE_NAMES.items()}


class CanarySettings(Struct, frozen=True, kw_only=True, rename=_WIRE_NAMES):
    """How a canary proceeds.

    Attributes:
        weights: the share of the alias's calls at each stage; it never gets more before it is proven.
        pace_s: how long a stage lasts at least.
        minimal_calls: how many calls of the new version a stage needs at least.
        slowdown: the change of the duration that must be found, and excluded before all calls go there: 0.1 is 10 %.
        error_rise: the same for the share of failed calls: 0.01 is one more of a hundred.
        hours: when it ends, if it is not proven until then.
    """

    weights: tuple[float, ...] = (0.05, 0.25, 0.5)
    pace_s: int = 300
    minimal_calls: int = 50
    slowdown: float = 0.1
    error_rise: float = 0.01
    hours: float = 24.0


def read_canary(name: str, given: object) -> CanarySettings | None:
    """Read whether somebody wants a canary, and how it shall proceed; None if nobody does.

    Raises:
        InvalidInput: names what is wrong with which of the settings.
    """
    if given is None or given is False:
        return None
    return CanarySettings() if given is True else read_canary_settings(name, given)


def read_canary_settings(name: str, given: object) -> CanarySettings:
    """Read the settings that somebody gave for the field of this name.

    Raises:
        InvalidInput: names what is wrong with which of them.
    """
    if not isinstance(given, Mapping):
        raise InvalidInput(field=name, value=given, allowed=f"true, or an object with {', '.join(_names())}")
    for each in given.keys() - set(_names()):
        raise InvalidInput(field=f"{name}.{each}", value=given[each], allowed=f"nothing but {', '.join(_names())}")
    read = {
        _ATTRIBUTES.get(each, each): kind.read(f"{name}.{each}", given[each])
        for each, kind in _KINDS.items()
        if each in given
    }
    weights = _read_weights(f"{name}.weights", given["weights"]) if "weights" in given else CanarySettings().weights
    return CanarySettings(weights=weights, **read)  # type: ignore[arg-type]  # as the kinds read them


def _read_weights(name: str, given: object) -> tuple[float, ...]:
    listed = given if isinstance(given, list | tuple) else []
    weights = [_WEIGHT.read(name, each) for each in listed]
    if not 1 <= len(weights) <= MAX_STAGES or weights != sorted(set(weights)):
        allowed = f"a list of up to {MAX_STAGES} shares from above 0 to {MAX_WEIGHT}, each larger than the one before"
        raise InvalidInput(field=name, value=given, allowed=allowed)
    return tuple(weights)


def _names() -> tuple[str, ...]:
    return ("weights", *_KINDS)
