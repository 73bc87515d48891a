"""A run's curves in the terminal."""

import pytest

from power_tuner_cli.result_plot import IN_ASCII, ON_PAGES, SIGNS, Signs, render_plot
from results import SIX_VALUES, branch, classic_result, failed_branch, smart_result

BRAILLE = {chr(code) for code in range(0x2801, 0x2900)}


def drawn(lines: list[str]) -> list[str]:
    """Return what lies within the frames of the panels."""
    return [line[10:] for line in lines if line[9:10] in tuple("│┤|+") and line[10:11] not in tuple("┬+-")]


def test_a_failed_size_is_not_drawn_at_zero() -> None:
    """Its cross is at the top of both panels: zero would be a value."""
    result = classic_result([failed_branch(128), *(branch(memory_mb) for memory_mb in SIX_VALUES[1:])])
    lines = render_plot(result, 80).plain.splitlines()
    tops = [number for number, line in enumerate(lines) if "┌" in line]
    crosses = [number for number, line in enumerate(lines) if f"│{SIGNS.failed}" in line]

    assert 2 == len(tops) == len(crosses)
    assert all(cross - top < 4 for top, cross in zip(tops, crosses, strict=True))


@pytest.mark.parametrize("columns", [60, 80, 100])
@pytest.mark.parametrize("signs", [SIGNS, ON_PAGES, IN_ASCII])
def test_a_line_goes_through_what_is_believed(columns: int, signs: Signs) -> None:
    """From the smallest memory size to the largest, every column of both panels has a part of it."""
    lines = drawn(render_plot(smart_result(), columns, signs).plain.splitlines())
    half = len(lines) // 2

    for panel in (lines[:half], lines[half:]):
        inner = [line.rstrip("│|").ljust(columns) for line in panel]
        assert all(any(line[column] != " " for line in inner) for column in range(columns - 11))


def test_a_memory_size_that_was_not_measured_is_drawn_as_one() -> None:
    """With a mark of its own and a dotted line; measured ones have another."""
    plot = render_plot(smart_result(), 80).plain

    assert plot.count(SIGNS.predicted) == 2 * 2 + 1
    assert plot.count(SIGNS.measured) == 2 * 2 + 1
    assert SIGNS.expected in plot
    assert "believed, not measured" in plot
    assert SIGNS.expected not in render_plot(classic_result(), 80).plain
    assert not BRAILLE & {*render_plot(classic_result(), 80, ON_PAGES).plain}


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    """What the signs mean included; where there is room for both, the panels lie beside each other."""
    lines = render_plot(smart_result(), columns).plain.splitlines()

    assert max(map(len, lines)) <= columns
    assert len(lines) < 20 if columns == 200 else len(lines) > 30


def test_other_encodings_have_a_chart_of_their_own() -> None:
    """Of nothing but ASCII, with the same meaning."""
    plot = render_plot(smart_result(), 80, IN_ASCII).plain

    assert plot.isascii()
    assert "# chosen   o current   * measured" in plot
