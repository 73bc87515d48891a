"""Take back what was applied of a decision; what somebody changed since is left."""

from typing import TYPE_CHECKING

from power_tuner.errors import NotApplied
from power_tuner.operations.setting_memory import give_back
from power_tuner.operations.settling import settled
from power_tuner.ports import FunctionNotFound
from power_tuner.tuning.applied import (
    Applied,
    AppliedToAlias,
    AppliedToParameter,
    MemoryRestored,
    ParameterRestored,
    RolledBack,
)

if TYPE_CHECKING:
    from power_tuner.app import App


def take_back(app: "App", target_arn: str, applied: Applied) -> RolledBack:
    """Restore what was there before a decision was applied, also when that was not finished.

    Raises:
        NotApplied: what was applied is not there any more.
    """
    if isinstance(applied, AppliedToParameter):
        return _take_back_parameter(app, applied)
    memory_mb = applied.from_memory_mb
    try:
        current = settled(app, target_arn)
    except FunctionNotFound as error:
        raise NotApplied(str(error)) from error
    # What a first attempt has restored already is fine.
    if current.memory_mb not in {applied.to_memory_mb, memory_mb}:
        raise NotApplied(
            f"{target_arn} has {current.memory_mb} MB now, not the {applied.to_memory_mb} MB that were applied: "
            "somebody changed it since, and it is left as it is"
        )
    alias = applied.alias if isinstance(applied, AppliedToAlias) else None
    if isinstance(applied, AppliedToAlias):
        _take_back_alias(app, target_arn, applied)
    give_back(app, target_arn, applied.to_memory_mb, memory_mb)
    return MemoryRestored(memory_mb=memory_mb, alias=alias)


def _take_back_alias(app: "App", target_arn: str, applied: AppliedToAlias) -> None:
    alias, version, previous = applied.alias, applied.version, applied.previous_version
    found = app.functions.alias(target_arn, alias)
    points_to = found.version if found else None
    if points_to not in {version, previous}:
        raise NotApplied(f"{target_arn}:{alias} points to version {points_to} now, not to {version}: it is left")
    if found and found.is_weighted:
        raise NotApplied(f"{target_arn}:{alias} sends a share of the calls to a second version: it is left")
    if previous is None:
        app.functions.delete_alias(target_arn, alias)
    elif points_to != previous:
        app.functions.move_alias(target_arn, alias, previous, found)


def _take_back_parameter(app: "App", applied: AppliedToParameter) -> ParameterRestored:
    name, previous = applied.parameter, applied.previous_value
    value = app.parameters.get(name)
    # What a first attempt has restored already is fine.
    if value not in {str(applied.to_memory_mb), previous}:
        raise NotApplied(f"the parameter {name} is {value} now, not {applied.to_memory_mb}: it is left")
    if previous is None:
        app.parameters.delete(name)
    elif value != previous:
        app.parameters.put(name, previous)
    return ParameterRestored(parameter=name, value=previous)
