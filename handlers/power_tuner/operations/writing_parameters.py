"""Write a decision to a parameter that infrastructure as code reads."""

from typing import TYPE_CHECKING

from power_tuner.automation.completion import Decided
from power_tuner.errors import NotApplied
from power_tuner.lambda_limits import MAX_MEMORY_MB, MIN_MEMORY_MB
from power_tuner.ports import ParameterRefused
from power_tuner.tuning.applied import Applied, AppliedToParameter

if TYPE_CHECKING:
    from power_tuner.app import App


def write_parameter(app: "App", decided: Decided, name: str, begun: Applied) -> Applied:
    """Write a decision to a parameter, and note before what it held.

    Raises:
        NotApplied: it holds something else than a memory size, or may not be used.
    """
    value = str(decided.memory_mb)
    try:
        previous = app.parameters.get(name)
        if previous is not None and not _is_memory(previous):
            raise NotApplied(f"the parameter {name} holds something else than a memory size: it is left as it is")
        if isinstance(begun, AppliedToParameter) and previous == value:
            previous = begun.previous_value
        doing = begun.to_parameter(name, previous)
        app.history.note_applying(decided.run.key, doing)
        app.parameters.put(name, value)
    except ParameterRefused as error:
        raise NotApplied(str(error)) from error
    return doing


def _is_memory(value: str) -> bool:
    """Return whether a parameter's value is a memory size in MB."""
    return value.isascii() and value.isdecimal() and MIN_MEMORY_MB <= int(value) <= MAX_MEMORY_MB
