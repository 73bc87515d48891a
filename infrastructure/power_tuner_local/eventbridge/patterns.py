"""EventBridge's event patterns, matched as AWS's published library Event Ruler says."""

import ipaddress
import operator
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Path = tuple[str | int, ...]

_NUMERIC: "dict[str, Callable[[Any, Any], bool]]" = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class _Field:
    """A value of an event that is no object and no list.

    Attributes:
        value: The value.
        elements: For each list around it, the position of the element that it is in.
    """

    value: Any
    elements: "Mapping[Path, int]"


def matches(pattern: "dict[str, Any]", event: Any) -> bool:
    """Return whether an event matches a pattern.

    >>> matches({"detail": {"state": ["on", {"prefix": "start"}]}}, {"detail": {"state": "starting"}})
    True
    >>> matches({"detail": {"state": [{"exists": False}]}}, {"detail": {"state": "on"}})
    False

    A dot in a key joins names, in the pattern and in the event:

    >>> matches({"detail.state": ["on"]}, {"detail": {"state": "on"}})
    True

    Fields of one pattern match in the same element of a list:

    >>> matches({"all": {"a": [1], "b": [2]}}, {"all": [{"a": 1, "b": 1}, {"a": 2, "b": 2}]})
    False
    """
    fields: dict[str, list[_Field]] = defaultdict(list)
    for name, field in _fields(event, (), {}):
        fields[name].append(field)
    return any(_all_match(list(branch.items()), fields, {}) for branch in _branches(pattern, ""))


def _fields(value: Any, path: "Path", elements: "Mapping[Path, int]") -> "Iterator[tuple[str, _Field]]":
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(inner, (*path, key), elements)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            # an index in the path tells the lists of two elements apart
            yield from _fields(inner, (*path, index), {**elements, path: index})
    else:
        yield ".".join(step for step in path if isinstance(step, str)), _Field(value, elements)


def _branches(pattern: "dict[str, Any]", prefix: str) -> "list[dict[str, list[Any]]]":
    """Return the rules of a pattern by field, once for each choice of alternatives of its `$or`s."""
    branches: list[dict[str, list[Any]]] = [{}]
    for key, condition in pattern.items():
        if key == "$or":
            parts = [part for alternative in condition for part in _branches(alternative, prefix)]
        elif isinstance(condition, dict):
            parts = _branches(condition, f"{prefix}{key}.")
        else:
            parts = [{f"{prefix}{key}": condition}]
        branches = [branch | part for branch in branches for part in parts]
    return branches


def _all_match(
    rules_of: "list[tuple[str, list[Any]]]", fields: "Mapping[str, list[_Field]]", elements: "Mapping[Path, int]"
) -> bool:
    """Return whether every field has a value that matches, all in the same elements of lists."""
    if not rules_of:
        return True
    (name, rules), *rest = rules_of
    found = fields.get(name, [])
    if not found and {"exists": False} in rules:
        return _all_match(rest, fields, elements)
    return any(
        _agree(elements, field.elements)
        and any(_rule_matches(rule, field.value) for rule in rules)
        and _all_match(rest, fields, {**elements, **field.elements})
        for field in found
    )


def _agree(some: "Mapping[Path, int]", others: "Mapping[Path, int]") -> bool:
    return all(others.get(path, index) == index for path, index in some.items())


def _rule_matches(rule: Any, value: Any) -> bool:
    """Return whether a value that is there matches."""
    if not isinstance(rule, dict):
        return _same(rule, value)
    name, argument = next(iter(rule.items()))
    if name == "exists":
        return bool(argument)
    return _same(argument, value) if name == "exactly" else _test(name, argument, value)


def _same(expected: Any, value: Any) -> bool:
    """Return whether two JSON values are equal; true is not 1."""
    return expected == value and isinstance(expected, bool) == isinstance(value, bool)


def _test(name: str, argument: Any, value: Any) -> bool:
    """Return whether a value passes a comparison."""
    if name == "anything-but":
        if isinstance(argument, dict):
            inner, inner_argument = next(iter(argument.items()))
            return not _test(inner, inner_argument, value)
        return not any(_same(each, value) for each in _list(argument))
    if name == "numeric":
        pairs = zip(argument[::2], argument[1::2], strict=True)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and all(bool(_NUMERIC[sign](value, limit)) for sign, limit in pairs)
    if not isinstance(value, str):
        return False
    if name in {"prefix", "suffix"} and isinstance(argument, dict):
        return any(_test_text(name, each.lower(), value.lower()) for each in _list(argument["equals-ignore-case"]))
    return any(_test_text(name, each, value) for each in _list(argument))


def _test_text(name: str, argument: str, value: str) -> bool:
    match name:
        case "prefix":
            return value.startswith(argument)
        case "suffix":
            return value.endswith(argument)
        case "equals-ignore-case":
            return value.lower() == argument.lower()
        case "wildcard":
            pieces = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", argument)
            expression = "".join(".*" if piece == "*" else re.escape(piece.removeprefix("\\")) for piece in pieces)
            return re.fullmatch(expression, value, re.DOTALL) is not None
        case "cidr":
            try:
                return ipaddress.ip_address(value) in ipaddress.ip_network(argument, strict=False)
            except ValueError:
                return False
    raise ValueError(f"unknown comparison {name!r} in an event pattern")


def _list(argument: Any) -> list[Any]:
    return argument if isinstance(argument, list) else [argument]
