"""The report's table for a spreadsheet."""

import csv
from urllib.parse import unquote

from power_tuner.report.spreadsheet import data_address, render_table_text
from results import failed_branch, smart_result


def test_each_memory_size_is_a_row_of_figures() -> None:
    """Measured, failed and predicted ones, in their order, at full precision."""
    result = smart_result([failed_branch(128, reason="=1+1"), *smart_result().branches[1:]])

    rows = list(
        csv.DictReader(render_table_text(result.branches, result.predictions, "USD", "\t").splitlines(), delimiter="\t")
    )

    assert ["128", "256", "512", "1024", "1536", "3008"] == [row["memory_mb"] for row in rows]
    assert ["out-of-memory", "predicted", "ok", "predicted", "ok", "ok"] == [row["outcome"] for row in rows]
    assert ("", "USD", "0") == (rows[0]["mean_duration_ms"], rows[0]["currency"], rows[0]["samples"])
    assert float(rows[4]["mean_duration_ms"]) == result.branches[2].average_duration_ms  # type: ignore[attr-defined]
    assert float(rows[4]["mean_duration_low_ms"]) < float(rows[4]["mean_duration_ms"])


def test_the_address_holds_the_table() -> None:
    """Whatever its characters."""
    kind, _, text = data_address('a,"b"\r\n1 %,<c>').partition(",")

    assert ("data:text/csv;charset=utf-8", 'a,"b"\r\n1 %,<c>') == (kind, unquote(text))
    assert not set(text) & set('"<> ')
