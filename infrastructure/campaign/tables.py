"""The campaign's results as tables."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.table import Table

from campaign.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_BROKEN = {verdict.value for verdict in Verdict if not verdict.keeps_the_promise}


def by_strike(results: "Sequence[Mapping[str, Any]]") -> Table:
    """Return the table of verdicts by fault."""
    return _counted("fault", results, "strike")


def by_scenario(results: "Sequence[Mapping[str, Any]]") -> Table:
    """Return the table of verdicts by scenario."""
    return _counted("scenario", results, "scenario")


def broken(results: "Iterable[Mapping[str, Any]]") -> list[str]:
    """Return one line for each run that broke a promise."""
    return [
        f"{result['verdict']:14} {result['case']}: {result['reason']}"
        for result in results
        if result["verdict"] in _BROKEN
    ]


def counts(results: "Iterable[Mapping[str, Any]]") -> dict[str, int]:
    """Return how often each verdict was given."""
    counted = Counter(result["verdict"] for result in results)
    return {verdict.value: counted[verdict.value] for verdict in Verdict}


def _counted(title: str, results: "Sequence[Mapping[str, Any]]", name: str) -> Table:
    table = Table()
    table.add_column(title)
    for heading in ("runs", "not struck", *(verdict.value for verdict in Verdict)):
        table.add_column(heading, justify="right")
    groups = list(dict.fromkeys(result[name] for result in results))
    for group in [*sorted(groups), ""]:
        of_group = [result for result in results if group in {"", result[name]}]
        missed = sum(not result["struck"] for result in of_group)
        cells = [len(of_group), missed, *counts(of_group).values()]
        if not group:
            table.add_section()
        table.add_row(group or "all", *(str(cell) if cell else "·" for cell in cells))
    return table
