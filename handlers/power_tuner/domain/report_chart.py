"""The report's chart: duration and cost against memory, as two stacked SVG panels.

Horizontal places are percentages and vertical ones pixels, so that the chart fits a phone and a wide screen
with the same lettering. Only measured values are drawn; nothing is interpolated between them.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from power_tuner.domain.report_figures import (
    duration_text,
    memory_text,
    outcome_text,
    per_million_usd,
    usd_text,
)

_MARGIN_PERCENT = 4.0
_DENSE_FROM = 40
_LOG_FROM_RATIO = 12.0
_TICKS_WANTED = 4
_LABEL_GAP_PERCENT = 6.5
_PHONE_LABEL_GAP_PERCENT = 12.0
_FAILURE_LABEL_GAP_PERCENT = 6.0
_LEFT_THIRD, _RIGHT_THIRD = 33.3, 66.7
_TOP_PX = 52
_DURATION_HEIGHT_PX = 300
_COST_HEIGHT_PX = 250
_FOOTER_PX = 26

Branch = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _MemoryAxis:
    low_mb: float
    high_mb: float

    def percent(self, memory_mb: float) -> float:
        """Place a memory size, logarithmically, between 0 and 100."""
        if self.low_mb == self.high_mb:
            return 50.0
        share = math.log2(memory_mb / self.low_mb) / math.log2(self.high_mb / self.low_mb)
        return round(_MARGIN_PERCENT + share * (100 - 2 * _MARGIN_PERCENT), 3)


@dataclass(frozen=True, slots=True)
class _ValueAxis:
    low: float
    high: float
    logarithmic: bool
    top_px: float
    bottom_px: float
    ticks: tuple[float, ...]

    @classmethod
    def fit(cls, values: Sequence[float], top_px: float, bottom_px: float) -> "_ValueAxis":
        """Choose an axis that holds all values: from zero, or logarithmic where they differ much."""
        smallest, largest = min(values), max(values)
        if smallest > 0 and largest / smallest > _LOG_FROM_RATIO:
            ticks = _log_ticks(smallest, largest)
            return cls(min(ticks[0], smallest), max(ticks[-1], largest), True, top_px, bottom_px, ticks)
        step = _nice_step((largest or 1.0) / _TICKS_WANTED)
        count = math.ceil((largest or 1.0) / step - 1e-9)
        ticks = tuple(step * index for index in range(count + 1))
        return cls(0.0, ticks[-1], False, top_px, bottom_px, ticks)

    def px(self, value: float) -> float:
        """Place a value: the height in pixels from the panel's top."""
        if self.logarithmic:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = value / self.high
        return round(self.bottom_px - share * (self.bottom_px - self.top_px), 1)


def _nice_step(rough: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)


