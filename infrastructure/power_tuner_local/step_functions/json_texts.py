"""Texts that should be JSON, and how AWS says that one is not."""

import json
import re
from typing import Any, NoReturn

_VALUES = "JSON String, Number, Array, Object or token 'null', 'true' or 'false'"
_TOKEN = re.compile(r"[\w$]+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKETS = re.compile(r"[\[\]{}]")


def read_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: It is not JSON; the message is that of AWS's parser.
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(_message(text, error)) from None


def _refuse_constant(token: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python accepts."""
    message = f"Non-standard token '{token}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
    raise ValueError(message)


def _message(text: str, error: json.JSONDecodeError) -> str:
    rest = text[error.pos :]
    if not rest.strip() or error.msg.startswith("Unterminated"):
        return "Unexpected end-of-input"
    token = _TOKEN.match(rest)
    if error.msg in {"Expecting value", "Extra data"} and token:
        return f"Unrecognized token '{token[0]}': was expecting ({_VALUES})"
    return f"Unexpected character ('{rest[0]}' (code {ord(rest[0])})): {_expected(text, error)}"


def _expected(text: str, error: json.JSONDecodeError) -> str:
    match error.msg:
        case "Expecting property name enclosed in double quotes" | "Illegal trailing comma before end of object":
            return "was expecting double-quote to start field name"
        case "Expecting ':' delimiter":
            return "was expecting a colon to separate field name and value"
        case "Expecting ',' delimiter":
            return f"was expecting comma to separate {_container(text[: error.pos])} entries"
        case _:
            return f"expected a valid value ({_VALUES})"


def _container(before: str) -> str:
    """Return whether a position is in an object or in an array."""
    depth = 0
    for bracket in reversed(_BRACKETS.findall(_STRING.sub("", before))):
        depth += 1 if bracket in "]}" else -1
        if depth < 0:
            return "Object" if bracket == "{" else "Array"
    return "Object"
