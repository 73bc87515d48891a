"""The event patterns that EventBridge accepts.

Source: "Comparison operators for use in event patterns" in EventBridge's user guide, and patterns that AWS was recorded
to refuse.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_NUMERIC_BOTTOM, _NUMERIC_TOP = (">", ">="), ("<", "<=")
_LARGEST_NUMBER = 5e9
# EventBridge measures how many ways a wildcard pattern can match at once, and does not publish the limit.
_MOST_WILDCARDS = 5


class InvalidPattern(ValueError):
    """EventBridge refuses a pattern; the message is the reason that it gives."""


def parse_pattern(text: str) -> dict[str, Any]:
    """Return a pattern.

    >>> parse_pattern('{"source": ["aws.lambda"]}')
    {'source': ['aws.lambda']}

    Raises:
        InvalidPattern: EventBridge refuses it.
    """
    try:
        pattern = json.loads(text)
    except ValueError:
        raise InvalidPattern("Invalid JSON") from None
    if not isinstance(pattern, dict):
        raise InvalidPattern("Filter is not an object")
    _check_object(pattern)
    return pattern


def _check_object(pattern: Mapping[str, Any]) -> None:
    if not pattern:
        raise InvalidPattern("Empty objects are not allowed")
    for key, condition in pattern.items():
        if key == "$or" and isinstance(condition, list) and all(isinstance(each, dict) for each in condition):
            if len(condition) < 2:  # noqa: PLR2004
                raise InvalidPattern("$or must have at least two alternatives")
            for alternative in condition:
                _check_object(alternative)
        elif isinstance(condition, dict):
            _check_object(condition)
        elif isinstance(condition, list):
            _check_rules(condition)
        else:
            raise InvalidPattern(f'"{key}" must be an object or an array')


def _check_rules(rules: list[Any]) -> None:
    if not rules:
        raise InvalidPattern("Empty arrays are not allowed")
    for rule in rules:
        if isinstance(rule, list):
            raise InvalidPattern("Match value must be String, number, true, false, or null")
        if isinstance(rule, dict):
            _check_comparison(rule)


def _check_comparison(rule: Mapping[str, Any]) -> None:
    if len(rule) != 1:
        raise InvalidPattern("Only one key allowed in match expression")
    ((name, argument),) = rule.items()
    check = _COMPARISONS.get(name)
    if check is None:
        raise InvalidPattern(f"Unrecognized match type {name}")
    check(argument)


def _check_text(name: str, argument: Any) -> None:
    if not isinstance(argument, str):
        raise InvalidPattern(f"{name} match pattern must be a string")


def _check_end(name: str, argument: Any) -> None:
    """Check a prefix or suffix, which may ignore case."""
    if isinstance(argument, dict):
        if argument.keys() != {"equals-ignore-case"}:
            raise InvalidPattern(f"Unsupported {name} pattern")
        argument = argument["equals-ignore-case"]
    _check_text(name, argument)


def _check_exists(argument: Any) -> None:
    if not isinstance(argument, bool):
        raise InvalidPattern("exists match pattern must be either true or false.")


def _check_numeric(argument: Any) -> None:
    if not isinstance(argument, list):
        raise InvalidPattern("Value of numeric must be an array.")
    parts = list(argument)
    if not parts:
        raise InvalidPattern("Invalid member in numeric match: ]")
    first = _operator(parts)
    bottom = _number(parts)
    if first in _NUMERIC_BOTTOM and parts:
        second = _operator(parts)
        if second not in _NUMERIC_TOP:
            raise InvalidPattern(f"Bad numeric range operator: {second}")
        if _number(parts) <= bottom:
            raise InvalidPattern("Bottom must be less than top")
    if parts:
        raise InvalidPattern("Too many elements in numeric expression")


def _operator(parts: list[Any]) -> str:
    sign = parts.pop(0)
    if sign not in (*_NUMERIC_BOTTOM, *_NUMERIC_TOP, "="):
        raise InvalidPattern(f"Unrecognized numeric range operator: {sign}")
    return str(sign)


def _number(parts: list[Any]) -> float:
    value = parts.pop(0) if parts else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidPattern("Value of numeric must be numeric")
    if abs(value) > _LARGEST_NUMBER:
        raise InvalidPattern("Value must be between -5.0E9 and 5.0E9, inclusive")
    return float(value)


def _check_cidr(argument: Any) -> None:
    _check_text("prefix", argument)
    try:
        ipaddress.ip_network(argument, strict=False)
    except ValueError:
        raise InvalidPattern("Malformed CIDR, one '/' required") from None
    if "/" not in argument:
        raise InvalidPattern("Malformed CIDR, one '/' required")


def _check_wildcard(argument: Any) -> None:
    _check_text("wildcard", argument)
    text = re.sub(r"\\[*\\]", "", argument)
    if "**" in text:
        raise InvalidPattern(f"Consecutive wildcard characters at pos {argument.index('**')}")
    if "\\" in text:
        raise InvalidPattern(f"Invalid escape character at pos {argument.rindex(chr(92))}")
    if text.count("*") > _MOST_WILDCARDS:
        raise InvalidPattern(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
            "wildcard character"
        )


def _check_anything_but(argument: Any) -> None:
    if isinstance(argument, dict):
        _check_anything_but_comparison(argument)
    elif isinstance(argument, list):
        if not argument:
            raise InvalidPattern("Empty arrays are not allowed")
        texts = all(isinstance(each, str) for each in argument)
        numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in argument)
        if not texts and not numbers:
            raise InvalidPattern("Inside anything-but list, either all values are number or string")
    elif isinstance(argument, bool) or not isinstance(argument, str | int | float):
        raise InvalidPattern("Value of anything-but must be an array or single string/number value.")


def _check_anything_but_comparison(comparison: Mapping[str, Any]) -> None:
    if len(comparison) != 1:
        raise InvalidPattern("Only one key allowed in match expression")
    ((name, argument),) = comparison.items()
    if name not in {"prefix", "suffix", "equals-ignore-case", "wildcard"}:
        raise InvalidPattern(f"Unsupported anything-but pattern: {name}")
    values = argument if isinstance(argument, list) else [argument]
    if not values:
        raise InvalidPattern("Empty arrays are not allowed")
    for value in values:
        _check_text(name, value)
        if name in {"prefix", "suffix"} and not value:
            raise InvalidPattern(f"Null {name} not allowed")
        if name == "wildcard":
            _check_wildcard(value)


_COMPARISONS: dict[str, Callable[[Any], None]] = {
    "exists": _check_exists,
    "prefix": lambda argument: _check_end("prefix", argument),
    "suffix": lambda argument: _check_end("suffix", argument),
    "equals-ignore-case": lambda argument: _check_text("equals-ignore-case", argument),
    "wildcard": _check_wildcard,
    "cidr": _check_cidr,
    "numeric": _check_numeric,
    "anything-but": _check_anything_but,
}
