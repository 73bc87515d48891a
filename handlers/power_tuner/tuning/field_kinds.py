"""The kinds of values that the fields of a run's input take: each reads a value, and says what it allows."""

import re
from typing import Any, NoReturn

from msgspec import Struct

from power_tuner.errors import InvalidInput
from power_tuner.tuning.arn import FunctionReference, parse_function_reference
from power_tuner.tuning.payloads import WeightedPayload, weigh


class Kind(Struct, frozen=True):
    """What a field may hold."""

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        raise NotImplementedError

    def read(self, name: str, value: object) -> Any:  # type: ignore[explicit-any]  # each kind its own
        """Return a value that was given for the field of this name, as the attribute of a run holds it.

        Raises:
            InvalidInput: names the field, the value and what is allowed.
        """
        raise NotImplementedError

    def public(self, value: Any) -> object:  # type: ignore[explicit-any]  # of the kind that read returned
        """Return an attribute's value as results show it."""
        return value

    def refuse(self, name: str, value: object) -> NoReturn:
        """Refuse a value."""
        raise InvalidInput(field=name, value=value, allowed=self.allowed)


class Flag(Kind, frozen=True):
    """True or false, also as text: templates and consoles write it so."""

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return "true or false"

    def read(self, name: str, value: object) -> bool:
        """Return a flag."""
        if isinstance(value, bool):
            return value
        if value not in ("true", "false"):  # a tuple: a list is not hashable
            self.refuse(name, value)
        return bool(value == "true")


class Number(Kind, frozen=True):
    """A number within bounds, also as text.

    Attributes:
        above: the low bound itself is not allowed.
    """

    low: float
    high: float
    above: bool = False

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        if self.above:
            return f"a number above {self.low} and at most {self.high}"
        return f"a number from {self.low} to {self.high}"

    def read(self, name: str, value: object) -> float:
        """Return a number."""
        number = _number(value)
        if number is None or not self.low <= number <= self.high or (self.above and number == self.low):
            self.refuse(name, value)
        return number


class WholeNumber(Kind, frozen=True):
    """A whole number within bounds, also as text."""

    low: int
    high: int

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return f"a whole number from {self.low} to {self.high}"

    def read(self, name: str, value: object) -> int:
        """Return a whole number."""
        number = _whole_number(value)
        if number is None or not self.low <= number <= self.high:
            self.refuse(name, value)
        return number


class OneOf(Kind, frozen=True):
    """One of some words."""

    choices: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return ", ".join(self.choices)

    def read(self, name: str, value: object) -> str:
        """Return a choice."""
        if value not in self.choices:
            self.refuse(name, value)
        return str(value)


class Text(Kind, frozen=True):
    """A text.

    Attributes:
        pattern: what it has to match, as a regular expression that JSON Schema understands too.
        described: the pattern in words.
    """

    max_chars: int | None = None
    pattern: str | None = None
    described: str = "text"

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return self.described if self.max_chars is None else f"{self.described}, at most {self.max_chars} characters"

    def read(self, name: str, value: object) -> str:
        """Return a text."""
        if (
            not isinstance(value, str)
            or (self.max_chars is not None and len(value) > self.max_chars)
            or (self.pattern is not None and not re.fullmatch(self.pattern, value, re.DOTALL))
        ):
            self.refuse(name, value)
        return value


class Texts(Kind, frozen=True):
    """A list of texts."""

    described: str

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return self.described

    def read(self, name: str, value: object) -> tuple[str, ...]:
        """Return the texts."""
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(name, value)
        return tuple(value)

    def public(self, value: tuple[str, ...]) -> list[str]:
        """Return the texts as JSON."""
        return list(value)


class FunctionName(Kind, frozen=True):
    """What people call a function, kept as they wrote it."""

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return "the name or ARN of a Lambda function"

    def read(self, name: str, value: object) -> object:
        """Return the name or ARN."""
        self.reference(name, value)
        return value

    def reference(self, name: str, value: object) -> FunctionReference:
        """Return what a name or ARN says."""
        reference = parse_function_reference(value) if isinstance(value, str) else None
        if reference is None:
            self.refuse(name, value)
        return reference


class Function(FunctionName, frozen=True):
    """What people call a function, taken apart."""

    def read(self, name: str, value: object) -> FunctionReference:
        """Return what the name or ARN says."""
        return self.reference(name, value)

    def public(self, value: FunctionReference) -> str:
        """Return the function as JSON."""
        return value.unqualified


class PowerValues(Kind, frozen=True):
    """Memory sizes: a list, or ALL of them."""

    low_mb: int
    high_mb: int
    step_mb: int

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return f'"ALL" or a list of whole numbers from {self.low_mb} to {self.high_mb} (MB)'

    @property
    def all_mb(self) -> tuple[int, ...]:
        """Return what ALL stands for."""
        return tuple(range(self.low_mb, self.high_mb + 1, self.step_mb))

    def read(self, name: str, value: object) -> tuple[int, ...]:
        """Return the memory sizes, in the order given and without duplicates."""
        if value == "ALL":
            return self.all_mb
        if not isinstance(value, list | tuple) or not value:
            self.refuse(name, value)
        return tuple(dict.fromkeys(self._memory_mb(name, item) for item in value))

    def _memory_mb(self, name: str, item: object) -> int:
        memory_mb = _whole_number(item)
        if memory_mb is None or not self.low_mb <= memory_mb <= self.high_mb:
            self.refuse(name, item)
        return memory_mb

    def public(self, value: tuple[int, ...]) -> list[int]:
        """Return the memory sizes as JSON."""
        return list(value)


class Payload(Kind, frozen=True):
    """What invocations get: any JSON, or weighted payloads."""

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return "any JSON"

    def read(self, name: str, value: object) -> tuple[WeightedPayload, ...]:
        """Return the payloads."""
        return weigh(value, name)

    def public(self, value: tuple[WeightedPayload, ...]) -> int:
        """Return how many there are; never what they are."""
        return len(value)


def _whole_number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"\d{1,6}", value.strip()):
        return int(value)
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
