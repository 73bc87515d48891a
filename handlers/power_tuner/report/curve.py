"""The curve of a panel: what is believed of all candidates, measured or not."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

from power_tuner.report.axes import MemoryAxis, ValueAxis
from power_tuner.report.believed import Believed
from power_tuner.report.ticks import DENSE_FROM

_WIDTH = 100


def render_curve(believed: Sequence[Believed], axis: MemoryAxis, scale: ValueAxis) -> str:
    """Return the line, the band around it where intervals are known, and the predictions' marks.

    The line is dashed next to a memory size that was not measured. A drawing with a width of 100 is stretched over the
    panel, because a line's points cannot be told in percent.
    """
    along = sorted(believed, key=lambda each: each.memory_mb)
    if len(along) < 2:  # noqa: PLR2004 - a line needs two points
        return ""
    height = f"{scale.bottom_px:.0f}"
    shapes = _band(along, axis, scale) + "".join(_segment(*pair, axis, scale) for pair in pairwise(along))
    stretched = (
        f'<svg class="curve" viewBox="0 0 {_WIDTH} {height}" preserveAspectRatio="none" width="100%" '
        f'height="{height}">{shapes}</svg>'
    )
    radius = 1.5 if len(along) > DENSE_FROM else 4
    return stretched + "".join(_prediction(each, axis, scale, radius) for each in along if each.predicted)


def _segment(one: Believed, two: Believed, axis: MemoryAxis, scale: ValueAxis) -> str:
    kind = ' class="predicted"' if one.predicted or two.predicted else ""
    (x1, y1), (x2, y2) = ((axis.percent(each.memory_mb), scale.px(each.value)) for each in (one, two))
    return f'<path{kind} d="M{x1} {y1}L{x2} {y2}"/>'


def _band(along: Sequence[Believed], axis: MemoryAxis, scale: ValueAxis) -> str:
    if not all(each.interval for each in along):
        return ""
    upper = [f"{axis.percent(each.memory_mb)} {scale.px(each.interval[1])}" for each in along]
    lower = [f"{axis.percent(each.memory_mb)} {scale.px(each.interval[0])}" for each in reversed(along)]
    return f'<path class="band" d="M{"L".join(upper + lower)}z"/>'


def _prediction(each: Believed, axis: MemoryAxis, scale: ValueAxis, radius: float) -> str:
    y = scale.px(each.value)
    return (
        f'<svg class="believed" data-mb="{each.memory_mb}" data-y="{y}" x="{axis.percent(each.memory_mb)}%" width="1" '
        f'height="1" overflow="visible"><title>{escape(each.predicted)}</title>'
        f'<circle class="prediction" cy="{y}" r="{radius}"/></svg>'
    )
