"""A run's curves in the terminal: duration and cost by memory size."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from power_tuner.report.figures import (
    duration_text,
    money_text,
    outcome_text,
    per_million,
)
from power_tuner.tuning.result import Branch, MeasuredBranch, Result

_MAX_COLUMNS = 100
_ROWS = 16
_LABEL_COLUMNS = 7
_VALUE_COLUMNS = 9
_HEADROOM = 1.08
MEASURED, CHOSEN, CURRENT, FAILED = "●", "◆", "○", "×"  # noqa: RUF001 - a cross is intended


@dataclass(frozen=True, slots=True)
class _Curve:
    title: str
    value_of: Callable[[MeasuredBranch], float]
    write: Callable[[float], str]


def _curves(currency: str) -> tuple[_Curve, ...]:
    return (
        _Curve("Mean duration", lambda branch: branch.average_duration_ms, duration_text),
        _Curve(
            "Cost of a million invocations",
            lambda branch: per_million(branch.average_cost_usd),
            lambda amount: money_text(amount, currency),
        ),
    )


def render_plot(result: Result, columns: int) -> Text:
    """Return both panels for a terminal of this width; empty when nothing was measured."""
    branches = sorted(result.branches, key=lambda branch: branch.memory_mb)
    if not any(isinstance(branch, MeasuredBranch) for branch in branches):
        return Text()
    markers = {result.comparison.current_memory_mb: CURRENT} if result.comparison else {}
    if result.decision:
        markers[result.decision.memory_mb] = CHOSEN
    width = min(columns, _MAX_COLUMNS)
    panels = [_panel(curve, branches, markers, width) for curve in _curves(result.spent.currency)]
    plot = Text("\n".join([*panels, _legend(branches)]))
    plot.highlight_regex(f"[{MEASURED}]", "blue")
    plot.highlight_regex(f"[{CHOSEN}]", "bold green")
    plot.highlight_regex(f"[{FAILED}]", "red")
    return plot


def _panel(curve: _Curve, branches: Sequence[Branch], markers: Mapping[int, str], width: int) -> str:
    import plotext

    figure: Any = plotext.figure
    figure.clear()
    figure.plot_size(width, _ROWS)
    figure.title(curve.title)
    highest = max(curve.value_of(branch) for branch in branches if isinstance(branch, MeasuredBranch))
    for branch in branches:
        # At the top, because zero would be a value.
        marker, height = FAILED, highest
        if isinstance(branch, MeasuredBranch):
            marker, height = markers.get(branch.memory_mb, MEASURED), curve.value_of(branch)
        figure.draw(figure.signal([math.log2(branch.memory_mb)], [height], marker=marker))
    top = highest * _HEADROOM or 1.0
    labels = ["0", curve.write(top / 2), curve.write(top)]
    figure.ruler("y").lim(0.0, top)
    figure.ruler("y").ticks([0.0, top / 2, top], [label.rjust(_VALUE_COLUMNS) for label in labels])
    figure.ruler("x").ticks(*_memory_labels([branch.memory_mb for branch in branches], width))
    drawn: str = figure.build().string(colorless=True)
    return "\n".join(line.rstrip() for line in drawn.rstrip("\n").splitlines())


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


def _legend(branches: Sequence[Branch]) -> str:
    failures = sorted({outcome_text(branch.outcome) for branch in branches if not isinstance(branch, MeasuredBranch)})
    failed = f"   {FAILED} failed ({', '.join(failures)})" if failures else ""
    return f"memory in MB, logarithmic   {CHOSEN} chosen   {CURRENT} current   {MEASURED} measured{failed}"
