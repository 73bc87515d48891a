"""Conditions of policy statements: operators and the values of a request's keys."""

import functools
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def wildcards_match(text: str, value: str, *, ignore_case: bool = False) -> bool:
    """Return whether a text with the wildcards `*` and `?` matches a value.

    >>> wildcards_match("arn:aws:s3:::b/*", "arn:aws:s3:::b/key")
    True
    """
    return _pattern(text, ignore_case).fullmatch(value) is not None


def holds(condition: "Mapping[str, Mapping[str, Any]]", context: "Mapping[str, str]") -> bool:
    """Return whether a statement's condition holds; one with an operator that is not known never does.

    >>> holds({"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/app-*"]}}, {"aws:principalarn": "arn:x"})
    True
    >>> holds({"Null": {"aws:SourceArn": "true"}}, {})
    True

    Args:
        condition: Operators, each with keys and values.
        context: The values of the request's keys, which are in lower case.
    """
    return all(
        _key_holds(operator, context.get(key.lower()), [str(value) for value in _as_list(values)])
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _key_holds(operator: str, value: str | None, wanted: "list[str]") -> bool:
    if operator == "Null":
        return any((each.lower() == "true") == (value is None) for each in wanted)
    name = operator.removesuffix("IfExists")
    negated = name in _NEGATED
    test = _TESTS.get(_NEGATED.get(name, name))
    if test is None:
        return False
    if value is None:  # a negated operator holds for a key that is not there
        return negated or name != operator
    return test(value, wanted) != negated


def _equals(value: str, wanted: "Iterable[str]") -> bool:
    return value in wanted


def _equals_ignoring_case(value: str, wanted: "Iterable[str]") -> bool:
    return value.lower() in {each.lower() for each in wanted}


def _like(value: str, wanted: "Iterable[str]") -> bool:
    return any(wildcards_match(each, value) for each in wanted)


def _arn_like(value: str, wanted: "Iterable[str]") -> bool:
    """Return whether an ARN is like one of some: each of its six parts is compared by itself."""
    parts = value.split(":", 5)
    return any(
        len(parts) == len(like) and all(map(wildcards_match, like, parts))
        for like in (each.split(":", 5) for each in wanted)
    )


_TESTS: "Mapping[str, Callable[[str, list[str]], bool]]" = {
    "StringEquals": _equals,
    "StringEqualsIgnoreCase": _equals_ignoring_case,
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _equals_ignoring_case,
}


@functools.lru_cache(maxsize=4096)
def _pattern(text: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 (lru_cache is faster with positional arguments)
    quoted = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in text)
    return re.compile(quoted, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
