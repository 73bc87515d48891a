"""Lay JSON out for people: on one line what fits there."""

import json
from typing import Any

_WIDTH = 120
_STEP = "  "


def json_text(document: dict[str, Any]) -> str:
    """Return a document as the text of a file."""
    return _object(document, "") + "\n"


def _value(value: Any, indent: str, before: int) -> str:
    """Lay a value out.

    Args:
        value: what to lay out.
        indent: of the line that it begins on.
        before: how many characters of that line are taken, the comma behind the value included.
    """
    line = json.dumps(value, ensure_ascii=False)
    if before + len(line) <= _WIDTH or not isinstance(value, dict | list):
        return line
    return _object(value, indent) if isinstance(value, dict) else _array(value, indent)


def _object(value: dict[str, Any], indent: str) -> str:
    inner = indent + _STEP
    members = []
    for name, member in value.items():
        key = f"{inner}{json.dumps(name)}: "
        members.append(key + _value(member, inner, len(key) + 1))
    return "{\n" + ",\n".join(members) + f"\n{indent}}}"


def _array(value: list[Any], indent: str) -> str:
    inner = indent + _STEP
    if any(isinstance(item, dict | list) for item in value):
        return "[\n" + ",\n".join(inner + _value(item, inner, len(inner) + 1) for item in value) + f"\n{indent}]"
    lines = [inner]
    for item in value:
        text = json.dumps(item, ensure_ascii=False) + ","
        if len(lines[-1]) + len(text) > _WIDTH:
            lines[-1] = lines[-1].rstrip()
            lines.append(inner)
        lines[-1] += text + " "
    return "[\n" + "\n".join(lines).rstrip(", ") + f"\n{indent}]"
