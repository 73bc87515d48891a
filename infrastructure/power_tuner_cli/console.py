"""Where output goes: results to stdout, all else to stderr; with --json one document and nothing else."""

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
    """What a command writes to.

    Attributes:
        as_json: Whether stdout belongs to one JSON document.
        people: Shows results to people; silent with --json.
        messages: Shows what goes on, on stderr.
    """

    as_json: bool
    people: Console
    messages: Console

    def document(self, document: Mapping[str, Any] | Sequence[Any]) -> None:
        """Write the one JSON document, if it was asked for."""
        if self.as_json:
            print(json.dumps(document, indent=2, default=str))

    def rows(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows as CSV to stdout, a column for each name."""
        writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

    def say(self, message: str) -> None:
        """Tell people what goes on."""
        self.messages.print(escape(message), soft_wrap=True)


def open_screen(*, as_json: bool) -> Screen:
    """Open the screen for a command."""
    people = Console(quiet=as_json, highlight=False)
    if not people.is_terminal:
        people.width = max(people.width, _PIPE_COLUMNS)
    return Screen(as_json, people, Console(stderr=True, no_color=as_json, highlight=False))
