"""The report's chart: duration and cost against memory, as two stacked SVG panels.

Horizontal positions are percentages and vertical ones pixels, so that the chart fits a phone and a wide screen
with letters of the same size. Only measured values are drawn; nothing is interpolated between them. A branch of a
smart run shows the intervals of its mean duration and cost, one of a classic run the spread of its samples.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from power_tuner.report.axes import MemoryAxis, ValueAxis
from power_tuner.report.curve import Believed, render_curve
from power_tuner.report.figures import (
    duration_text,
    memory_text,
    money_text,
    outcome_text,
    per_million,
    range_text,
)
from power_tuner.tuning.result import Branch, EstimatedBranch, FailedBranch, Interval, MeasuredBranch, Prediction

_DENSE_FROM = 40
_LABEL_GAP_PERCENT = 6.5
_PHONE_LABEL_GAP_PERCENT = 12.0
_FAILURE_LABEL_GAP_PERCENT = 6.0
_LEFT_THIRD, _RIGHT_THIRD = 33.3, 66.7
_TOP_PX = 52
_DURATION_HEIGHT_PX = 300
_COST_HEIGHT_PX = 250
_FOOTER_PX = 26
_LARGEST_POINT_PX = 8.0
_CROSS_PX = 6


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What both panels share."""

    axis: MemoryAxis
    chosen_memory_mb: int | None
    dense: bool
    lines: str
    memory_ticks: str
    currency: str
    predictions: Sequence[Prediction]

    def money(self, amount: float) -> str:
        """Return an amount of money as text."""
        return money_text(amount, self.currency)


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
    memories = sorted([*(float(branch.memory_mb) for branch in branches), *untried_memories_mb])
    axis = MemoryAxis(min(*memories, current_memory_mb), max(*memories, current_memory_mb))
    measured = [branch for branch in branches if isinstance(branch, MeasuredBranch)]
    failed = [branch for branch in branches if isinstance(branch, FailedBranch)]
    was_measured = current_memory_mb in {branch.memory_mb for branch in measured}
    drawing = _Drawing(
        axis,
        chosen_memory_mb,
        len(branches) > _DENSE_FROM,
        _reference_lines(axis, chosen_memory_mb, current_memory_mb, current_was_measured=was_measured),
        _memory_ticks(axis, memories) + _untried_ticks(axis, untried_memories_mb),
        currency,
        predictions,
    )
    duration = _duration_panel(drawing, measured, failed)
    return duration + _cost_panel(drawing, measured, failed) if measured else duration


def _duration_panel(drawing: _Drawing, measured: Sequence[MeasuredBranch], failed: Sequence[FailedBranch]) -> str:
    believed = [
        Believed(branch.memory_mb, branch.average_duration_ms, _duration_interval(branch)) for branch in measured
    ]
    believed += [
        Believed(each.memory_mb, each.duration_ms, each.duration_interval_ms, predicted=True)
        for each in drawing.predictions
    ]
    ends = [end for branch in measured for end in _duration_ends(branch)]
    scale = ValueAxis.fit([*_values(believed), *ends] or [1.0], _TOP_PX, _DURATION_HEIGHT_PX - _FOOTER_PX)
    marks = render_curve(believed, drawing.axis, scale, duration_text)
    marks += "".join(_duration_mark(drawing, branch, scale) for branch in measured)
    ticks = _value_ticks(scale, duration_text) if measured else ""
    return _panel(
        drawing,
        "duration",
        "Duration of one invocation",
        scale,
        ticks + marks + _failures(drawing, failed, scale),
    )


def _cost_panel(drawing: _Drawing, measured: Sequence[MeasuredBranch], failed: Sequence[FailedBranch]) -> str:
    believed = [
        Believed(branch.memory_mb, per_million(branch.average_cost_usd), _millions(_cost_ends(branch)))
        for branch in measured
    ]
    believed += [
        Believed(each.memory_mb, per_million(each.cost_usd), _millions(each.cost_interval_usd), predicted=True)
        for each in drawing.predictions
    ]
    scale = ValueAxis.fit(_values(believed), _TOP_PX, _COST_HEIGHT_PX - _FOOTER_PX)
    marks = render_curve(believed, drawing.axis, scale, drawing.money)
    marks += "".join(_cost_mark(drawing, branch, scale) for branch in measured)
    ticks = _value_ticks(scale, drawing.money)
    return _panel(
        drawing,
        "cost",
        "Cost of a million invocations",
        scale,
        ticks + marks + _failures(drawing, failed, scale),
    )


