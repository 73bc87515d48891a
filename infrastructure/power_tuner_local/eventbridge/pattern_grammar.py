"""The event patterns that EventBridge accepts.

Source: "Comparison operators for use in event patterns" in EventBridge's user guide, refusals recorded from AWS, and
the rules of AWS's published library Event Ruler. Patterns are checked from left to right; the first error counts.
"""

import ipaddress
import json
import re
from typing import Any, NoReturn

from power_tuner_local.eventbridge.json_reader import (
    FALSE,
    NAME,
    NUMBER,
    STRING,
    TRUE,
    JsonReader,
    JsonSyntaxError,
)

_LARGEST_NUMBER = 5e9
# EventBridge measures how many ways a wildcard pattern can match at once, and does not publish the limit.
_MOST_WILDCARDS = 5
_TOO_COMPLEX = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard "
    "character"
)
_IPV4 = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+")
_IPV6 = re.compile(r"[0-9a-fA-F:]*:[0-9a-fA-F:]*")
_IN_ANYTHING_BUT = {
    "equals-ignore-case": "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
    "prefix": "prefix/suffix match pattern must be a string",
    "suffix": "prefix/suffix match pattern must be a string",
    "wildcard": "wildcard match pattern must be a string",
}
_TEXTS = {
    "exactly": "exact match pattern must be a string",
    "prefix": "prefix match pattern must be a string",
    "suffix": "suffix match pattern must be a string",
    "equals-ignore-case": "equals-ignore-case match pattern must be a string",
    "wildcard": "wildcard match pattern must be a string",
    "cidr": "prefix match pattern must be a string",
}
"""Comparisons with a text, and how AWS refuses another type."""
_ONE_KEY = "Only one key allowed in match expression"
_TOO_MANY = "Too many elements in numeric expression"
_SIGNS = frozenset({"=", "<", "<=", ">", ">="})
_RESERVED_IN_OR = frozenset(
    {
        *_TEXTS,
        *_SIGNS,
        *("anything-but", "exists", "numeric", "html", "regex", "not-wildcard", "not-equals-ignore-case"),
        *("date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range"),
        *("ip-address-in-range", "ip-address-not-in-range"),
    }
)


class InvalidPattern(ValueError):
    """EventBridge refuses a pattern; the message is the reason that it gives."""


def parse_pattern(text: str) -> dict[str, Any]:
    """Return a pattern; of a field that is there twice, the last one counts.

    >>> parse_pattern('{"source": ["aws.lambda"]}')
    {'source': ['aws.lambda']}

    Raises:
        InvalidPattern: EventBridge refuses it.
    """
    try:
        _Check(text).pattern()
        pattern: dict[str, Any] = json.loads(text)
    except JsonSyntaxError as error:
        raise InvalidPattern(str(error)) from None
    return pattern


