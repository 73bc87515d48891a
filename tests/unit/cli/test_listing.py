"""Lists: at any width nothing is cut, and what one copies is whole."""

import io

import pytest
from rich.console import Console

from power_tuner.tuning.run_item import RunItem
from power_tuner_cli.history import history_listing
from power_tuner_cli.listing import Listing
from power_tuner_cli.savings import totals
from run_items import completed_run, failed_run, skipped_run

RUN_ID = "thumbnailer-of-the-department-of-pictures-20261123-120000-1a2b"
RUNS: list[RunItem] = [
    completed_run(RUN_ID),
    failed_run("run-2", error="NothingMeasured"),
    skipped_run(reason="cool-down: its last run began 60 s ago, and its profile allows one in 3600 s"),
]


def shown(listing: Listing, columns: int) -> list[str]:
    stream = io.StringIO()
    Console(file=stream, width=columns, highlight=False).print(listing, soft_wrap=True)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("columns", [20, 60, 80, 120, 300])
@pytest.mark.parametrize("across", [False, True])
def test_nothing_is_lost_at_any_width(columns: int, *, across: bool) -> None:
    """Ids are whole, on one line, at its beginning; reasons are whole too."""
    lines = shown(history_listing("thumbnailer", RUNS, across=across), columns)

    assert [RUN_ID] == [line.split()[0] for line in lines if RUN_ID in line]
    assert any("its last run began 60 s ago, and its profile allows one in 3600 s" in line for line in lines)
    assert any("NothingMeasured" in line for line in lines)
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)


def test_what_fits_is_a_table() -> None:
    """One line for each run; else each field has a line of its own, with its name."""
    listing = history_listing("thumbnailer", RUNS[:2])
    table, records = shown(listing, 300), shown(listing, 60)

    assert sum(line.strip().startswith((RUN_ID, "run-2")) for line in table) == 2
    assert len(records) > len(table)
    assert any(line.startswith("  power") for line in records)
    assert max(map(len, records)) <= len(RUN_ID)


def test_a_value_that_is_missing_has_no_line() -> None:
    """A record is as long as what is known."""
    lines = shown(Listing(["run", "power", "reason"], [["a" * 30, "", "because"], ["b", "128", ""]]), 20)

    assert lines == ["a" * 30, "  reason  because", "", "b", "  power   128", ""]


def test_markup_in_a_list_is_text() -> None:
    """A function may be called like a colour."""
    assert any("[red]f[/red]" in line for line in shown(Listing(["function"], [["[red]f[/red]"]]), 80))


UNBILLED = {"realisedPerMonth": None, "tuningCost": 0.5, "notSafe": None}


def test_totals_keep_currencies_and_what_is_applied_apart() -> None:
    """A decision that pays for speed counts against the sum, and one that is not safe counts for nothing."""
    rows = [
        {"currency": "USD", "applied": True, "savedPerMonth": 10.0, **UNBILLED},
        {"currency": "USD", "applied": True, "savedPerMonth": -2.5, **UNBILLED},
        {"currency": "USD", "applied": False, "savedPerMonth": 3.0, **UNBILLED},
        {"currency": "USD", "applied": False, "savedPerMonth": 9.0, **UNBILLED, "notSafe": "production used 120 MB"},
        {"currency": "CNY", "applied": False, "savedPerMonth": 1.0, **UNBILLED},
    ]

    assert [("CNY", 0.0, 1.0), ("USD", 7.5, 3.0)] == [
        (each["currency"], each["appliedPerMonth"], each["openPerMonth"]) for each in totals(rows)
    ]
