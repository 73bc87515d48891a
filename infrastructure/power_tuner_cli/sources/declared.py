"""A function as a file declares it, and the change of its memory size: one number or one line, and nothing else."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from power_tuner_cli.errors import CliError

if TYPE_CHECKING:
    from collections.abc import Sequence

# TypeScript and Python let people write 1_024.
_DIGITS = re.compile("[1-9][0-9_]*")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the file, in characters: from `start`, up to `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Addition:
    """Where a memory size can be written that does not stand there yet: `before`, the number, `after`."""

    at: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DeclaredFunction:
    """A function that a file declares.

    Attributes:
        name: What the file calls it.
        key: What its memory size is called there.
        may_be_deployed: Whether the function that was tuned may be this one.
        own: Where its memory size stands; None if it has none of its own.
        inherited: Where the memory size of all functions without one stands.
        default_mb: What it has if the file says nothing.
        addition: Where a memory size of its own can be added; None for nowhere.
        obstacle: Why it cannot be changed safely; None if it can.
    """

    name: str
    key: str
    may_be_deployed: bool
    own: Span | None = None
    inherited: Span | None = None
    default_mb: int = 128
    addition: Addition | None = None
    obstacle: str | None = None


def changed(
    text: str, functions: "Sequence[DeclaredFunction]", *, deployed: str, entry: str | None, from_mb: int, to_mb: int
) -> str:
    """Return the file with another memory size of one function.

    Args:
        text: The file.
        functions: What it declares.
        deployed: The name of the function as it is deployed.
        entry: What the file calls it; None to find it by its name.
        from_mb: The memory size that was measured as today's.
        to_mb: The memory size to write.

    Raises:
        CliError: The function is not found or not the only one, its memory size is no number there, is shared with
            others, or is not the one that was measured.
    """
    function = _chosen(functions, deployed, entry)
    if function.obstacle is not None:
        raise CliError(f"{function.obstacle}: change it by hand.")
    said = function.own or function.inherited
    today_mb = _number(text, said, function) if said else function.default_mb
    if today_mb == to_mb:
        raise CliError(f"{function.name} has {to_mb} MB in this file already.")
    if today_mb != from_mb:
        raise CliError(
            f"{function.name} has {today_mb} MB in this file, but {from_mb} MB when it was measured: tune the function "
            "again as the file declares it."
        )
    if function.own is not None:
        start, end = function.own.start, function.own.end
        return text[:start] + _DIGITS.sub(str(to_mb), text[start:end], count=1) + text[end:]
    if function.addition is None:
        raise CliError(
            f"{function.name} has no memory size in this file, and no place for a line of its own: add "
            f"{function.key} with {to_mb} by hand."
        )
    added = function.addition
    return f"{text[: added.at]}{added.before}{to_mb}{added.after}{text[added.at :]}"


def _chosen(functions: "Sequence[DeclaredFunction]", deployed: str, entry: str | None) -> DeclaredFunction:
    names = ", ".join(each.name for each in functions) or "none"
    if entry is None:
        found = [each for each in functions if each.may_be_deployed]
        if len(found) != 1:
            raise CliError(
                f"{len(found) or 'No'} functions of this file may be {deployed}. Name one as FILE:NAME, of: {names}."
            )
        return found[0]
    found = [each for each in functions if each.name == entry] or [
        each for each in functions if each.name.rpartition(".")[2] == entry
    ]
    if not found:
        raise CliError(f"This file declares no function {entry}; it has: {names}.")
    if len(found) > 1:
        raise CliError(f"This file declares {len(found)} functions called {entry}: change it by hand.")
    return found[0]


def _number(text: str, place: Span, function: DeclaredFunction) -> int:
    written = text[place.start : place.end]
    bare = written[1:-1] if written[:1] in ("'", '"') and written[-1:] == written[:1] else written
    if not _DIGITS.fullmatch(bare):
        shown = " ".join(written.split())[:60]
        raise CliError(
            f"{function.key} of {function.name} is no number in this file ({shown}): change it where it comes from."
        )
    return int(bare)
