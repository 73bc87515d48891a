"""Evaluation of IAM policies."""

import functools
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LIKE = frozenset({"StringLike", "ArnLike", "ArnEquals"})
_EQUALS = frozenset({"StringEquals"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request that policies allow or deny.

    Attributes:
        action: The action with its service: `lambda:PublishVersion`.
        resource: The ARN, or `*` for an action without resources.
        context: The values of the request's condition keys.
    """

    action: str
    resource: str
    context: "tuple[tuple[str, str], ...]" = ()


def allows(documents: "Iterable[str]", request: Request) -> bool:
    """Return whether policies allow a request: a statement allows it and none denies it.

    >>> policy = '{"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}}'
    >>> allows([policy], Request("s3:GetObject", "arn:aws:s3:::b/key"))
    True
    >>> allows([policy], Request("s3:PutObject", "arn:aws:s3:::b/key"))
    False
    """
    return bool(allowing_sids(documents, request))


def allowing_sids(documents: "Iterable[str]", request: Request) -> frozenset[str]:
    """Return the Sids of the statements that allow a request; empty if it is not allowed."""
    concerned = [
        statement for document in documents for statement in _statements(document) if _concerns(statement, request)
    ]
    if any(statement["Effect"] == "Deny" for statement in concerned):
        return frozenset()
    return frozenset(statement.get("Sid", "") for statement in concerned)


@functools.lru_cache(maxsize=512)
def _statements(document: str) -> "tuple[Mapping[str, Any], ...]":
    return tuple(_as_list(json.loads(document)["Statement"]))


def _concerns(statement: "Mapping[str, Any]", request: Request) -> bool:
    return (
        _names(statement, "Action", request.action, ignore_case=True)
        and _names(statement, "Resource", request.resource)
        and all(
            _holds(operator, keys, dict(request.context)) for operator, keys in statement.get("Condition", {}).items()
        )
    )


def _names(statement: "Mapping[str, Any]", element: str, value: str, *, ignore_case: bool = False) -> bool:
    if f"Not{element}" in statement:
        return not _any_matches(statement[f"Not{element}"], value, ignore_case=ignore_case)
    return _any_matches(statement.get(element, []), value, ignore_case=ignore_case)


def _any_matches(patterns: Any, value: str, *, ignore_case: bool = False) -> bool:
    return any(_pattern(pattern, ignore_case).fullmatch(value) for pattern in _as_list(patterns))


@functools.lru_cache(maxsize=4096)
def _pattern(text: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 (lru_cache is faster with positional arguments)
    quoted = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in text)
    return re.compile(quoted, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def _holds(operator: str, keys: "Mapping[str, Any]", context: "Mapping[str, str]") -> bool:
    """Return whether a condition holds; one with an unsupported operator never does."""
    name = operator.removesuffix("IfExists")
    if name not in _LIKE | _EQUALS:
        return False
    for key, values in keys.items():
        if key not in context:
            if name == operator:
                return False
            continue
        matches = _any_matches(values, context[key]) if name in _LIKE else context[key] in _as_list(values)
        if not matches:
            return False
    return True


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
