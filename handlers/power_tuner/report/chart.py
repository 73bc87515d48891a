"""The report's chart: duration and cost against memory, what was measured and what is believed, in two panels."""

from collections.abc import Sequence
from dataclasses import dataclass

from power_tuner.report.axes import MemoryAxis, ValueAxis
from power_tuner.report.believed import costs_believed, durations_believed, ends_of
from power_tuner.report.curve import render_curve
from power_tuner.report.figures import duration_text, money_text
from power_tuner.report.marks import Marks, duration_ends
from power_tuner.report.panel import COST, DURATION, TOP_PX, Panel
from power_tuner.report.reference_lines import reference_lines
from power_tuner.report.ticks import DENSE_FROM, memory_ticks, untried_ticks, value_ticks
from power_tuner.tuning.result import Branch, FailedBranch, MeasuredBranch, Prediction


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What both panels share."""

    measured: Sequence[MeasuredBranch]
    failed: Sequence[FailedBranch]
    predictions: Sequence[Prediction]
    current_memory_mb: int
    memories_mb: Sequence[float]
    untried_memories_mb: Sequence[float]
    marks: Marks


def render_chart(
    branches: Sequence[Branch],
    chosen_memory_mb: int | None,
    current_memory_mb: int,
    *,
    predictions: Sequence[Prediction] = (),
    untried_memories_mb: Sequence[float] = (),
    currency: str = "USD",
) -> str:
    """Return the two panels as HTML; empty if there is no branch.

    Args:
        branches: in the order of their memory.
        chosen_memory_mb: the decision, None if nothing was decided.
        current_memory_mb: the memory before the run.
        predictions: what the smart mode believes of candidates that it did not invoke.
        untried_memories_mb: these candidates.
        currency: of all costs.
    """
    if not branches:
        return ""
    memories_mb = sorted([*(float(branch.memory_mb) for branch in branches), *untried_memories_mb])
    axis = MemoryAxis(min(*memories_mb, current_memory_mb), max(*memories_mb, current_memory_mb))
    drawing = _Drawing(
        [branch for branch in branches if isinstance(branch, MeasuredBranch)],
        [branch for branch in branches if isinstance(branch, FailedBranch)],
        predictions,
        current_memory_mb,
        memories_mb,
        untried_memories_mb,
        Marks(axis, chosen_memory_mb, currency, dense=len(branches) > DENSE_FROM),
    )
    return _durations(drawing) + _costs(drawing) if drawing.measured else _durations(drawing)


def _durations(drawing: _Drawing) -> str:
    believed = durations_believed(drawing.measured, drawing.predictions, drawing.marks.currency)
    ends = [*ends_of(believed), *(end for branch in drawing.measured for end in duration_ends(branch))]
    scale = ValueAxis.fit([each.value for each in believed] or [1.0], ends, TOP_PX, DURATION.bottom_px)
    ticks = value_ticks(scale, duration_text) if drawing.measured else ""
    marks = "".join(drawing.marks.duration(branch, scale) for branch in drawing.measured)
    return _panel(DURATION, drawing, scale, ticks + render_curve(believed, drawing.marks.axis, scale) + marks)


def _costs(drawing: _Drawing) -> str:
    currency = drawing.marks.currency
    believed = costs_believed(drawing.measured, drawing.predictions, currency)
    scale = ValueAxis.fit([each.value for each in believed], ends_of(believed), TOP_PX, COST.bottom_px)
    ticks = value_ticks(scale, lambda amount: money_text(amount, currency))
    marks = "".join(drawing.marks.cost(branch, scale) for branch in drawing.measured)
    return _panel(COST, drawing, scale, ticks + render_curve(believed, drawing.marks.axis, scale) + marks)


def _panel(panel: Panel, drawing: _Drawing, scale: ValueAxis, content: str) -> str:
    marks, bottom_px = drawing.marks, scale.bottom_px
    lines = reference_lines(
        marks.axis,
        bottom_px,
        marks.chosen_memory_mb,
        drawing.current_memory_mb,
        current_was_measured=drawing.current_memory_mb in {branch.memory_mb for branch in drawing.measured},
    )
    below = memory_ticks(marks.axis, drawing.memories_mb, bottom_px)
    below += untried_ticks(marks.axis, drawing.untried_memories_mb, bottom_px)
    return panel.render(scale, lines + below + content + marks.failures(drawing.failed, scale), dense=marks.dense)
