"""The control with which a reader chooses among the same samples by another strategy."""

from html import escape

from power_tuner.tuning.result import MeasuredBranch, Result, SmartDecision
from power_tuner.tuning.strategies import DEFAULT_BALANCED_WEIGHT

_CHOICE_FROM = 2
_BY_MEANS = "It compares the means alone, not how sure they are."


def render_strategy_control(result: Result) -> str:
    """Return the control as HTML, hidden until the page's script runs; empty if there is nothing to choose among."""
    measured = [branch for branch in result.branches if isinstance(branch, MeasuredBranch)]
    if result.decision is None or len(measured) < _CHOICE_FROM:
        return ""
    given = result.run_input.get("balancedWeight")
    weight = given if isinstance(given, int | float) else DEFAULT_BALANCED_WEIGHT
    means = f" {_BY_MEANS}" if isinstance(result.decision, SmartDecision) else ""
    own = escape(result.decision.strategy)
    return (
        '<div id="strategies" hidden><div class="controls">'
        f'<label>Choose by <select id="strategy"><option value="">{own}, as this run did</option>'
        '<option value="cost">cost</option><option value="speed">speed</option>'
        '<option value="balanced">a balance of both</option></select></label>'
        '<label id="weighting" hidden>speed <input id="weight" type="range" min="0" max="1" step="0.05" '
        f'value="{weight}" aria-label="Weight of the cost against the speed"> cost '
        f'<output id="weighed">{weight}</output></label></div>'
        f'<p class="picked" id="picked" role="status">The same samples, by another strategy.{means}</p></div>'
    )
