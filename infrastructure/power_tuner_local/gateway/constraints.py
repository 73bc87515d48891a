"""The constraints of request parameters in botocore's service models, with the wording of AWS's refusals."""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from botocore.model import Shape

_NUMBERS = frozenset({"integer", "long", "float", "double"})
_CHECKED_ELSEWHERE = frozenset({"Runtime"})
"""Enumerations that AWS refuses with an error of another kind."""
_JAVA_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{ASCII}": r"[\x00-\x7f]"}
_SMALL_HASH_SET = 16
_RECORDED_ENUMS = {
    "ConnectionAuthorizationType": ("BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"),
    "ExecutionStatus": ("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"),
}
"""Enumerations that AWS was recorded to list in an order of their own."""
_UNPUBLISHED_MEMBERS = {"PutEventsRequestEntry": ("kmsKeyIdentifier", "internalMetadata")}
"""Members of structures that AWS shows in messages, but not in its model."""


def violation(service: str, action: str, parameters: "Mapping[str, Any]") -> str | None:
    """Return AWS's message about the parameters that violate a constraint; None if none does.

    >>> violation("stepfunctions", "ListExecutions", {"maxResults": 1001})
    "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: \
Member must have value less than or equal to 1000"

    Args:
        service: The service's name in botocore.
        action: The operation; one that the model does not have takes any parameters.
        parameters: The parameters by their names in the model.
    """
    shape = _input_shape(service, action)
    found = [] if shape is None else list(_broken_members(shape, parameters, ""))
    if not found:
        return None
    errors = "validation error" if len(found) == 1 else "validation errors"
    return f"{len(found)} {errors} detected: {'; '.join(found)}"


@functools.cache
def _input_shape(service: str, action: str) -> "Shape | None":
    model = botocore.session.get_session().get_service_model(service)
    return model.operation_model(action).input_shape if action in model.operation_names else None


def _broken_members(shape: Any, values: "Mapping[str, Any]", path: str) -> "Iterator[str]":
    # AWS names parameters of the query before those of the path
    for name in sorted(shape.members, key=lambda each: shape.members[each].serialization.get("location") == "uri"):
        inner = f"{path}{name[0].lower()}{name[1:]}"
        if values.get(name) is not None:
            yield from _broken(shape.members[name], values[name], inner)
        elif name in shape.required_members and shape.members[name].type_name != "blob":
            yield f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"


def _broken(shape: Any, value: Any, path: str) -> "Iterator[str]":
    """Return a sentence for each constraint that a value violates."""
    if shape.type_name == "structure":
        if isinstance(value, Mapping):
            yield from _broken_members(shape, value, f"{path}.")
        return
    shown = "" if shape.metadata.get("sensitive") else f" '{_java(shape, value)}'"
    prefix = f"Value{shown} at '{path}' failed to satisfy constraint:"
    for constraint in _constraints(shape):
        if not constraint.holds(value):
            yield f"{prefix} {constraint.words}"
    for words, member, members in _members(shape, value):
        if not all(_valid(member, each) for each in members):
            yield f"{prefix} {words} must satisfy constraint: {_all_of(member)}"
    if shape.type_name == "list" and shape.member.type_name == "structure" and _is_list(value):
        for number, each in enumerate(value, 1):
            yield from _broken(shape.member, each, f"{path}.{number}.member")


def _members(shape: Any, value: Any) -> "list[tuple[str, Any, Iterable[Any]]]":
    """Return what AWS calls the members of a list or map, their shape, and the members."""
    if shape.type_name == "map" and isinstance(value, Mapping):
        return [("Map keys", shape.key, value), ("Map value", shape.value, value.values())]
    return [("Member", shape.member, value)] if shape.type_name == "list" and _is_list(value) else []


def _valid(shape: "Shape", value: Any) -> bool:
    return all(constraint.holds(value) for constraint in _constraints(shape))


def _all_of(shape: "Shape") -> str:
    """Return all constraints of a list's or map's members; AWS does not say which one is violated."""
    words = [constraint.words for constraint in _constraints(shape)]
    if shape.metadata.get("min") != 0 or shape.type_name in _NUMBERS:
        words.append("Member must not be null")
    return f"[{', '.join(words)}]"


class _Constraint(NamedTuple):
    """A constraint in AWS's words, and whether a value satisfies it; a value of another type does."""

    words: str
    holds: "Callable[[Any], bool]"


def _constraints(shape: Any) -> "Iterator[_Constraint]":
    """Return the constraints of a shape in AWS's order."""
    limits = shape.metadata
    kind, size = ("value", _number) if shape.type_name in _NUMBERS else ("length", _length)
    if shape.type_name == "string" and shape.enum and shape.name not in _CHECKED_ELSEWHERE:
        words = f"Member must satisfy enum value set: [{', '.join(_listed(shape))}]"
        yield _Constraint(words, lambda value: value in shape.enum)
    if "max" in limits:
        words = f"Member must have {kind} less than or equal to {limits['max']}"
        yield _Constraint(words, lambda value: (size(value) or 0) <= limits["max"])
    if "min" in limits:
        words = f"Member must have {kind} greater than or equal to {limits['min']}"
        yield _Constraint(words, lambda value: (found := size(value)) is None or found >= limits["min"])
    if "pattern" in limits:
        words = f"Member must satisfy regular expression pattern: {limits['pattern']}"
        pattern = _pattern(limits["pattern"])
        yield _Constraint(words, lambda value: not isinstance(value, str) or pattern.fullmatch(value) is not None)


def _length(value: Any) -> float | None:
    return len(value) if isinstance(value, Sequence | Mapping) else None


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


@functools.cache
def _pattern(java: str) -> re.Pattern[str]:
    for java_class, own in _JAVA_CLASSES.items():
        java = java.replace(java_class, own)
    return re.compile(java)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _java(shape: Any, value: Any) -> str:
    """Return a value as Java prints it."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members = {name[0].lower() + name[1:]: _java(member, value.get(name)) for name, member in shape.members.items()}
        members |= dict.fromkeys(_UNPUBLISHED_MEMBERS.get(shape.name, ()), "null")
        return f"{shape.name}({', '.join(f'{name}={text}' for name, text in members.items())})"
    if shape.type_name == "map" and isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_java(shape.value, each)}" for key, each in value.items()) + "}"
    if shape.type_name == "list" and _is_list(value):
        return "[" + ", ".join(_java(shape.member, each) for each in value) + "]"
    if shape.type_name in {"float", "double"} and isinstance(value, int):
        return f"{value}.0"
    return "null" if value is None else str(value)


def _listed(shape: Any) -> "Sequence[str]":
    """Return the values of an enumeration as AWS lists them."""
    return _RECORDED_ENUMS.get(shape.name) or _java_order(shape.enum)


def _java_order(words: "Sequence[str]") -> list[str]:
    """Return words in the order in which a Java HashSet lists them: so does AWS with enumerations."""

    def bucket(word: str) -> int:
        code = 0
        for character in word:
            code = (31 * code + ord(character)) & 0xFFFFFFFF
        return (code ^ code >> 16) % _SMALL_HASH_SET

    return sorted(words, key=bucket)