class _Check:
    """Reads a pattern, and raises at its first error."""

    def __init__(self, text: str) -> None:
        self._reader = JsonReader(text)
        self._wildcards: list[str] = []

    def pattern(self) -> None:
        if self._reader.next() != "{":
            self._refuse("Filter is not an object")
        self._object(in_or=False)
        self._reader.next()
        if any(wildcard.count("*") - wildcard.count("\\*") > _MOST_WILDCARDS for wildcard in self._wildcards):
            raise InvalidPattern(_TOO_COMPLEX)

    def _refuse(self, reason: str, *, times: int = 1) -> NoReturn:
        """Refuse the pattern; errors inside the lists of anything-but have their place twice."""
        raise InvalidPattern(reason + f"\n at {self._reader.place()}" * times)

    def _expect(self, token: str, reason: str) -> None:
        if self._reader.next() != token:
            self._refuse(reason)

    def _object(self, *, in_or: bool) -> None:
        empty = True
        while self._reader.next() != "}":
            empty = False
            name = self._reader.text()
            if name == "$or":
                self._or()
                continue
            if in_or and name in _RESERVED_IN_OR:
                self._refuse(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
            match self._reader.next():
                case "{":
                    self._object(in_or=in_or)
                case "[":
                    self._rules()
                case _:
                    self._refuse(f'"{name}" must be an object or an array')
        if empty:
            self._refuse("Empty objects are not allowed")

    def _or(self) -> None:
        if self._reader.next() != "[":
            self._refuse("It must be an Array followed with $or.")
        alternatives = 0
        while (found := self._reader.next()) != "]":
            alternatives += 1
            if found != "{":
                self._refuse("Only JSON object is allowed in array of $or relationship.")
            self._object(in_or=True)
        if alternatives < 2:  # noqa: PLR2004
            self._refuse("There must have at least 2 Objects in $or relationship.")

    def _rules(self) -> None:
        empty = True
        while (found := self._reader.next()) != "]":
            empty = False
            if found == "{":
                self._comparison()
            elif found == "[":
                self._refuse("Match value must be String, number, true, false, or null")
        if empty:
            self._refuse("Empty arrays are not allowed")

    def _comparison(self) -> None:
        self._expect(NAME, "Match expression name not found")
        name = self._reader.text()
        match name:
            case "numeric":
                self._expect("[", "Value of numeric must be an array.")
                self._numeric()
                self._expect("}", _TOO_MANY)
            case "anything-but":
                self._anything_but()
            case "exists":
                if self._reader.next() not in {TRUE, FALSE}:
                    self._refuse("exists match pattern must be either true or false.")
                self._expect("}", _ONE_KEY)
            case _ if name in _TEXTS:
                self._text(name)
                self._expect("}", _ONE_KEY)
            case _:
                self._refuse(f"Unrecognized match type {name}")

    def _text(self, name: str) -> None:
        found = self._reader.next()
        if name in {"prefix", "suffix"} and found == "{":
            self._expect(NAME, f"{name.capitalize()} expression name not found")
            if self._reader.text() != "equals-ignore-case":
                self._refuse(f"Unsupported {name} pattern: {self._reader.text()}")
            self._expect(STRING, _TEXTS["equals-ignore-case"])
            self._expect("}", _ONE_KEY)
            return
        if found != STRING:
            self._refuse(_TEXTS[name])
        if name == "cidr":
            _check_cidr(self._reader.text())
        elif name == "wildcard":
            self._wildcard(self._reader.text())

    def _wildcard(self, text: str) -> None:
        self._wildcards.append(text)
        if error := _wildcard_error(text):
            self._refuse(error)

    def _numeric(self) -> None:
        if self._reader.next() != STRING:
            self._refuse(f"Invalid member in numeric match: {self._reader.text()}")
        sign, found = self._reader.text(), self._reader.next()
        if sign not in _SIGNS:
            self._refuse(f"Unrecognized numeric range operator: {sign}")
        bottom = self._number("equals" if sign == "=" else sign, found)
        found = self._reader.next()
        if found == "]":
            return
        if sign not in {">", ">="}:
            self._refuse(_TOO_MANY)
        if found != STRING:
            self._refuse(f"Bad value in numeric range: {self._reader.text()}")
        sign = self._reader.text()
        if sign not in {"<", "<="}:
            self._refuse(f"Bad numeric range operator: {sign}")
        top = self._number(sign, self._reader.next())
        self._expect("]", "Too many terms in numeric range expression")
        if bottom >= top:
            self._refuse("Bottom must be less than top")

    def _number(self, sign: str, found: str) -> float:
        if found != NUMBER:
            self._refuse(f"Value of {sign} must be numeric")
        return self._limited(float(self._reader.text()))

    def _limited(self, number: float) -> float:
        if abs(number) > _LARGEST_NUMBER:
            self._refuse("Value must be between -5.0E9 and 5.0E9, inclusive")
        return number

    def _anything_but(self) -> None:
        found, kind = self._reader.next(), ""
        if found == "{":
            self._expect(NAME, "Anything-But expression name not found")
            kind = self._reader.text()
            if kind not in _IN_ANYTHING_BUT:
                self._refuse(f"Unsupported anything-but pattern: {kind}")
            found = self._reader.next()
        if found not in {"[", STRING, NUMBER}:
            self._refuse("Value of anything-but must be an array or single string/number value.")
        if found != "[":
            self._but(kind, found, times=1)
        elif kind:
            while (found := self._reader.next()) != "]":
                self._but(kind, found, times=2)
        else:
            self._buts()
        self._expect("}", _TOO_MANY)
        if kind:
            self._expect("}", _TOO_MANY)

    def _buts(self) -> None:
        kinds = set()
        while (found := self._reader.next()) != "]":
            if found not in {STRING, NUMBER}:
                self._refuse("Inside anything but list, start|null|boolean is not supported.", times=2)
            kinds.add(found)
            self._but("", found, times=1)
        if len(kinds) != 1:
            self._refuse(
                "Inside anything but list, either all values are number or string, mixed type is not supported"
            )

    def _but(self, kind: str, found: str, *, times: int) -> None:
        """Check one value of an anything-but, plain or with a kind of comparison."""
        if not kind:
            if found == NUMBER:
                self._limited(float(self._reader.text()))
            return
        if found != STRING:
            self._refuse(_IN_ANYTHING_BUT[kind], times=times)
        text = self._reader.text()
        if kind in {"prefix", "suffix"} and not text:
            self._refuse("Null prefix/suffix not allowed", times=times)
        if kind == "wildcard":
            self._wildcard(text)


def _wildcard_error(text: str) -> str | None:
    """Return what is wrong with a wildcard pattern; positions count bytes, and the opening quote."""
    quoted = f'"{text}"'.encode()
    position = 0
    while position < len(quoted):
        pair = quoted[position : position + 2]
        if pair == b"**":
            return f"Consecutive wildcard characters at pos {position}"
        if pair[:1] == b"\\" and pair not in {b"\\*", b"\\\\"}:
            return f"Invalid escape character at pos {position}"
        position += 2 if pair[:1] == b"\\" else 1
    return None


def _check_cidr(text: str) -> None:
    address, slash, bits = text.partition("/")
    if not slash or not bits or "/" in bits:
        raise InvalidPattern("Malformed CIDR, one '/' required")
    if not re.fullmatch(r"[+-]?[0-9]+", bits):
        raise InvalidPattern("Malformed CIDR, mask bits must be an integer")
    if int(bits) < 0:
        raise InvalidPattern("Malformed CIDR, mask bits must not be negative")
    if not _IPV4.fullmatch(address) and not _IPV6.fullmatch(address):
        raise InvalidPattern(f"Nonstandard IP address: {address}")
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        raise InvalidPattern(f"Invalid IP address: {address}") from None
    if int(bits) >= (most := {4: 32, 6: 128}[version]):
        raise InvalidPattern(f"IPv{version} mask bits must be < {most}")
