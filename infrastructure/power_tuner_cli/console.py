"""The output of a command: results on stdout, messages on stderr; with --json, one document alone on stdout."""

import csv
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.markup import escape
from rich.segment import Segment

from power_tuner.report.visible_text import visible

_PIPE_COLUMNS = 120
# What stands for the characters of ours that an encoding does not have; others are written as their number.
_SPELLED = str.maketrans("−–×¥→…✓", "--xY>.v")  # noqa: RUF001 - that these are mistaken is why
# How a formula begins in some spreadsheet.
_FORMULA = (*"=+-@\t\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}", "\N{FULLWIDTH COMMERCIAL AT}")


@dataclass(frozen=True, slots=True)
class Screen:
    """The streams that a command writes to.

    Attributes:
        as_json: Whether stdout holds one JSON document and nothing else.
        output: Prints results to stdout; silent with --json and --csv.
        messages: Prints messages to stderr.
    """

    as_json: bool
    output: Console
    messages: Console

    def print_json(self, document: Mapping[str, Any] | Sequence[Any]) -> None:
        """Print a JSON document to stdout if --json was given."""
        if self.as_json:
            print(json.dumps(document, indent=2, default=str))

    def print_document(self, text: str) -> None:
        """Print a document for another program to stdout: in UTF-8, as it says itself, whatever the terminal has."""
        sys.stdout.flush()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
        else:
            print(text, end="")

    def print_csv(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Print rows as CSV to stdout, with one column for each name."""
        writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)

    def print_message(self, message: str) -> None:
        """Print a message to stderr."""
        self.messages.print(escape(message), soft_wrap=True)


def accept_any_text() -> None:
    """Let a character that the encoding of stdout or stderr does not have be written as its number."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def open_screen(*, as_json: bool, document: bool = False) -> Screen:
    """Return the screen of a command; a document of its own is alone on stdout, as JSON is."""
    output = Console(quiet=as_json or document, highlight=False)
    if not output.is_terminal:
        output.width = max(output.width, _PIPE_COLUMNS)
    messages = Console(stderr=True, no_color=as_json, highlight=False)
    for console in (output, messages):
        console.push_render_hook(_ShownAsText())
    return Screen(as_json, output, messages)


class _ShownAsText(RenderHook):
    """Lets no control character of what is printed reach the terminal; the console's own are no text."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Visible(renderable) for renderable in renderables]


@dataclass(frozen=True, slots=True)
class _Visible:
    of: ConsoleRenderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self.of, options):
            yield segment if segment.control else Segment(_spelled(segment.text, console.encoding), segment.style)


def _spelled(text: str, encoding: str) -> str:
    """Return text as it is shown in an encoding."""
    shown = visible(text)
    try:
        shown.encode(encoding)
    except UnicodeEncodeError:
        return shown.translate(_SPELLED)
    return shown


def _cell(value: object) -> object:
    """Return a cell that no spreadsheet computes (OWASP, "CSV Injection"); numbers stay numbers."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
