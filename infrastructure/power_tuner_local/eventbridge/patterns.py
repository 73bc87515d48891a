"""EventBridge's event patterns."""

import ipaddress
import operator
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ABSENT = object()
_NUMERIC: "dict[str, Callable[[Any, Any], bool]]" = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


def matches(pattern: "dict[str, Any]", event: Any) -> bool:
    """Return whether an event matches a pattern.

    >>> matches({"detail": {"state": ["on", {"prefix": "start"}]}}, {"detail": {"state": "starting"}})
    True
    >>> matches({"detail": {"state": [{"exists": False}]}}, {"detail": {"state": "on"}})
    False

    A dot in a key joins names, in the pattern and in the event:

    >>> matches({"detail.state": ["on"]}, {"detail": {"state": "on"}})
    True
    """
    return _matches(_nested(pattern), _nested(event))


def _nested(value: Any) -> Any:
    """Return a JSON value whose keys have no dots: `{"a.b": 1}` is `{"a": {"b": 1}}`."""
    if isinstance(value, list):
        return [_nested(each) for each in value]
    if not isinstance(value, dict):
        return value
    nested: dict[str, Any] = {}
    for key, inner in value.items():
        first, dot, rest = key.partition(".")
        found = _nested({rest: inner}) if dot and key != "$or" else _nested(inner)
        known = nested.get(first if dot else key)
        if isinstance(known, dict) and isinstance(found, dict):
            found = _nested({**known, **found})
        nested[first if dot else key] = found
    return nested


def _matches(pattern: "dict[str, Any]", event: Any) -> bool:
    for key, condition in pattern.items():
        if key == "$or" and isinstance(condition, list):
            if not any(_matches(alternative, event) for alternative in condition):
                return False
        elif isinstance(condition, dict):
            if not any(_matches(condition, value) for value in _values(event, key)):
                return False
        elif not _leaf_matches(condition, [value for value in _values(event, key) if not isinstance(value, dict)]):
            return False
    return True


def _values(event: Any, key: str) -> "Iterator[Any]":
    """Yield a key's values, from each object if the event holds a list of objects."""
    for holder in event if isinstance(event, list) else [event]:
        value = holder.get(key, _ABSENT) if isinstance(holder, dict) else _ABSENT
        if isinstance(value, list):
            yield from value
            if not any(isinstance(each, dict) for each in value):
                continue
            yield value  # nested patterns look into lists of objects themselves
        else:
            yield value


def _leaf_matches(rules: list[Any], values: list[Any]) -> bool:
    present = [value for value in values if value is not _ABSENT and not isinstance(value, list)]
    return any(_rule_matches(rule, present) for rule in rules)


def _rule_matches(rule: Any, present: list[Any]) -> bool:
    if isinstance(rule, dict):
        name, argument = next(iter(rule.items()))
        if name == "exists":
            return bool(present) is bool(argument)
        if name == "exactly":
            return any(_same(argument, value) for value in present)
        return any(_test(name, argument, value) for value in present)
    return any(_same(rule, value) for value in present)


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
