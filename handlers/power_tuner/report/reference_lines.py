"""The vertical lines of a panel: at the chosen memory size, and at the current one."""

from power_tuner.report.axes import MemoryAxis
from power_tuner.report.figures import memory_text

_LEFT_THIRD, _RIGHT_THIRD = 33.3, 66.7
LABELS_PX = 14, 34


def reference_lines(
    axis: MemoryAxis,
    bottom_px: float,
    chosen_memory_mb: int | None,
    current_memory_mb: int,
    *,
    current_was_measured: bool,
) -> str:
    """Return the lines with their labels; one line if both are the same."""
    lines = ""
    if chosen_memory_mb is not None:
        words = "chosen and current" if chosen_memory_mb == current_memory_mb else "chosen"
        label = f"◆ {words}: {memory_text(chosen_memory_mb)}"
        lines += reference_line(axis.percent(chosen_memory_mb), bottom_px, "chosen", label, LABELS_PX[0])
    if current_memory_mb != chosen_memory_mb:
        note = "" if current_was_measured else '<tspan class="wide-only">, not measured</tspan>'
        label = f"▽ current: {memory_text(current_memory_mb)}{note}"
        lines += reference_line(axis.percent(current_memory_mb), bottom_px, "current", label, LABELS_PX[1])
    return lines


def reference_line(at: float, bottom_px: float, kind: str, label: str, label_px: int) -> str:
    """Return a line at a place in percent, with its label, which is HTML, at this height."""
    anchor, shift = ("start", -6) if at < _LEFT_THIRD else ("end", 6) if at > _RIGHT_THIRD else ("middle", 0)
    return (
        f'<line class="reference {kind}" x1="{at}%" x2="{at}%" y1="{label_px + 6}" y2="{bottom_px:.0f}"/>'
        f'<svg x="{at}%" width="1" height="1" overflow="visible">'
        f'<text class="reference {kind}" x="{shift}" y="{label_px}" text-anchor="{anchor}">{label}</text>'
        "</svg>"
    )
