"""A panel of a chart: its title, its axis and what is drawn in it.

Horizontal positions are percentages and vertical ones pixels, so that a panel fits a phone and a wide screen with
letters of the same size.
"""

from dataclasses import dataclass

from power_tuner.report.axes import ValueAxis

TOP_PX = 52
_FOOTER_PX = 26


@dataclass(frozen=True, slots=True)
class Panel:
    """What a panel is about; its name is the class of its drawing too."""

    name: str
    title: str
    height_px: int

    @property
    def bottom_px(self) -> int:
        """Return where the axis of the memory sizes is."""
        return self.height_px - _FOOTER_PX

    def render(self, scale: ValueAxis, content: str, *, dense: bool) -> str:
        """Return the panel around its content, as HTML."""
        bottom = f"{scale.bottom_px:.0f}"
        return (
            f'<h3 id="{self.name}-title">{self.title}</h3>'
            f'<div class="plot"><svg class="panel {self.name}{" dense" if dense else ""}" role="img" width="100%" '
            f'height="{self.height_px}" aria-labelledby="{self.name}-title {self.name}-desc">'
            f'<desc id="{self.name}-desc">{self.title} against memory; the table below holds every figure.</desc>'
            f'<line class="axis" x1="0" x2="100%" y1="{bottom}" y2="{bottom}"/>{content}</svg></div>'
        )


DURATION = Panel("duration", "Duration of one invocation", 300)
COST = Panel("cost", "Cost of a million invocations", 250)
