"""A run's curves in the terminal: duration and cost by memory size, a line through what is believed of each."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from typing import Any

from rich.text import Text

from power_tuner.report.believed import Believed, costs_believed, durations_believed
from power_tuner.report.figures import duration_text, money_text, outcome_text
from power_tuner.tuning.result import Branch, MeasuredBranch, Result

_MAX_COLUMNS = 100
# Of two panels beside each other.
_LEAST_COLUMNS = 70
_BETWEEN = "  "
_ROWS = 16
_LABEL_COLUMNS = 7
_VALUE_COLUMNS = 9
_HEADROOM = 1.08


@dataclass(frozen=True, slots=True)
class Signs:
    """What points and lines are drawn with.

    Attributes:
        line: between measured memory sizes; a character, or plotext's name of several.
        expected: the line next to a memory size that was not measured.
        frame: replaces the characters of plotext's frame.
    """

    measured: str = "●"
    chosen: str = "◆"
    current: str = "○"
    predicted: str = "◌"
    failed: str = "×"  # noqa: RUF001 - a cross is intended
    line: str = "braille"
    expected: str = "·"
    frame: Mapping[int, int | str] = field(default_factory=dict)


SIGNS = Signs()
# For pages, whose fonts often have wide Braille, if any.
ON_PAGES = Signs(line="─")
# For encodings that have nothing else.
IN_ASCII = Signs("*", "#", "o", "?", "x", "-", ".", str.maketrans("─│┌┐└┘├┤┬┴┼", "-|+++++++++"))


@dataclass(frozen=True, slots=True)
class _Curve:
    title: str
    believed: Sequence[Believed]
    write: Callable[[float], str]


def render_plot(result: Result, columns: int, signs: Signs = SIGNS) -> Text:
    """Return both panels for a terminal of this width; empty when nothing was measured."""
    branches = sorted(result.branches, key=lambda branch: branch.memory_mb)
    measured = [branch for branch in branches if isinstance(branch, MeasuredBranch)]
    if not measured:
        return Text()
    failed = [branch for branch in branches if not isinstance(branch, MeasuredBranch)]
    currency = result.spent.currency
    curves = (
        _Curve("Mean duration", durations_believed(measured, result.predictions, currency), duration_text),
        _Curve(
            "Cost of a million invocations",
            costs_believed(measured, result.predictions, currency),
            lambda amount: money_text(amount, currency),
        ),
    )
    marks = {each.memory_mb: signs.predicted for each in result.predictions}
    marks |= {each.memory_mb: signs.measured for each in measured}
    shown = {*marks}
    now_mb = result.target.memory_mb
    if any(each.memory_mb == now_mb for each in measured):
        marks[now_mb] = signs.current
    if result.decision and result.decision.memory_mb in shown:
        marks[result.decision.memory_mb] = signs.chosen
    beside = columns >= 2 * _LEAST_COLUMNS + len(_BETWEEN)
    width = min((columns - len(_BETWEEN)) // 2 if beside else columns, _MAX_COLUMNS)
    first, second = (_panel(curve, marks, failed, width, signs) for curve in curves)
    lines = _beside(first, second, width) if beside else [*first, *second]
    plot = Text("\n".join([*lines, *_legend(marks, failed, signs, columns)]).translate(signs.frame))
    plot.highlight_words([signs.measured], "blue")
    plot.highlight_words([signs.chosen], "bold green")
    plot.highlight_words([signs.failed], "red")
    return plot


def _panel(curve: _Curve, marks: Mapping[int, str], failed: Sequence[Branch], width: int, signs: Signs) -> list[str]:
    import plotext

    # The width is asked for by who knows the stream; what plotext finds may be another terminal, or none.
    drawing: Any = plotext
    drawing.terminal.limit(width=False, height=False)
    figure = drawing.figure
    figure.clear()
    figure.plot_size(width, _ROWS)
    figure.title(curve.title)
    along = sorted(curve.believed, key=lambda each: each.memory_mb)
    highest = max(each.value for each in along)
    for pair in pairwise(along):
        line = signs.expected if any(each.predicted for each in pair) else signs.line
        figure.draw(figure.signal(*_places(pair), marker=line).lines())
    for each in along:
        figure.draw(figure.signal(*_places([each]), marker=marks[each.memory_mb]))
    for branch in failed:
        # At the top, because zero would be a value.
        figure.draw(figure.signal([math.log2(branch.memory_mb)], [highest], marker=signs.failed))
    top = highest * _HEADROOM or 1.0
    labels = ["0", curve.write(top / 2), curve.write(top)]
    figure.ruler("y").lim(0.0, top)
    figure.ruler("y").ticks([0.0, top / 2, top], [label.rjust(_VALUE_COLUMNS) for label in labels])
    memories_mb = sorted([*marks, *(branch.memory_mb for branch in failed)])
    figure.ruler("x").ticks(*_memory_labels(memories_mb, width))
    drawn: str = figure.build().string(colorless=True)
    return [line.rstrip() for line in drawn.rstrip("\n").splitlines()]


def _places(believed: Sequence[Believed]) -> tuple[list[float], list[float]]:
    return [math.log2(each.memory_mb) for each in believed], [each.value for each in believed]


def _beside(left: Sequence[str], right: Sequence[str], width: int) -> list[str]:
    return [f"{one:{width}}{_BETWEEN}{two}".rstrip() for one, two in zip_longest(left, right, fillvalue="")]


def _memory_labels(memories_mb: Sequence[int], width: int) -> tuple[list[float], list[str]]:
    low, high = math.log2(memories_mb[0]), math.log2(memories_mb[-1])
    apart = (high - low) * _LABEL_COLUMNS / width
    places: list[float] = []
    labels: list[str] = []
    for memory_mb in memories_mb:
        at = math.log2(memory_mb)
        if not places or at - places[-1] >= apart:
            places.append(at)
            labels.append(str(memory_mb))
    return places, labels


def _legend(marks: Mapping[int, str], failed: Sequence[Branch], signs: Signs, columns: int) -> list[str]:
    """Return what the signs mean, none of it broken at the end of a line."""
    failures = ", ".join(sorted({outcome_text(branch.outcome) for branch in failed}))
    words = (
        (signs.chosen, "chosen"),
        (signs.current, "current"),
        (signs.measured, "measured"),
        (signs.predicted, "believed, not measured"),
    )
    shown = [f"{sign} {word}" for sign, word in words if sign in marks.values()]
    lines = ["memory in MB, logarithmic"]
    for each in [*shown, *([f"{signs.failed} failed ({failures})"] if failed else [])]:
        longer = f"{lines[-1]}   {each}"
        if len(longer) <= columns:
            lines[-1] = longer
        else:
            lines.append(each)
    return lines
