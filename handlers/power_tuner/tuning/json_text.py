"""Read JSON as RFC 8259 has it, and notice what Python's values would not give back."""

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NoReturn

# What Python reads beside JSON, outside of a text.
_CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<constant>-?Infinity|NaN)', re.DOTALL)


def is_json(text: str) -> bool:
    """Return whether text is JSON, however many digits its numbers have."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def read_json(text: str) -> tuple[Any, bool]:  # type: ignore[explicit-any]  # any JSON
    """Return a document, and whether written again it would be another one.

    It would be, where a number has more digits than a double, where a number is ``-0``, and where a member of an object
    stands twice.

    Raises:
        json.JSONDecodeError: it is no JSON; NaN and Infinity are none.
        RecursionError: it is nested too deep.
    """
    altered = False

    def number(digits: str) -> float:
        nonlocal altered
        value = float(digits)
        altered |= value in {float("inf"), float("-inf")} or Decimal(digits) != Decimal(repr(value))
        return value

    def integer(digits: str) -> int:
        nonlocal altered
        altered |= digits == "-0"
        return int(digits)

    def members(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
        nonlocal altered
        found = dict(pairs)
        altered |= len(found) < len(pairs)
        return found

    def refuse(constant: str) -> NoReturn:
        place = next(found.start() for found in _CONSTANT.finditer(text) if found["constant"])
        raise json.JSONDecodeError(f"{constant} is no JSON", text, place)

    document = json.loads(text, parse_float=number, parse_int=integer, parse_constant=refuse, object_pairs_hook=members)
    return document, altered


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
