"""The marks of a chart: one for each memory size that was invoked.

A branch of a smart run shows the interval of its mean, one of a classic run the spread of its samples.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from power_tuner.report.axes import MemoryAxis, ValueAxis
from power_tuner.report.believed import cost_interval
from power_tuner.report.figures import outcome_text, per_million
from power_tuner.report.readings import branch_text
from power_tuner.tuning.result import Branch, EstimatedBranch, FailedBranch, Interval, MeasuredBranch

_FAILURE_LABEL_GAP_PERCENT = 6.0
_LARGEST_POINT_PX = 8.0
_CROSS_PX = 6


@dataclass(frozen=True, slots=True)
class Marks:
    """How the marks of both panels are drawn."""

    axis: MemoryAxis
    chosen_memory_mb: int | None
    currency: str
    dense: bool

    def duration(self, branch: MeasuredBranch, scale: ValueAxis) -> str:
        """Return the mark of a mean duration."""
        y = scale.px(branch.average_duration_ms)
        if isinstance(branch, EstimatedBranch):
            return self._mark(branch, y, self._interval(branch.duration_interval_ms, scale) + self._point(branch, y))
        spread = branch.duration_ms
        low, p25, p75, high = (scale.px(end) for end in (spread.min, spread.p25, spread.p75, spread.p95))
        half_box = 1.5 if self.dense else 11
        shapes = (
            f'<line class="whisker" y1="{high}" y2="{low}"/>'
            f'<rect class="box" x="{-half_box}" width="{2 * half_box}" y="{p75}" '
            f'height="{max(round(p25 - p75, 1), 1)}"/>'
        )
        return self._mark(branch, y, shapes + self._point(branch, y))

    def cost(self, branch: MeasuredBranch, scale: ValueAxis) -> str:
        """Return the mark of the cost of a million invocations."""
        y = scale.px(per_million(branch.average_cost_usd))
        bounds = cost_interval(branch)
        bar = self._interval(bounds, scale) if bounds else ""
        return self._mark(branch, y, bar + self._point(branch, y))

    def failures(self, failed: Sequence[FailedBranch], scale: ValueAxis) -> str:
        """Return the crosses of what failed, at the top, because zero would be a value."""
        marks = ""
        labelled_outcome, labelled_at = "", -math.inf
        y = scale.top_px + _CROSS_PX
        for branch in failed:
            at, outcome = self.axis.percent(branch.memory_mb), branch.outcome
            shapes = f'<path class="failed" d="M-5 {y - 5}l10 10m0 -10l-10 10"/>'
            if outcome != labelled_outcome or at - labelled_at >= _FAILURE_LABEL_GAP_PERCENT:
                turned = f'transform="translate(-4 {y + 2 * _CROSS_PX}) rotate(90)"'
                shapes += f'<text class="failure" {turned}>{escape(outcome_text(outcome))}</text>'
                labelled_outcome, labelled_at = outcome, at
            marks += self._mark(branch, y, shapes)
        return marks

    def _interval(self, bounds: Sequence[float], scale: ValueAxis) -> str:
        low, high = (scale.px(bound) for bound in bounds)
        half_cap = 1.5 if self.dense else 7
        top, bottom = (f"M{-half_cap} {end}h{2 * half_cap}" for end in (high, low))
        return f'<path class="interval" d="{top}M0 {high}V{low}{bottom}"/>'

    def _point(self, branch: Branch, y: float) -> str:
        if branch.memory_mb == self.chosen_memory_mb:
            return f'<path class="point chosen" d="M0 {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'
        radius = 2.0 if self.dense else round(min(4 + math.log10(max(branch.samples, 1)) * 2, _LARGEST_POINT_PX), 1)
        return f'<circle class="point" cy="{y}" r="{radius}"/>'

    def _mark(self, branch: Branch, y: float, shapes: str) -> str:
        at = self.axis.percent(branch.memory_mb)
        return (
            f'<svg class="mark" data-mb="{branch.memory_mb}" data-y="{y}" x="{at}%" width="1" height="1" '
            f'overflow="visible"><title>{escape(branch_text(branch, self.currency))}</title>{shapes}</svg>'
        )


def duration_ends(branch: MeasuredBranch) -> Interval:
    """Return the ends of a mark of a duration."""
    if isinstance(branch, EstimatedBranch):
        return branch.duration_interval_ms
    return branch.duration_ms.min, branch.duration_ms.p95