def _panel(drawing: _Drawing, name: str, title: str, scale: ValueAxis, content: str) -> str:
    bottom = f"{scale.bottom_px:.0f}"
    scale_note = " · logarithmic scale" if scale.logarithmic else ""
    density = " dense" if drawing.dense else ""
    return (
        f'<h3 id="{name}-title">{title}<small>{scale_note}</small></h3>'
        f'<div class="plot"><svg class="{name}{density}" role="img" width="100%" '
        f'height="{scale.bottom_px + _FOOTER_PX:.0f}" aria-labelledby="{name}-title {name}-desc">'
        f'<desc id="{name}-desc">{title} against memory; the table below holds every figure.</desc>'
        f'<line class="axis" x1="0" x2="100%" y1="{bottom}" y2="{bottom}"/>'
        f"{drawing.lines.replace('BOTTOM', bottom)}{drawing.memory_ticks.replace('BOTTOM', bottom)}"
        f"{content}</svg></div>"
    )


def _value_ticks(scale: ValueAxis, write: Callable[[float], str]) -> str:
    ticks = ""
    for tick in scale.ticks:
        at = scale.px(tick)
        ticks += (
            f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>'
            f'<text class="tick value" x="-8" y="{at}" dy=".32em">{escape(_tick_text(tick, write))}</text>'
        )
    return ticks


def _tick_text(tick: float, write: Callable[[float], str]) -> str:
    if tick == 0:
        return "0"
    number, _, unit = write(tick).partition(" ")
    whole, _, decimals = number.partition(".")
    decimals = decimals.rstrip("0")
    if decimals and not unit:
        decimals = decimals.ljust(2, "0")
    return f"{whole}{'.' if decimals else ''}{decimals} {unit}".strip()


def _memory_ticks(axis: MemoryAxis, memories: Sequence[float]) -> str:
    candidates = memories
    if len(memories) > _DENSE_FROM:
        candidates = [memory for memory in memories if math.log2(memory).is_integer()] + [memories[-1]]
    ticks = ""
    last = memories[-1]
    last_wide = last_phone = -math.inf
    for memory in candidates:
        at, room = axis.percent(memory), axis.percent(last) - axis.percent(memory)
        if at - last_wide < _LABEL_GAP_PERCENT or 0 < room < _LABEL_GAP_PERCENT:
            continue
        last_wide = at
        on_phone = at - last_phone >= _PHONE_LABEL_GAP_PERCENT and not 0 < room < _PHONE_LABEL_GAP_PERCENT
        last_phone = at if on_phone else last_phone
        ticks += (
            f'<svg x="{at}%" y="BOTTOM" width="1" height="1" overflow="visible">'
            f'<text class="tick{"" if on_phone else " wide-only"}" y="18" text-anchor="middle">'
            f"{memory:.0f}</text></svg>"
        )
    return ticks


def _untried_ticks(axis: MemoryAxis, untried_memories_mb: Sequence[float]) -> str:
    return "".join(
        f'<svg class="untried" x="{axis.percent(memory)}%" y="BOTTOM" width="1" height="1" overflow="visible">'
        f'<title>{memory_text(memory)}: not tried</title><line y1="-9" y2="0"/></svg>'
        for memory in untried_memories_mb
    )


def _reference_lines(
    axis: MemoryAxis, chosen_memory_mb: int | None, current_memory_mb: int, *, current_was_measured: bool
) -> str:
    lines = ""
    if chosen_memory_mb is not None:
        words = "chosen and current" if chosen_memory_mb == current_memory_mb else "chosen"
        lines += _reference_line(
            axis.percent(chosen_memory_mb), "chosen", f"◆ {words}: {memory_text(chosen_memory_mb)}", 14
        )
    if current_memory_mb != chosen_memory_mb:
        note = "" if current_was_measured else ", not measured"
        label = f"▽ current: {memory_text(current_memory_mb)}{note}"
        lines += _reference_line(axis.percent(current_memory_mb), "current", label, 34)
    return lines


def _reference_line(at: float, kind: str, label: str, label_y: int) -> str:
    anchor, shift = ("start", -6) if at < _LEFT_THIRD else ("end", 6) if at > _RIGHT_THIRD else ("middle", 0)
    return (
        f'<line class="reference {kind}" x1="{at}%" x2="{at}%" y1="{label_y + 6}" y2="BOTTOM"/>'
        f'<svg x="{at}%" width="1" height="1" overflow="visible">'
        f'<text class="reference {kind}" x="{shift}" y="{label_y}" text-anchor="{anchor}">{label}</text>'
        "</svg>"
    )


def _duration_interval(branch: MeasuredBranch) -> tuple[float, ...]:
    """Return what holds the mean; nothing where only the spread of samples is known."""
    return branch.duration_interval_ms if isinstance(branch, EstimatedBranch) else ()


def _millions(ends: Sequence[float]) -> tuple[float, ...]:
    return tuple(per_million(end) for end in ends)


