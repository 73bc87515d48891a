"""A list in the terminal: a table where it fits, else one record below the other; no text is cut or lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

# Wide enough for any table: what it would need is measured.
_ANY_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed; to be printed with `soft_wrap=True`.

    Attributes:
        headings: Of the columns; the first names the rows.
        rows: Their texts.
        figures: The headings whose texts are figures.
        title: Of the whole; none if empty.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    figures: frozenset[str] = frozenset()
    title: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """Yield a table if it is not wider than the console, else the records."""
        table = self._table()
        needed = Measurement.get(console, options.update(width=_ANY_WIDTH, max_width=_ANY_WIDTH), table)
        if needed.maximum <= options.max_width:
            yield table
            return
        if self.title:
            yield Text(f"{self.title}\n", style="bold")
        yield from self._records()

    def _table(self) -> Table:
        title = escape(self.title) or None
        table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        used = [index for index in range(len(self.headings)) if any(row[index] for row in self.rows)]
        for heading in (self.headings[index] for index in used):
            table.add_column(heading, no_wrap=True, justify="right" if heading in self.figures else "left")
        for row in self.rows:
            table.add_row(*(escape(row[index]) for index in used))
        return table

    def _records(self) -> Iterator[Text]:
        width = max(map(len, self.headings[1:]), default=0)
        for name, *values in self.rows:
            yield Text(name, style="bold", no_wrap=True, overflow="ignore")
            for heading, value in zip(self.headings[1:], values, strict=True):
                if value:
                    yield Text(f"  {heading:{width}}  {value}", no_wrap=True, overflow="ignore")
            yield Text("")
