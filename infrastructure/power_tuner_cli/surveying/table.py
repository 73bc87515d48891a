"""A survey as rows: for programs, and as a list in the terminal."""

from collections.abc import Sequence
from typing import Any

from power_tuner.report.figures import duration_text, memory_text, money_text
from power_tuner_cli.listing import Listing
from power_tuner_cli.surveying.surveyed import Surveyed

COLUMNS = (
    *("targetName", "targetArn", "architecture", "currentPower"),
    *("invocationsPerMonth", "meanDurationMs", "errorShare", "costPerMonth", "currency"),
)


def row_of(surveyed: Surveyed) -> dict[str, Any]:
    """Return what is said of a function, under the names of the columns."""
    function, use = surveyed.function, surveyed.use
    return {
        "targetName": surveyed.name,
        "targetArn": function.arn,
        "architecture": function.architecture,
        "currentPower": function.memory_mb,
        "invocationsPerMonth": round(use.invocations) if use else 0,
        "meanDurationMs": use.mean_duration_ms if use else None,
        "errorShare": use.error_share if use else None,
        "costPerMonth": surveyed.cost,
        "currency": surveyed.prices.currency,
    }


def listing_of(fleet: Sequence[Surveyed]) -> Listing:
    """Return the functions as a list for people."""
    figures = ("memory", "calls/month", "duration", "errors", "cost/month")
    rows = []
    for each in fleet:
        use, currency = each.use, each.prices.currency
        rows.append(
            [
                each.name,
                memory_text(each.function.memory_mb),
                f"{round(use.invocations):,}" if use else "none",
                duration_text(use.mean_duration_ms) if use else "",
                f"{use.error_share:.1%}" if use and use.errors else "",
                money_text(each.cost, currency),
            ]
        )
    return Listing(["function", *figures], rows, frozenset(figures))