def _values(believed: Sequence[Believed]) -> list[float]:
    return [value for each in believed for value in (each.value, *each.interval)]


def _duration_ends(branch: MeasuredBranch) -> Interval:
    """Return the ends of a branch's mark."""
    if isinstance(branch, EstimatedBranch):
        return branch.duration_interval_ms
    return branch.duration_ms.min, branch.duration_ms.p95


def _cost_ends(branch: MeasuredBranch) -> tuple[float, ...]:
    """Return the ends of a branch's mark; nothing if the mark is a point."""
    return branch.cost_interval_usd if isinstance(branch, EstimatedBranch) else ()


def _duration_mark(drawing: _Drawing, branch: MeasuredBranch, scale: ValueAxis) -> str:
    point = _point(drawing, branch, scale.px(branch.average_duration_ms))
    if isinstance(branch, EstimatedBranch):
        bounds = branch.duration_interval_ms
        title = (
            f"{memory_text(branch.memory_mb)}: mean {duration_text(branch.average_duration_ms)} "
            f"({range_text(bounds, duration_text)}), {branch.samples} samples"
        )
        return _mark(drawing, branch, title, _interval(drawing, bounds, scale) + point)
    spread = branch.duration_ms
    low, p25, p75, high = (scale.px(end) for end in (spread.min, spread.p25, spread.p75, spread.p95))
    half_box = 1.5 if drawing.dense else 11
    title = (
        f"{memory_text(branch.memory_mb)}: mean {duration_text(branch.average_duration_ms)}, "
        f"half of the samples between {duration_text(spread.p25)} and {duration_text(spread.p75)}, "
        f"p95 {duration_text(spread.p95)}, {branch.samples} samples"
    )
    shapes = (
        f'<line class="whisker" y1="{high}" y2="{low}"/>'
        f'<rect class="box" x="{-half_box}" width="{2 * half_box}" y="{p75}" '
        f'height="{max(round(p25 - p75, 1), 1)}"/>'
    )
    return _mark(drawing, branch, title, shapes + point)


def _cost_mark(drawing: _Drawing, branch: MeasuredBranch, scale: ValueAxis) -> str:
    cost = per_million(branch.average_cost_usd)
    bounds = [per_million(end) for end in _cost_ends(branch)]
    around = f" ({range_text(bounds, drawing.money)})" if bounds else ""
    title = f"{memory_text(branch.memory_mb)}: {drawing.money(cost)}{around} per million invocations"
    bar = _interval(drawing, bounds, scale) if bounds else ""
    return _mark(drawing, branch, title, bar + _point(drawing, branch, scale.px(cost)))


def _interval(drawing: _Drawing, bounds: Sequence[float], scale: ValueAxis) -> str:
    low, high = (scale.px(bound) for bound in bounds)
    half_cap = 1.5 if drawing.dense else 7
    top, bottom = (f"M{-half_cap} {end}h{2 * half_cap}" for end in (high, low))
    return f'<path class="interval" d="{top}M0 {high}V{low}{bottom}"/>'


def _point(drawing: _Drawing, branch: Branch, y: float) -> str:
    if branch.memory_mb == drawing.chosen_memory_mb:
        return f'<path class="point chosen" d="M0 {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'
    radius = 2.0 if drawing.dense else round(min(4 + math.log10(max(branch.samples, 1)) * 2, _LARGEST_POINT_PX), 1)
    return f'<circle class="point" cy="{y}" r="{radius}"/>'


def _mark(drawing: _Drawing, branch: Branch, title: str, shapes: str) -> str:
    at = drawing.axis.percent(branch.memory_mb)
    return (
        f'<svg class="mark" x="{at}%" width="1" height="1" overflow="visible">'
        f"<title>{escape(title)}</title>{shapes}</svg>"
    )


def _failures(drawing: _Drawing, failed: Sequence[FailedBranch], scale: ValueAxis) -> str:
    marks = ""
    labelled_outcome, labelled_at = "", -math.inf
    # At the top, because zero would be a value.
    y = scale.top_px + _CROSS_PX
    for branch in failed:
        at, outcome = drawing.axis.percent(branch.memory_mb), branch.outcome
        words = outcome_text(outcome)
        shapes = f'<path class="failed" d="M-5 {y - 5}l10 10m0 -10l-10 10"/>'
        if outcome != labelled_outcome or at - labelled_at >= _FAILURE_LABEL_GAP_PERCENT:
            turned = f'transform="translate(-4 {y + 2 * _CROSS_PX}) rotate(90)"'
            shapes += f'<text class="failure" {turned}>{escape(words)}</text>'
            labelled_outcome, labelled_at = outcome, at
        marks += _mark(drawing, branch, f"{memory_text(branch.memory_mb)}: {words}", shapes)
    return marks
