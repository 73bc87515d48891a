"""What JavaScript makes of a JSON value: a field that the peer has too is read as its runtime reads it."""

import math
import re

# A byte order mark is a space, too.
_DIGITS = re.compile(r"[\s\ufeff]*([+-]?[0-9]+)")
_DECIMAL = re.compile(r"[\s\ufeff]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[\s\ufeff]*")
_EXPONENT = re.compile(r"[\s\ufeff]*[+-]?[0-9.]+[eE][+-]?[0-9]")
# No field takes a longer number, and Python refuses to read some.
_MAX_DIGITS = 400


def truthy(value: object) -> bool:
    """Return whether a value counts as true: all but null, false, 0, NaN and the empty text."""
    return isinstance(value, list | dict) or (bool(value) and value == value)  # noqa: PLR0124 - NaN is not itself


def parse_int(value: object) -> int | None:
    """Return the whole number that a value begins with, None if it begins with none (``parseInt``)."""
    while isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        match = _DIGITS.match(value[:_MAX_DIGITS])
        return int(match[1]) if match else None
    if isinstance(value, float):
        return math.trunc(value) if math.isfinite(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def decimal(value: object) -> float | None:
    """Return a number, or the one that all of a text says; None if it says none."""
    if isinstance(value, str):
        match = _DECIMAL.fullmatch(value[:_MAX_DIGITS])
        return float(match[1]) if match else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def has_exponent(value: object) -> bool:
    """Return whether a text begins with a number such as 1e3, of which ``parseInt`` reads the 1 alone."""
    return isinstance(value, str) and _EXPONENT.match(value) is not None
