"""The picture of where the money is: a mark for each function, what it costs against what its decision gains.

Places across are shares of the width, so that the picture fits any screen without its letters shrinking.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from power_tuner.report.figures import change_text, money_text
from power_tuner.report.fleet import FleetFunction
from power_tuner.report.savings import Saving

HEIGHT = 300
# A share of a cent is nothing that anybody looks for.
_LEAST_COST = 0.01
_SMALLEST_MARK, _LARGEST_MARK = 3.0, 13.0
_MARGIN_PERCENT = 2.0
_STEPS = (0.1, 0.2, 0.25, 0.5, 1.0)
_MOST_TICKS = 8
_ROUNDING = 1e-9

Place: TypeAlias = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Mark:
    """One function in the picture.

    Attributes:
        number: of its row.
    """

    number: int
    saving: Saving
    applied: bool

    @property
    def cost(self) -> float:
        """Return what its invocations cost in a month before the decision."""
        return max(_LEAST_COST, self.saving.cost_before)

    @property
    def gain(self) -> float:
        """Return the share that the decision saves; negative if it costs more."""
        return self.saving.saved / self.saving.cost_before


def marks_of(functions: Sequence[FleetFunction], currency: str) -> list[Mark]:
    """Return the marks of the functions whose costs are known and are not zero."""
    return [
        Mark(number, each.saving, each.applied)
        for number, each in enumerate(functions)
        if each.saving and each.saving.cost_before > 0 and each.tuned.latest.currency == currency
    ]


def render_fleet_chart(marks: Sequence[Mark], currency: str) -> str:
    """Return the picture as SVG, empty if there is nothing to show; large marks first, so that none is hidden."""
    if not marks:
        return ""
    decades = _decades([mark.cost for mark in marks])
    low, high, step = _gains([mark.gain for mark in marks])
    most = max(abs(mark.saving.saved) for mark in marks) or 1.0

    def across(cost: float) -> float:
        share = (math.log10(cost) - decades[0]) / (decades[-1] - decades[0])
        return _MARGIN_PERCENT + (100 - 2 * _MARGIN_PERCENT) * share

    def down(gain: float) -> float:
        return HEIGHT * (high - gain) / (high - low)

    def circle(mark: Mark) -> str:
        radius = _SMALLEST_MARK + (_LARGEST_MARK - _SMALLEST_MARK) * math.sqrt(abs(mark.saving.saved) / most)
        kind = "applied" if mark.applied else "loss" if mark.gain < 0 else "open"
        return (
            f'<circle class="{kind}" data-row="{mark.number}" cx="{across(mark.cost):.2f}%" '
            f'cy="{down(mark.gain):.1f}" r="{radius:.1f}"/>'
        )

    by_size = sorted(marks, key=lambda mark: -abs(mark.saving.saved))
    ticks = [low + step * number for number in range(round((high - low) / step) + 1)]
    counted = f"{len(marks):,} function{'' if len(marks) == 1 else 's'}"
    label = escape(f"{counted}: what each costs a month, against the share that its decision saves.")
    return (
        f'<svg id="picture" role="img" tabindex="0" aria-label="{label}" aria-describedby="readout" '
        f'width="100%" height="{HEIGHT}">'
        f"{''.join(_across_grid(decades, across, currency))}{''.join(_down_grid(ticks, down))}"
        f'<g class="marks">{"".join(map(circle, by_size))}</g></svg>'
    )


def _decades(costs: Sequence[float]) -> list[int]:
    low = math.floor(math.log10(min(costs)))
    high = math.ceil(math.log10(max(costs)))
    return list(range(low, max(high, low + 1) + 1))


def _gains(gains: Sequence[float]) -> tuple[float, float, float]:
    """Return the least and the greatest gain that the axis shows, and the step between its ticks."""
    least, most = min(0.0, *gains), max(0.1, *gains)
    fitting = (step for step in _STEPS if (most - least) / step <= _MOST_TICKS)
    step = next(fitting, math.ceil((most - least) / _MOST_TICKS))
    return math.floor(least / step + _ROUNDING) * step, math.ceil(most / step - _ROUNDING) * step, step


def _across_grid(decades: Sequence[int], across: Place, currency: str) -> Iterable[str]:
    for number, decade in enumerate(decades):
        place = f"{across(10.0**decade):.2f}%"
        small = "" if number % 2 == 0 else " between"
        yield f'<line class="grid" x1="{place}" x2="{place}" y2="{HEIGHT}"/>'
        text = escape(_round_money(decade, currency))
        text = f"≤ {text}" if 10.0**decade <= _LEAST_COST else text
        yield f'<text class="tick{small}" x="{place}" y="{HEIGHT + 20}" text-anchor="middle">{text}</text>'


def _down_grid(ticks: Sequence[float], down: Place) -> Iterable[str]:
    for tick in ticks:
        place = f"{down(tick):.1f}"
        zero = " zero" if abs(tick) < _ROUNDING else ""
        yield f'<line class="grid{zero}" x2="100%" y1="{place}" y2="{place}"/>'
        yield f'<text class="tick" x="-8" y="{place}" dy="4" text-anchor="end">{change_text(-tick)}</text>'


def _round_money(decade: int, currency: str) -> str:
    text = money_text(10.0**decade, currency)
    return text.removesuffix(".00") if decade >= 0 else text[:decade]
