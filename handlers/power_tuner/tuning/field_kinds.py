"""The kinds of values that the fields of a run's input take: each reads a value, and says what it allows."""

import math
import re
import sys

from power_tuner.errors import InvalidInput
from power_tuner.tuning.arn import FunctionReference, parse_function_reference
from power_tuner.tuning.javascript import decimal, has_exponent, parse_int, truthy
from power_tuner.tuning.payloads import WeightedPayload, split_s3_uri, weigh
from power_tuner.tuning.run_field import Kind

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", ""})


class Flag(Kind, frozen=True):
    """True or false, also as a number or a word: templates and consoles write it so.

    JavaScript takes any text but the empty one for true; only what says so is taken here, and "false" is false.
    """

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return "true or false"

    def is_absent(self, value: object) -> bool:
        """Return whether a value counts as not given; what is empty says no."""
        return value is None

    def read(self, name: str, value: object) -> bool:
        """Return a flag."""
        if isinstance(value, int | float):
            return truthy(value)
        word = value.lower() if isinstance(value, str) else None
        if word not in _YES | _NO:
            self.refuse(name, value)
        return word in _YES


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

    def is_absent(self, value: object) -> bool:
        """Return whether a value counts as not given; 0 is a number."""
        return value is None or value == ""

    def read(self, name: str, value: object) -> float:
        """Return a number."""
        number = decimal(value)
        if number is None or not self.low <= number <= self.high or (self.above and number == self.low):
            self.refuse(name, value)
        return number


class ObservedShare(Number, frozen=True):
    """A share, or ``observed``, which it is anyway unless a number is given."""

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return f"{super().allowed}, or observed"

    def is_absent(self, value: object) -> bool:
        """Return whether no number is given."""
        return value == "observed" or super().is_absent(value)


class Pause(Number, frozen=True):
    """Milliseconds: whole ones, and none below 0."""

    def is_absent(self, value: object) -> bool:
        """Return whether a value counts as not given: what is empty."""
        return not truthy(value)

    def read(self, name: str, value: object) -> float:
        """Return the milliseconds."""
        if has_exponent(value):
            self.refuse(name, value)
        number = decimal(value)
        return super().read(name, value if number is None else max(0, math.trunc(min(number, sys.maxsize))))


class WholeNumber(Kind, frozen=True):
    """A whole number within bounds, also as text.

    Attributes:
        parsed: what follows a whole number does not matter, as in the peer.
    """

    low: int
    high: int
    parsed: bool = False

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return f"a whole number from {self.low} to {self.high}"

    def is_absent(self, value: object) -> bool:
        """Return whether a value counts as not given; neither 0 nor empty text does."""
        return value is None

    def read(self, name: str, value: object) -> int:
        """Return a whole number."""
        number = None if has_exponent(value) else parse_int(value) if self.parsed else _whole_number(value)
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
    """A list of texts, or one text in which commas separate them."""

    described: str

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return self.described

    def read(self, name: str, value: object) -> tuple[str, ...]:
        """Return the texts."""
        if isinstance(value, str):
            return tuple(text for part in value.split(",") if (text := part.strip()))
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(name, value)
        return tuple(value)

    def public(self, value: tuple[str, ...]) -> list[str]:
        """Return the texts as JSON."""
        return list(value)


class S3Object(Kind, frozen=True):
    """The place of an object in S3."""

    @property
    def allowed(self) -> str:
        """Return what is allowed, for people."""
        return "s3://bucket/key"

    def read(self, name: str, value: object) -> str:
        """Return the place, as it was written."""
        if not isinstance(value, str):
            self.refuse(name, value)
        split_s3_uri(value)
        return value


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

    def is_absent(self, value: object) -> bool:
        """Return whether a value counts as not given: what is empty, a list too."""
        return value == [] or not truthy(value)

    def read(self, name: str, value: object) -> tuple[int, ...]:
        """Return the memory sizes, in the order given and without duplicates."""
        if value == "ALL":
            return self.all_mb
        if not isinstance(value, list | tuple) or not value:
            self.refuse(name, value)
        memories_mb = tuple(dict.fromkeys(self._memory_mb(name, item) for item in value))
        if len(memories_mb) > len(self.all_mb):
            raise InvalidInput(
                field=name,
                value=f"{len(memories_mb)} memory sizes",
                allowed=f"at most {len(self.all_mb)}, as many as ALL",
            )
        return memories_mb

    def _memory_mb(self, name: str, item: object) -> int:
        memory_mb = parse_int(item)
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
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,7}", value.strip()):
        return int(value)
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None
