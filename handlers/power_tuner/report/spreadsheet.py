"""The report's table for a spreadsheet: figures alone, with their units in the headings."""

import csv
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from power_tuner.report.figures import per_million
from power_tuner.tuning.result import Branch, EstimatedBranch, MeasuredBranch, Prediction

_HEADINGS = (
    "memory_mb",
    "outcome",
    "mean_duration_ms",
    "mean_duration_low_ms",
    "mean_duration_high_ms",
    "p50_duration_ms",
    "p95_duration_ms",
    "cost_per_million",
    "cost_per_million_low",
    "cost_per_million_high",
    "currency",
    "chance_of_best",
    "samples",
    "cold_samples",
    "max_memory_used_mb",
)


def render_table_text(
    branches: Sequence[Branch], predictions: Sequence[Prediction], currency: str, delimiter: str
) -> str:
    """Return branches and predictions as lines of cells; what is not known is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _HEADINGS, restval="", delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    rows = [*map(_branch, branches), *map(_prediction, predictions)]
    writer.writerows({**row, "currency": currency} for row in sorted(rows, key=lambda row: int(str(row["memory_mb"]))))
    return text.getvalue()


def data_address(csv_text: str) -> str:
    """Return an address that holds a table itself, so that it can be saved without network and script."""
    return f"data:text/csv;charset=utf-8,{quote(csv_text)}"


def _branch(branch: Branch) -> dict[str, object]:
    row: dict[str, object] = {
        "memory_mb": branch.memory_mb,
        "outcome": branch.outcome,
        "samples": branch.samples,
        "cold_samples": branch.cold_samples,
    }
    if isinstance(branch, MeasuredBranch):
        row |= {
            "mean_duration_ms": branch.average_duration_ms,
            "p50_duration_ms": branch.duration_ms.p50,
            "p95_duration_ms": branch.duration_ms.p95,
            "cost_per_million": per_million(branch.average_cost_usd),
            "max_memory_used_mb": branch.max_memory_used_mb,
        }
    if isinstance(branch, EstimatedBranch):
        row |= dict(_intervals(branch)) | {"chance_of_best": branch.chance_of_best}
    return row


def _prediction(prediction: Prediction) -> dict[str, object]:
    return {
        "memory_mb": prediction.memory_mb,
        "outcome": "predicted",
        "mean_duration_ms": prediction.duration_ms,
        "cost_per_million": per_million(prediction.cost_usd),
        "chance_of_best": prediction.chance_of_best,
        **dict(_intervals(prediction)),
    }


def _intervals(each: EstimatedBranch | Prediction) -> Iterable[tuple[str, float]]:
    low_ms, high_ms = each.duration_interval_ms
    low_usd, high_usd = each.cost_interval_usd
    yield "mean_duration_low_ms", low_ms
    yield "mean_duration_high_ms", high_ms
    yield "cost_per_million_low", per_million(low_usd)
    yield "cost_per_million_high", per_million(high_usd)
