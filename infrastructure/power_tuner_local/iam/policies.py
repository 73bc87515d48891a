"""Evaluation of IAM policies."""

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from power_tuner_local.iam.conditions import holds, wildcards_match

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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
    concerned = [each for document in documents for each in _statements(document) if _concerns(each, request)]
    if any(statement["Effect"] == "Deny" for statement in concerned):
        return frozenset()
    return frozenset(statement.get("Sid", "") for statement in concerned)


def denies(documents: "Iterable[str]", request: Request) -> bool:
    """Return whether a statement denies a request, whatever others allow."""
    return any(
        statement["Effect"] == "Deny" and _concerns(statement, request)
        for document in documents
        for statement in _statements(document)
    )


def resource_effects(document: str, request: Request, principals: frozenset[str]) -> frozenset[str]:
    """Return the effects, Allow and Deny, that a resource's own policy has on a request.

    >>> policy = '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"}}'
    >>> resource_effects(policy, Request("sqs:SendMessage", "arn:aws:sqs:us-east-1:1:q"), frozenset())
    frozenset({'Deny'})

    Args:
        document: The policy.
        request: The request.
        principals: The names by which a statement may mean the caller: its ARNs and account, or its service.
    """
    return frozenset(
        statement["Effect"]
        for statement in _statements(document)
        if _means(statement, principals) and _concerns(statement, request)
    )


def _means(statement: "Mapping[str, Any]", principals: frozenset[str]) -> bool:
    named = statement.get("Principal", statement.get("NotPrincipal", []))
    names = named.values() if isinstance(named, dict) else [named]
    found = any(each == "*" or each in principals for several in names for each in _as_list(several))
    return found != ("NotPrincipal" in statement)


@functools.lru_cache(maxsize=512)
def _statements(document: str) -> "tuple[Mapping[str, Any], ...]":
    return tuple(_as_list(json.loads(document)["Statement"]))


def _concerns(statement: "Mapping[str, Any]", request: Request) -> bool:
    return (
        _names(statement, "Action", request.action, ignore_case=True)
        and _names(statement, "Resource", request.resource)
        and holds(statement.get("Condition", {}), {key.lower(): value for key, value in request.context})
    )


def _names(statement: "Mapping[str, Any]", element: str, value: str, *, ignore_case: bool = False) -> bool:
    if f"Not{element}" in statement:
        return not _any_matches(statement[f"Not{element}"], value, ignore_case=ignore_case)
    return _any_matches(statement.get(element, []), value, ignore_case=ignore_case)


def _any_matches(patterns: Any, value: str, *, ignore_case: bool = False) -> bool:
    return any(wildcards_match(pattern, value, ignore_case=ignore_case) for pattern in _as_list(patterns))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
