"""A survey as rows: for programs, and as a list in the terminal."""

from collections.abc import Collection, Sequence
from typing import Any

from power_tuner.report.figures import change_text, memory_text, money_text, range_text
from power_tuner.survey.surveyed import Surveyed, Verdict
from power_tuner_cli.listing import Listing

COLUMNS = (
    *("targetName", "targetArn", "architecture", "currentPower"),
    *("invocationsPerMonth", "meanDurationMs", "errorShare", "costPerMonth", "initCostPerMonth", "currency"),
    *("verdict", "unknown", "savedPerMonth", "savedPerMonthLow", "savedPerMonthHigh"),
    *("chanceTooHigh", "chanceTooLow", "shownPower", "shownCostChange", "shownCostChangeLow", "shownCostChangeHigh"),
    *("peakMemoryMb", "floorMb", "coldShare", "powersInProduction", "callsRead", "runCost", "worthwhile", "enrolled"),
)
_FIGURES = ("memory", "peak", "calls/month", "cost/month", "saves/month", "a run costs")


def row_of(surveyed: Surveyed, enrolled: Collection[str] | None) -> dict[str, Any]:
    """Return what is said of a function, under the names of the columns.

    Args:
        surveyed: The function.
        enrolled: The ARNs of those that are tuned automatically; None where no tuner is deployed.
    """
    function, use, production = surveyed.function, surveyed.use, surveyed.production
    expectation, saved = surveyed.expectation, surveyed.saved
    move = expectation.move if expectation else None
    return {
        "targetName": surveyed.name,
        "targetArn": function.arn,
        "architecture": function.architecture,
        "currentPower": function.memory_mb,
        "invocationsPerMonth": round(use.invocations) if use else 0,
        "meanDurationMs": use.mean_duration_ms if use else None,
        "errorShare": use.error_share if use else None,
        "costPerMonth": surveyed.cost,
        "initCostPerMonth": surveyed.init_cost,
        "currency": surveyed.prices.currency,
        "verdict": str(surveyed.verdict),
        "unknown": surveyed.unknown or None,
        "savedPerMonth": saved.estimate if saved else None,
        "savedPerMonthLow": saved.low if saved else None,
        "savedPerMonthHigh": saved.high if saved else None,
        "chanceTooHigh": expectation.too_high if expectation else None,
        "chanceTooLow": expectation.too_low if expectation else None,
        "shownPower": move.memory_mb if move else None,
        "shownCostChange": move.cost_change.estimate if move else None,
        "shownCostChangeLow": move.cost_change.low if move else None,
        "shownCostChangeHigh": move.cost_change.high if move else None,
        "peakMemoryMb": production.peak_memory_mb if production else None,
        "floorMb": surveyed.floor_mb,
        "coldShare": production.cold_share if production else None,
        "powersInProduction": [each.memory_mb for each in production.sizes] if production else [],
        "callsRead": production.calls if production else 0,
        "runCost": surveyed.run_cost,
        "worthwhile": surveyed.worthwhile,
        "enrolled": None if enrolled is None else function.arn in enrolled,
    }


def listing_of(fleet: Sequence[Surveyed], enrolled: Collection[str] | None) -> Listing:
    """Return the functions as a list for people; it says which of them are enrolled."""
    rows = []
    for each in fleet:
        currency = each.prices.currency
        peak_mb = each.production.peak_memory_mb if each.production else None
        rows.append(
            [
                each.name,
                memory_text(each.function.memory_mb),
                "" if peak_mb is None else memory_text(peak_mb),
                f"{round(each.use.invocations):,}" if each.use else "none",
                money_text(each.cost, currency),
                _saved_text(each),
                "" if each.run_cost is None else money_text(each.run_cost, currency),
                _verdict_text(each, is_enrolled=each.function.arn in (enrolled or ())),
            ]
        )
    return Listing(["function", *_FIGURES, "stands"], rows, frozenset(_FIGURES))


def _saved_text(surveyed: Surveyed) -> str:
    saved, currency = surveyed.saved, surveyed.prices.currency
    if saved is None:
        return ""
    bounds = range_text((saved.low, saved.high), lambda amount: money_text(amount, currency))
    return f"{money_text(saved.estimate, currency)} ({bounds})"


def _verdict_text(surveyed: Surveyed, *, is_enrolled: bool) -> str:
    """Return how its memory size stands, in words, and whether it is enrolled."""
    move = surveyed.expectation.move if surveyed.expectation else None
    match surveyed.verdict:
        case Verdict.SHOWN if move:
            text = f"{memory_text(move.memory_mb)} costs {change_text(move.cost_change.estimate)}: shown"
        case Verdict.SHORT:
            text = f"short of memory: needs {memory_text(surveyed.floor_mb or 0)}"
        case Verdict.UNKNOWN:
            text = f"unknown: {surveyed.unknown}"
        case verdict:
            text = str(verdict)
    return "; ".join([text, *["worth a run"] * surveyed.worthwhile, *["enrolled"] * is_enrolled])
