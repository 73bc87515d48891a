"""The chart of two runs: the curves of both in each panel, on the same axes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from power_tuner.report.axes import MemoryAxis, ValueAxis
from power_tuner.report.believed import Believed, costs_believed, durations_believed, ends_of
from power_tuner.report.curve import render_curve
from power_tuner.report.figures import duration_text, memory_text, money_text
from power_tuner.report.panel import COST, DURATION, TOP_PX, Panel
from power_tuner.report.reference_lines import LABELS_PX, reference_line
from power_tuner.report.ticks import DENSE_FROM, memory_ticks, value_ticks
from power_tuner.tuning.analysis import measured_of
from power_tuner.tuning.result import Result

_KINDS = ("one", "two")
_SIGNS = ("●", "■")


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What both panels share."""

    runs: tuple[Result, Result]
    memories_mb: Sequence[float]
    axis: MemoryAxis

    @property
    def dense(self) -> bool:
        """Return whether there are too many memory sizes for large marks."""
        return len(self.memories_mb) > DENSE_FROM


def render_two_runs_chart(first: Result, second: Result) -> str:
    """Return the two panels as HTML."""
    runs, currency = (first, second), first.spent.currency
    invoked = {float(branch.memory_mb) for result in runs for branch in result.branches}
    memories_mb = sorted(invoked | {float(each.memory_mb) for result in runs for each in result.predictions})
    drawing = _Drawing(runs, memories_mb, MemoryAxis(memories_mb[0], memories_mb[-1]))
    measured = [(measured_of(result.branches), result.predictions, currency) for result in runs]
    return _panel(DURATION, drawing, [durations_believed(*each) for each in measured], duration_text) + _panel(
        COST, drawing, [costs_believed(*each) for each in measured], lambda amount: money_text(amount, currency)
    )


def _panel(panel: Panel, drawing: _Drawing, curves: Sequence[Sequence[Believed]], write: Callable[[float], str]) -> str:
    means = [each.value for curve in curves for each in curve]
    ends = [end for curve in curves for end in ends_of(curve)]
    scale = ValueAxis.fit(means or [1.0], ends, TOP_PX, panel.bottom_px)
    content = value_ticks(scale, write) + memory_ticks(drawing.axis, drawing.memories_mb, scale.bottom_px)
    for place, curve in enumerate(curves):
        decision = drawing.runs[place].decision
        if decision:
            # Not by its name, which may be longer than a phone is wide.
            label = f"{_SIGNS[place]} chosen: {memory_text(decision.memory_mb)}"
            at = drawing.axis.percent(decision.memory_mb)
            content += reference_line(at, scale.bottom_px, _KINDS[place], label, LABELS_PX[place])
        marks = "".join(_mark(each, drawing, scale, place) for each in curve if not each.predicted)
        content += f'<g class="run {_KINDS[place]}">{render_curve(curve, drawing.axis, scale)}{marks}</g>'
    return panel.render(scale, content, dense=drawing.dense)


def _mark(each: Believed, drawing: _Drawing, scale: ValueAxis, place: int) -> str:
    """Return a circle for the first run and a square for the second: they are told apart without colours too."""
    y, radius = scale.px(each.value), 2.0 if drawing.dense else 5.0
    shape = (
        f'<circle class="point" cy="{y}" r="{radius}"/>',
        f'<rect class="point" x="{-radius}" y="{y - radius:.1f}" width="{2 * radius}" height="{2 * radius}"/>',
    )[place]
    return (
        f'<svg class="mark" data-mb="{each.memory_mb}" data-y="{y}" x="{drawing.axis.percent(each.memory_mb)}%" '
        f'width="1" height="1" overflow="visible">{shape}</svg>'
    )
