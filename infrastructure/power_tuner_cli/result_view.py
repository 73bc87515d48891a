"""Show a run's result in the terminal: the table, the curves, the sentence, and where everything is."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from power_tuner.domain.report_figures import (
    duration_text,
    memory_text,
    outcome_text,
    per_million,
    money_text,
)
from power_tuner_cli.console import Screen
from power_tuner_cli.result_plot import render_plot
from power_tuner_cli.run_results import RunResults


def show_result(screen: Screen, result: Mapping[str, Any]) -> None:
    """Print the table, the curves and the sentence of a run."""
    screen.people.print(result_table(result))
    show_failures(screen, result)
    screen.people.print(render_plot(result, screen.people.width))
    screen.people.print(f"\n[bold]{escape(str(result.get('sentence') or ''))}[/bold]\n", soft_wrap=True)


def show_places(screen: Screen, results: RunResults, saved: Mapping[str, str]) -> None:
    """Print where the run's report, item and objects are."""
    lines = []
    for name, place in results.places().items():
        where = place
        if isinstance(place, dict):
            where = f"table {place['table']}, PK {place['PK']}, SK {place['SK']}"
        lines.append((name, str(where)))
    lines += [(f"{name}, saved", path) for name, path in saved.items()]
    width = max(len(name) for name, _ in lines)
    for name, where in lines:
        screen.people.print(f"{name:{width}}  {where}", soft_wrap=True, markup=False)
    screen.people.print()


def result_table(result: Mapping[str, Any]) -> Table:
    """Build the table of all power values."""
    decision, target = result.get("decision") or {}, result["target"]
    comparison = result.get("comparison") or {}
    current = comparison.get("currentPower", target.get("memoryMb"))
    title = escape(str(target["name"]))
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("memory", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    for heading in ("samples (cold)", "mean", "p50", "p95", "per million", "memory used"):
        table.add_column(heading, justify="right", no_wrap=heading != "samples (cold)")
    for branch in sorted(result["branches"], key=lambda each: float(each["powerValue"])):
        power = branch["powerValue"]
        marks = "".join(mark for mark, at in ((" ◆", decision.get("power")), (" ○", current)) if power == at)
        chosen = power == decision.get("power")
        table.add_row(
            memory_text(power) + marks,
            escape(outcome_text(branch["outcome"])),
            *_figures(branch),
            style="bold green" if chosen else "red" if branch["outcome"] != "ok" else None,
        )
    return table


def show_failures(screen: Screen, result: Mapping[str, Any]) -> None:
    """Print why branches failed, each reason once."""
    reasons: dict[str, list[str]] = {}
    for branch in result["branches"]:
        if branch["outcome"] != "ok":
            reason = str(branch.get("reason") or outcome_text(branch["outcome"]))
            reasons.setdefault(reason, []).append(f"{branch['powerValue']:.0f}")
    for reason, powers in reasons.items():
        screen.people.print(f"[red]×[/red] {', '.join(powers)} MB: {escape(reason)}", soft_wrap=True)  # noqa: RUF001


def _figures(branch: Mapping[str, Any]) -> tuple[str, ...]:
    if branch["outcome"] != "ok":
        return ("", "", "", "", "", "")
    spread = branch["durationMs"]
    return (
        f"{branch['samples']} ({branch['coldSamples']})",
        duration_text(branch["averageDurationMs"]),
        duration_text(spread["p50"]),
        duration_text(spread["p95"]),
        money_text(per_million(branch["averageCostUsd"])),
        _memory_used(branch),
    )


def _memory_used(branch: Mapping[str, Any]) -> str:
    used_mb = branch.get("maxMemoryUsedMb")
    return "" if used_mb is None else f"{memory_text(used_mb)}, {used_mb / branch['powerValue']:3.0%}"
