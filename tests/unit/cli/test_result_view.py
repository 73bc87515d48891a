"""A result in the terminal: whole at any width, and with nothing but ASCII where an encoding has no more."""

import io

import pytest
from rich.console import Console

from power_tuner.tuning.result import Result
from power_tuner_cli.console import Screen, open_screen
from power_tuner_cli.result_view import show_result
from results import SIX_VALUES, branch, classic_result, failed_branch, smart_result

CLASSIC = classic_result([failed_branch(128), *(branch(memory_mb) for memory_mb in SIX_VALUES[1:])])
# What stands in their tables; where a text may have two lines, in two parts.
SMART_CELLS = ["1536 MB", "2,492 ms", "(1,744 to 3,688 ms)", "$4.15", "($2.91 to $6.15)", "under 1 %", "64 MB,", "50%"]
CLASSIC_CELLS = ["1536 MB", "10 (1)", "1,248 ms", "1,235 ms", "1,522 ms", "$4.16", "64 MB,", "25%", "out of memory"]


def shown(result: Result, columns: int, encoding: str = "utf-8") -> list[str]:
    """Return the lines of a result in a terminal."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace")
    screen = open_screen(as_json=False)
    console = Console(file=stream, width=columns, highlight=False)
    console._render_hooks = screen.output._render_hooks
    show_result(Screen(as_json=False, output=console, messages=console), result)
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(encoding).splitlines()


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
@pytest.mark.parametrize(("result", "cells"), [(smart_result(), SMART_CELLS), (CLASSIC, CLASSIC_CELLS)])
def test_no_column_is_lost_at_any_width(result: Result, cells: list[str], columns: int) -> None:
    """Each figure is whole, and no line of the table is wider than the terminal."""
    lines = shown(result, columns)
    table = lines[: next(number for number, line in enumerate(lines) if "Mean duration" in line)]

    assert [] == [cell for cell in cells if not any(cell in line for line in table)]
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in table)
    assert max(len(line.rstrip()) for line in table if "failed" not in line and "ran out" not in line) <= columns


def test_at_80_columns_it_is_a_table() -> None:
    """With a line for each memory size, or two; at 60 each figure has a line of its own."""
    assert any("1536 MB ◆        6" in line for line in shown(smart_result(), 80))
    assert any("1536 MB ◆   10 (1)" in line for line in shown(CLASSIC, 80))
    assert "  per million (between)  $4.15 ($2.91 to $6.15)" in shown(smart_result(), 60)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_an_encoding_without_signs_has_words_and_letters(encoding: str) -> None:
    """No sign of ours is written as its number."""
    for result in (smart_result(), CLASSIC):
        text = "\n".join(shown(result, 80, encoding))

        assert "\\u" not in text
        assert "\\x" not in text
        assert "1536 MB #" in text
