"""What AWS's Step Functions supports and the local AWS does not: state machines that use it are refused by name."""

import re
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import AWSError

from power_tuner_local.step_functions.json_texts import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ACTIVITY = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:activity:")
_PATTERN = re.compile(r"\.(waitForTaskToken|sync(:\d+)?)$")


class NotSupportedByLocalAws(AWSError):
    """A state machine uses what the local AWS does not support; AWS has no such error."""

    TYPE = "NotSupportedByLocalAws"


def refuse_unsupported(definition: str, machine_type: str | None) -> None:
    """Refuse a state machine that uses what the local AWS does not support.

    Raises:
        NotSupportedByLocalAws: It does.
    """
    found = ["EXPRESS state machines"] if machine_type == "EXPRESS" else []
    try:
        document = read_json(definition)
    except ValueError:
        document = {}
    found += _unsupported(document)
    if found:
        raise NotSupportedByLocalAws(f"The local AWS does not support {', '.join(dict.fromkeys(found))}.")


def _unsupported(value: Any) -> "Iterator[str]":
    """Yield the names of what a part of a definition uses and the local AWS does not support."""
    if isinstance(value, list):
        for each in value:
            yield from _unsupported(each)
    if not isinstance(value, dict):
        return
    if value.get("QueryLanguage") == "JSONata":
        yield "JSONata"
    for state in _states(value):
        yield from _of_state(state)


def _states(machine: "Mapping[str, Any]") -> "Iterator[Mapping[str, Any]]":
    states = machine.get("States")
    for state in states.values() if isinstance(states, dict) else ():
        if isinstance(state, dict):
            yield state


def _of_state(state: "Mapping[str, Any]") -> "Iterator[str]":
    lists = [state[key] for key in ("Choices", "Catch") if isinstance(state.get(key), list)]
    rules = [rule for each in lists for rule in each if isinstance(rule, dict)]
    if state.get("QueryLanguage") == "JSONata":
        yield "JSONata"
    if any("Assign" in each for each in (state, *rules)):
        yield "variables (Assign)"
    if "ItemBatcher" in state:
        yield "ItemBatcher"
    resource = state.get("Resource")
    if isinstance(resource, str) and _ACTIVITY.match(resource):
        yield "activities"
    elif isinstance(resource, str) and (pattern := _PATTERN.search(resource)):
        yield pattern[0]
    for part in (state.get("ItemProcessor"), state.get("Iterator"), state.get("Branches")):
        yield from _unsupported(part)