def _log_ticks(smallest: float, largest: float) -> tuple[float, ...]:
    first, last = math.floor(math.log10(smallest)), math.ceil(math.log10(largest))
    factors = (1, 2, 5) if last - first <= 2 else (1, 3) if last - first <= 3 else (1,)  # noqa: PLR2004
    ticks = [10.0**decade * factor for decade in range(first, last + 1) for factor in factors]
    low = max(index for index, tick in enumerate(ticks) if tick <= smallest * 1.001)
    high = min(index for index, tick in enumerate(ticks) if tick >= largest * 0.999)
    return tuple(ticks[low : high + 1])


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What both panels share."""

    axis: _MemoryAxis
    chosen_mb: float | None
    dense: bool
    lines: str
    memory_ticks: str


def render_chart(branches: Sequence[Branch], chosen_mb: float | None, current_mb: float | None) -> str:
    """Draw the two panels from branches in the order of their memory; empty when there is no branch."""
    if not branches:
        return ""
    memories = [float(branch["powerValue"]) for branch in branches]
    shown = memories if current_mb is None else [*memories, float(current_mb)]
    axis = _MemoryAxis(min(shown), max(shown))
    measured = [branch for branch in branches if branch["outcome"] == "ok"]
    failed = [branch for branch in branches if branch["outcome"] != "ok"]
    was_measured = current_mb in {branch["powerValue"] for branch in measured}
    drawing = _Drawing(
        axis,
        chosen_mb,
        len(branches) > _DENSE_FROM,
        _reference_lines(axis, chosen_mb, current_mb, current_was_measured=was_measured),
        _memory_ticks(axis, memories),
    )
    duration = _duration_panel(drawing, measured, failed)
    return duration + _cost_panel(drawing, measured, failed) if measured else duration


def _duration_panel(drawing: _Drawing, measured: Sequence[Branch], failed: Sequence[Branch]) -> str:
    averages = [branch["averageDurationMs"] for branch in measured]
    ends = [branch["durationMs"][end] for branch in measured for end in ("min", "p95")]
    scale = _ValueAxis.fit([*averages, *ends] or [1.0], _TOP_PX, _DURATION_HEIGHT_PX - _FOOTER_PX)
    marks = "".join(_duration_mark(drawing, branch, scale) for branch in measured)
    ticks = _value_ticks(scale, duration_text) if measured else ""
    return _panel(
        drawing,
        "duration",
        "Duration of one invocation",
        scale,
        ticks + marks + _failures(drawing, failed, scale),
    )


def _cost_panel(drawing: _Drawing, measured: Sequence[Branch], failed: Sequence[Branch]) -> str:
    costs = [per_million_usd(branch["averageCostUsd"]) for branch in measured]
    scale = _ValueAxis.fit(costs, _TOP_PX, _COST_HEIGHT_PX - _FOOTER_PX)
    marks = "".join(_cost_mark(drawing, branch, scale) for branch in measured)
    ticks = _value_ticks(scale, usd_text)
    return _panel(
        drawing,
        "cost",
        "Cost of a million invocations",
        scale,
        ticks + marks + _failures(drawing, failed, scale),
    )


def _panel(drawing: _Drawing, name: str, title: str, scale: _ValueAxis, content: str) -> str:
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


def _value_ticks(scale: _ValueAxis, write: Callable[[float], str]) -> str:
    ticks = ""
    for tick in scale.ticks:
        at = scale.px(tick)
        ticks += (
            f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>'
            f'<text class="tick value" x="-8" y="{at}" dy=".32em">{_tick_text(tick, write)}</text>'
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


def _memory_ticks(axis: _MemoryAxis, memories: Sequence[float]) -> str:
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


def _reference_lines(
    axis: _MemoryAxis, chosen_mb: float | None, current_mb: float | None, *, current_was_measured: bool
) -> str:
    lines = ""
    if chosen_mb is not None:
        words = "chosen and current" if chosen_mb == current_mb else "chosen"
        lines += _reference_line(axis.percent(chosen_mb), "chosen", f"◆ {words}: {memory_text(chosen_mb)}", 14)
    if current_mb is not None and current_mb != chosen_mb:
        note = "" if current_was_measured else ", not measured"
        label = f"▽ current: {memory_text(current_mb)}{note}"
        lines += _reference_line(axis.percent(current_mb), "current", label, 34)
    return lines


def _reference_line(at: float, kind: str, label: str, label_y: int) -> str:
    anchor, shift = ("start", -6) if at < _LEFT_THIRD else ("end", 6) if at > _RIGHT_THIRD else ("middle", 0)
    return (
        f'<line class="reference {kind}" x1="{at}%" x2="{at}%" y1="{label_y + 6}" y2="BOTTOM"/>'
        f'<svg x="{at}%" width="1" height="1" overflow="visible">'
        f'<text class="reference {kind}" x="{shift}" y="{label_y}" text-anchor="{anchor}">{label}</text>'
        "</svg>"
    )


def _duration_mark(drawing: _Drawing, branch: Branch, scale: _ValueAxis) -> str:
    spread = branch["durationMs"]
    low, p25, p75, high = (scale.px(spread[key]) for key in ("min", "p25", "p75", "p95"))
    half_box = 1.5 if drawing.dense else 11
    title = (
        f"{memory_text(branch['powerValue'])}: mean {duration_text(branch['averageDurationMs'])}, "
        f"half of the samples between {duration_text(spread['p25'])} and {duration_text(spread['p75'])}, "
        f"p95 {duration_text(spread['p95'])}, {branch['samples']} samples"
    )
    shapes = (
        f'<line class="whisker" y1="{high}" y2="{low}"/>'
        f'<rect class="box" x="{-half_box}" width="{2 * half_box}" y="{p75}" '
        f'height="{max(round(p25 - p75, 1), 1)}"/>'
    )
    point = _point(drawing, branch, scale.px(branch["averageDurationMs"]))
    return _mark(drawing, branch, title, shapes + point)


def _cost_mark(drawing: _Drawing, branch: Branch, scale: _ValueAxis) -> str:
    cost = per_million_usd(branch["averageCostUsd"])
    title = f"{memory_text(branch['powerValue'])}: {usd_text(cost)} per million invocations"
    return _mark(drawing, branch, title, _point(drawing, branch, scale.px(cost)))


def _point(drawing: _Drawing, branch: Branch, y: float) -> str:
    if branch["powerValue"] == drawing.chosen_mb:
        return f'<path class="point chosen" d="M0 {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'
    return f'<circle class="point" cy="{y}" r="{2 if drawing.dense else 4}"/>'


def _mark(drawing: _Drawing, branch: Branch, title: str, shapes: str) -> str:
    at = drawing.axis.percent(branch["powerValue"])
    return (
        f'<svg class="mark" x="{at}%" width="1" height="1" overflow="visible">'
        f"<title>{escape(title)}</title>{shapes}</svg>"
    )


def _failures(drawing: _Drawing, failed: Sequence[Branch], scale: _ValueAxis) -> str:
    marks = ""
    labelled_outcome, labelled_at = "", -math.inf
    y = scale.bottom_px
    for branch in failed:
        at, outcome = drawing.axis.percent(branch["powerValue"]), str(branch["outcome"])
        words = outcome_text(outcome)
        shapes = f'<path class="failed" d="M-5 {y - 5}l10 10m0 -10l-10 10"/>'
        if outcome != labelled_outcome or at - labelled_at >= _FAILURE_LABEL_GAP_PERCENT:
            turned = f'transform="translate(13 {y - 6}) rotate(-90)"'
            shapes += f'<text class="failure" {turned}>{escape(words)}</text>'
            labelled_outcome, labelled_at = outcome, at
        marks += _mark(drawing, branch, f"{memory_text(branch['powerValue'])}: {words}", shapes)
    return marks
