"""A list in the terminal: a table where it fits, else a narrower one, else records; no text is cut or lost."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

# Wide enough for any table: what it would need is measured.
_ANY_WIDTH = 10_000
# Before a bracket, after a comma, or before the last word: what comes first.
_BREAK = re.compile(r" (?=\()|(?<=,) | (?=\S+$)")

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed; to be printed with `soft_wrap=True`.

    Attributes:
        headings: Of the columns; the first names the rows.
        rows: Their texts.
        figures: The headings whose texts are figures.
        title: Of the whole; none if empty.
        breaking: The headings whose texts may have two lines where that makes the table fit, as the headings then have.
        styles: Of the rows; those without one are plain.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: frozenset[str] = frozenset()
    title: str = ""
    breaking: frozenset[str] = frozenset()
    styles: Sequence[str] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield a table that is not wider than the console, else the records."""
        headings = frozenset(self.headings if self.breaking else ())
        # As it is, then with headings on two lines, then with texts on two lines too.
        for broken, breaking in dict.fromkeys([(_NONE, _NONE), (headings, _NONE), (headings, self.breaking)]):
            table = self._table(broken, breaking)
            needed = Measurement.get(console, options.update(width=_ANY_WIDTH, max_width=_ANY_WIDTH), table)
            if needed.maximum <= options.max_width:
                yield table
                return
        if self.title:
            yield Text(f"{self.title}\n", style="bold")
        yield from self._records()

    def _table(self, broken: frozenset[str], breaking: frozenset[str]) -> Table:
        title = escape(self.title) or None
        table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        used = [index for index in range(len(self.headings)) if any(row[index] for row in self.rows)]
        for heading in (self.headings[index] for index in used):
            shown = _broken(heading) if heading in broken else heading
            table.add_column(shown, no_wrap=True, justify="right" if heading in self.figures else "left")
        for row, style in zip_longest(self.rows, self.styles):
            texts = (_broken(row[index]) if self.headings[index] in breaking else row[index] for index in used)
            table.add_row(*map(escape, texts), style=style)
        return table

    def _records(self) -> Iterator[Text]:
        width = max(map(len, self.headings[1:]), default=0)
        for (name, *values), style in zip_longest(self.rows, self.styles):
            yield Text(name, style=style or "bold", no_wrap=True, overflow="ignore")
            for heading, value in zip(self.headings[1:], values, strict=True):
                if value:
                    yield Text(f"  {heading:{width}}  {value}", no_wrap=True, overflow="ignore")
            yield Text("")


def _broken(text: str) -> str:
    """Return a text on two lines."""
    return _BREAK.sub("\n", text, count=1)
