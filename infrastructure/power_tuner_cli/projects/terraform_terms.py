"""What expressions in Terraform's language are worth: plain values, and those that are not there yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


class Each:
    """What stands for every element: [*] or .* in an expression."""


EACH = Each()


@dataclass(frozen=True, slots=True)
class Traversal:
    """What an expression names: the parts of var.sizes["dev"].memory."""

    parts: tuple[Any, ...]

    @property
    def text(self) -> str:
        """Return it as it is written; indexes are left out, as there is one of each here."""
        return ".".join(str(part) for part in self.parts if not isinstance(part, int | Each))


@dataclass(frozen=True, slots=True)
class Instance:
    """A resource as a whole, whose attributes are worth something only one by one.

    Attributes:
        address: Its address.
        attribute: Returns what one of its attributes is worth.
    """

    address: str
    attribute: Callable[[Any], Any]


def unknown(name: str | list[str]) -> dict[str, Any]:
    """Return what stands for a value that is not known here: as text, by a name under which it can be given."""
    return {"Fn::ImportValue": name}


def is_known(value: Any) -> bool:
    """Return whether nothing in a value is left to be given or to be made."""
    if isinstance(value, dict):
        return not any(key == "Ref" or key.startswith("Fn::") for key in value) and all(map(is_known, value.values()))
    return all(map(is_known, value)) if isinstance(value, list) else True


def is_made(value: Any) -> bool:
    """Return whether a value is one that CloudFormation or a person has to fill in."""
    return (
        isinstance(value, dict)
        and len(value) == 1
        and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::"))
    )


def known(value: Any) -> Any:
    """Return a value in which nothing is left to be given or to be made.

    Raises:
        ValueError: Something is.
    """
    if not is_known(value):
        raise ValueError
    return value


def within(value: Any, keys: Sequence[Any]) -> Any:
    """Return what a value has under keys, one below the other; of every element behind EACH."""
    for number, key in enumerate(keys):
        if key is EACH and not is_made(value):
            # A value that is no list is its only element.
            elements = value if isinstance(value, list) else [] if value is None else [value]
            return [within(each, keys[number + 1 :]) for each in elements]
        value = item(value, key)
    return value


def item(value: Any, key: Any) -> Any:
    """Return what a list or an object has under a key; unknown if it has nothing there."""
    if is_made(value):
        return value
    if isinstance(value, Instance):
        return value.attribute(key)
    if isinstance(value, dict) and isinstance(key, str) and key in value:
        return value[key]
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return unknown([str(key)])


def join(pieces: Sequence[Any], separator: str = "") -> Any:
    """Return pieces as one text, or as CloudFormation's Fn::Join where one of them is not there yet."""
    texts = [each if isinstance(each, dict) else as_text(each) for each in pieces]
    plain = [each for each in texts if isinstance(each, str)]
    return separator.join(plain) if len(plain) == len(texts) else {"Fn::Join": [separator, texts]}


def as_text(value: Any) -> str:
    """Return a plain value as Terraform writes it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value.address if isinstance(value, Instance) else str(value)
