"""The ticks of a panel: values at its left, memory sizes below it."""

import math
from collections.abc import Callable, Sequence
from html import escape

from power_tuner.report.axes import MemoryAxis, ValueAxis
from power_tuner.report.figures import memory_text

DENSE_FROM = 40
_LABEL_GAP_PERCENT = 6.5
# On 320 px, "10240" beside four digits.
_PHONE_LABEL_GAP_PERCENT = 17.0


def value_ticks(scale: ValueAxis, write: Callable[[float], str]) -> str:
    """Return the grid of a value axis with its labels."""
    ticks = ""
    for tick in scale.ticks:
        at = scale.px(tick)
        ticks += (
            f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>'
            f'<text class="tick value" x="-8" y="{at}" dy=".32em">{escape(_tick_text(tick, write))}</text>'
        )
    return ticks


def memory_ticks(axis: MemoryAxis, memories: Sequence[float], bottom_px: float) -> str:
    """Return the labels of ascending memory sizes, as many as have room; some of them are for wide screens only."""
    candidates = memories
    if len(memories) > DENSE_FROM:
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
            f'<svg x="{at}%" y="{bottom_px:.0f}" width="1" height="1" overflow="visible">'
            f'<text class="tick{"" if on_phone else " wide-only"}" y="18" text-anchor="middle">'
            f"{memory:.0f}</text></svg>"
        )
    return ticks


def untried_ticks(axis: MemoryAxis, untried_memories_mb: Sequence[float], bottom_px: float) -> str:
    """Return a tick on the axis for each candidate that was not invoked."""
    return "".join(
        f'<svg class="untried" x="{axis.percent(memory)}%" y="{bottom_px:.0f}" width="1" height="1" '
        f'overflow="visible"><title>{memory_text(memory)}: not tried</title><line y1="-9" y2="0"/></svg>'
        for memory in untried_memories_mb
    )


def _tick_text(tick: float, write: Callable[[float], str]) -> str:
    if tick == 0:
        return "0"
    number, _, unit = write(tick).partition(" ")
    whole, _, decimals = number.partition(".")
    decimals = decimals.rstrip("0")
    if decimals and not unit:
        decimals = decimals.ljust(2, "0")
    return f"{whole}{'.' if decimals else ''}{decimals} {unit}".strip()
