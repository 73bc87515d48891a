"""The bench's figures, some with a bar that they must not exceed."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    note: str = ""

    @property
    def missed(self) -> bool:
        """Return whether the number is over its bar."""
        return self.bar is not None and self.value > self.bar


def table(title: str, figures: list[Figure]) -> Table:
    """Return the figures as a table."""
    rows = Table("", title=title, title_justify="left")
    rows.add_column("measured", justify="right")
    rows.add_column("at most", justify="right")
    rows.add_column("")
    for each in figures:
        style = "red" if each.missed else None
        bar = "" if each.bar is None else f"{_number(each.bar)} {each.unit}"
        rows.add_row(each.name, f"{_number(each.value)} {each.unit}", bar, each.note, style=style)
    return rows


def _number(value: float) -> str:
    return f"{value:,.1f}" if value != int(value) else f"{value:,.0f}"
