"""The curve of a panel: what is measured is told from what is believed."""

import re

from power_tuner.report.axes import MemoryAxis, ValueAxis
from power_tuner.report.believed import Believed
from power_tuner.report.curve import render_curve

AXIS = MemoryAxis(128, 1024)
SCALE = ValueAxis.fit([0, 100], [], 0, 200)


def drawn(*believed: Believed) -> str:
    return render_curve(believed, AXIS, SCALE)


def test_a_line_joins_what_was_measured() -> None:
    """In the order of the memory sizes; there is no band where no interval is known."""
    page = drawn(Believed(1024, 20), Believed(128, 80), Believed(512, 40))

    starts = [float(each) for each in re.findall(r'd="M([\d.]+) ', page)]
    assert [4.0, 65.333] == starts
    assert "predicted" not in page
    assert "band" not in page


def test_what_was_not_invoked_is_dashed_and_open() -> None:
    """On both sides of it, and its mark says so."""
    guess = Believed(256, 60, (30, 95), "256 MB, not invoked")

    page = drawn(Believed(128, 80, (70, 90)), guess, Believed(512, 40, (39, 41)))

    assert 2 == page.count('class="predicted"')
    assert "<title>256 MB, not invoked</title>" in page
    assert 1 == page.count('class="band"')


def test_one_memory_size_has_no_line() -> None:
    """There is nothing to join."""
    assert not drawn(Believed(128, 80))
