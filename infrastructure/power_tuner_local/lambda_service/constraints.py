"""The constraints of request parameters in botocore's model of Lambda, with the wording of AWS's refusals."""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.session

from power_tuner_local.lambda_service.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from botocore.model import OperationModel, Shape

_NUMBERS = frozenset({"integer", "long", "float", "double"})
_CHECKED_ELSEWHERE = frozenset({"Runtime"})
"""Enumerations that AWS refuses with an error of another kind."""
_JAVA_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}
_SMALL_HASH_SET = 16


def check(action: str, parameters: "Mapping[str, Any]") -> None:
    """Raise AWS's error if parameters of an operation violate the constraints of the model.

    Raises:
        ValidationError: At least one does; the message names all.
    """
    shape = _operation(action).input_shape
    found = [] if shape is None else list(_broken_members(shape, parameters, ""))
    if found:
        errors = "validation error" if len(found) == 1 else "validation errors"
        raise ValidationError(f"{len(found)} {errors} detected: {'; '.join(found)}")


@functools.cache
def _operation(action: str) -> "OperationModel":
    return botocore.session.get_session().get_service_model("lambda").operation_model(action)


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
        words = f"Member must satisfy enum value set: [{', '.join(_java_order(shape.enum))}]"
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
    if shape.type_name == "map" and isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={_java(shape.value, each)}" for key, each in value.items()) + "}"
    if shape.type_name == "list" and _is_list(value):
        return "[" + ", ".join(_java(shape.member, each) for each in value) + "]"
    if shape.type_name in {"float", "double"} and isinstance(value, int):
        return f"{value}.0"
    return str(value)


def _java_order(words: "Sequence[str]") -> list[str]:
    """Return words in the order in which a Java HashSet lists them: so does AWS with enumerations."""

    def bucket(word: str) -> int:
        code = 0
        for character in word:
            code = (31 * code + ord(character)) & 0xFFFFFFFF
        return (code ^ code >> 16) % _SMALL_HASH_SET

    return sorted(words, key=bucket)
