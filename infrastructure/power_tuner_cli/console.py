"""The output of a command: results on stdout, messages on stderr; with --json, one document alone on stdout."""

import csv
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

_PIPE_COLUMNS = 120


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

    def print_csv(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Print rows as CSV to stdout, with one column for each name."""
        writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

    def print_message(self, message: str) -> None:
        """Print a message to stderr."""
        self.messages.print(escape(message), soft_wrap=True)


def open_screen(*, as_json: bool) -> Screen:
    """Return the screen of a command."""
    output = Console(quiet=as_json, highlight=False)
    if not output.is_terminal:
        output.width = max(output.width, _PIPE_COLUMNS)
    return Screen(as_json, output, Console(stderr=True, no_color=as_json, highlight=False))
