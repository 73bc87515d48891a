"""Definitions that AWS refuses and moto accepts, or refuses in other words.

Source: answers recorded from AWS, and what users of AWS report of them.
"""

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import AWSError

from power_tuner_local.step_functions.intrinsics import is_intrinsic
from power_tuner_local.step_functions.json_texts import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SCHEMA, _TARGET = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ENDS = frozenset({"Succeed", "Fail"})
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector")
_TYPE_NAMES: dict[type, str] = {str: "String", dict: "Object", list: "Array"}
_TYPES: dict[str, type] = {
    "Type": str,
    "Next": str,
    "Default": str,
    "Choices": list,
    "Catch": list,
    "Branches": list,
    "ItemProcessor": dict,
    "Iterator": dict,
}
_REQUIRED = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}


class InvalidDefinition(AWSError):
    """A definition is not one of a state machine."""

    TYPE = "InvalidDefinition"


def check_definition(definition: str) -> None:
    """Refuse a definition that AWS refuses.

    Raises:
        InvalidDefinition: It is refused; the message lists what is wrong, and where.
    """
    try:
        document = read_json(definition)
    except ValueError as error:
        raise _invalid([f"INVALID_JSON_DESCRIPTION: {error}"]) from None
    if not isinstance(document, dict):
        raise _invalid(["INVALID_JSON_DESCRIPTION: The definition is not a JSON object."])
    # a definition of the wrong form has no transitions yet
    if found := list(_form(document, "")) or list(_transitions(document, "")):
        raise _invalid(found)


def _invalid(found: list[str]) -> InvalidDefinition:
    return InvalidDefinition(f"Invalid State Machine Definition: '{', '.join(found)}'")


def _missing(fields: "tuple[str, ...]", document: "Mapping[str, Any]", where: str) -> "Iterator[str]":
    missing = [field for field in fields if field not in document]
    if missing:
        yield f"{_SCHEMA}: These fields are required: [{', '.join(missing)}] at {where or '/'}"


def _other_types(document: "Mapping[str, Any]", types: dict[str, type], where: str) -> "Iterator[str]":
    """Yield the fields whose values are of another type than they should be."""
    for field, expected in types.items():
        if field in document and not isinstance(document[field], expected):
            yield _expected(expected, f"{where}/{field}")


def _entries_that_are_no_objects(state: "Mapping[str, Any]", where: str) -> "Iterator[str]":
    for field in ("Choices", "Catch", "Branches"):
        for index, entry in enumerate(state.get(field, ()) if isinstance(state.get(field), list) else ()):
            if not isinstance(entry, dict):
                yield _expected(dict, f"{where}/{field}[{index}]")


def _expected(expected: type, where: str) -> str:
    return f"{_SCHEMA}: Expected value of type {_TYPE_NAMES[expected]} at {where}"


def _form(machine: "Mapping[str, Any]", where: str) -> "Iterator[str]":
    """Yield what is wrong with the fields of a state machine or of a part with states of its own."""
    yield from _missing(("StartAt", "States"), machine, where)
    yield from _other_types(machine, {"StartAt": str, "States": dict}, where)
    states = machine.get("States")
    for name, state in states.items() if isinstance(states, dict) else ():
        if isinstance(state, dict):
            yield from _state_form(state, f"{where}/States/{name}")
        else:
            yield _expected(dict, f"{where}/States/{name}")


def _state_form(state: "Mapping[str, Any]", where: str) -> "Iterator[str]":
    yield from _missing(("Type", *_REQUIRED.get(str(state.get("Type")), ())), state, where)
    wrong = [*_other_types(state, _TYPES, where), *_entries_that_are_no_objects(state, where)]
    yield from wrong
    if wrong:
        return
    timestamp = state.get("Timestamp")
    if state.get("Type") == "Wait" and timestamp is not None and not _is_timestamp(timestamp):
        yield f"{_SCHEMA}: String does not match RFC3339 timestamp at {where}/Timestamp"
    for field in ("Choices", "Catch"):
        for index, rule in enumerate(state.get(field, ())):
            yield from _missing(("Next",), rule, f"{where}/{field}[{index}]")
            yield from _other_types(rule, {"Next": str}, f"{where}/{field}[{index}]")
    for field in _TEMPLATES:
        yield from _template_form(state.get(field), f"{where}/{field}")
    for part, path in _parts(state, where):
        yield from _form(part, path)


def _template_form(template: Any, where: str) -> "Iterator[str]":
    """Yield the fields of a payload template that should be paths or intrinsic functions, and are not."""
    children = template if isinstance(template, dict) else {}
    for key, value in children.items():
        if key.endswith(".$") and not _is_path_or_intrinsic(value):
            yield (
                f"{_SCHEMA}: The value for the field '{key}' must be a valid JSONPath "
                f"or a valid intrinsic function call at {where}"
            )
        else:
            yield from _template_form(value, f"{where}/{key}")
    for index, value in enumerate(template if isinstance(template, list) else ()):
        yield from _template_form(value, f"{where}[{index}]")


def _is_path_or_intrinsic(value: Any) -> bool:
    return isinstance(value, str) and (value.startswith("$") or is_intrinsic(value))


def _is_timestamp(text: Any) -> bool:
    if not isinstance(text, str) or not _TIMESTAMP.fullmatch(text):
        return False
    try:
        return bool(dt.datetime.fromisoformat(text))
    except ValueError:
        return False


def _parts(state: "Mapping[str, Any]", where: str) -> "Iterator[tuple[Mapping[str, Any], str]]":
    """Yield the parts of a state that have states of their own, and where they are."""
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield state[field], f"{where}/{field}"
    for index, branch in enumerate(state.get("Branches", ())):
        yield branch, f"{where}/Branches[{index}]"


def _transitions(machine: "Mapping[str, Any]", where: str) -> "Iterator[str]":
    """Yield transitions to states that do not exist, then states that none leads to."""
    states: Mapping[str, Any] = machine["States"]
    targets = {f"{where}/StartAt": machine["StartAt"]}
    for name, state in states.items():
        targets |= dict(_targets(state, f"{where}/States/{name}"))
    for path, target in targets.items():
        if target not in states:
            yield f"{_TARGET}: Missing 'Next' target: {target} at {path}"
    if not any(state.get("End") or state.get("Type") in _ENDS for state in states.values()):
        yield "MISSING_END_STATE: Workflow has no terminal state"
        return
    reached = _reached(machine)
    for name in states:
        if name not in reached:
            yield f'{_TARGET}: State "{name}" is not reachable. at {where}/States/{name}'
    for name, state in states.items():
        for part, path in _parts(state, f"{where}/States/{name}"):
            yield from _transitions(part, path)


def _targets(state: "Mapping[str, Any]", where: str) -> "Iterator[tuple[str, str]]":
    """Yield where a state names a next one, and which."""
    for field in ("Next", "Default"):
        if field in state:
            yield f"{where}/{field}", state[field]
    for field in ("Choices", "Catch"):
        for index, rule in enumerate(state.get(field, ())):
            if "Next" in rule:
                yield f"{where}/{field}[{index}]/Next", rule["Next"]


def _reached(machine: "Mapping[str, Any]") -> set[str]:
    """Return the names of the states that can be reached from the start."""
    reached: set[str] = set()
    to_visit = [machine["StartAt"]]
    while to_visit:
        name = to_visit.pop()
        if name not in reached and name in machine["States"]:
            reached.add(name)
            to_visit += [target for _, target in _targets(machine["States"][name], "")]
    return reached
