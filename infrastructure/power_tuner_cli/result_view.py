"""Show a run's result in the terminal: the table, the curves, the sentence, and where everything is."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from power_tuner.report.figures import (
    chance_text,
    currency_of,
    duration_text,
    memory_text,
    money_text,
    outcome_text,
    per_million,
    range_text,
)
from power_tuner.report.smart import certainty_facts, effort_facts, is_smart, untried_text
from power_tuner_cli.console import Screen
from power_tuner_cli.result_plot import render_plot
from power_tuner_cli.run_results import RunResults

_CLASSIC_HEADINGS = ("outcome", "samples (cold)", "mean", "p50", "p95", "per million", "memory used")
_SMART_HEADINGS = ("samples", "mean (between)", "per million (between)", "best?", "memory used")
_WRAPPING = {"samples (cold)"}


def show_result(screen: Screen, result: Mapping[str, Any]) -> None:
    """Print the table, the curves and the sentence of a run."""
    screen.people.print(result_table(result))
    show_failures(screen, result)
    screen.people.print(render_plot(result, screen.people.width))
    screen.people.print(f"\n[bold]{escape(str(result.get('sentence') or ''))}[/bold]\n", soft_wrap=True)
    if is_smart(result):
        show_facts(screen, smart_facts(result))


def show_places(screen: Screen, results: RunResults, saved: Mapping[str, str]) -> None:
    """Print where the run's report, item and objects are."""
    lines = []
    for name, place in results.places().items():
        where = place
        if isinstance(place, dict):
            where = f"table {place['table']}, PK {place['PK']}, SK {place['SK']}"
        lines.append((name, str(where)))
    lines += [(f"{name}, saved", path) for name, path in saved.items()]
    show_facts(screen, lines)


def show_facts(screen: Screen, facts: Sequence[tuple[str, str]]) -> None:
    """Print pairs of a name and a text, one below the other."""
    width = max(len(name) for name, _ in facts)
    for name, text in facts:
        screen.people.print(f"{name:{width}}  {text}", soft_wrap=True, markup=False)
    screen.people.print()


def smart_facts(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List how sure the smart mode is, and what that took."""
    spent = result["spent"]
    cost = money_text(spent["lambdaCostUsd"], currency_of(result))
    facts = [
        *certainty_facts(result),
        ("Spent", f"{spent['invocations']:,} invocations, {cost}"),
        *effort_facts(result),
    ]
    not_tried = untried_text(result)
    return [*facts, ("Not tried", not_tried)] if not_tried else facts


def result_table(result: Mapping[str, Any]) -> Table:
    """Build the table of all power values."""
    decision, target = result.get("decision") or {}, result["target"]
    comparison = result.get("comparison") or {}
    current = comparison.get("currentPower", target.get("memoryMb"))
    title = escape(str(target["name"]))
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("memory", no_wrap=True)
    smart, currency = is_smart(result), currency_of(result)
    for heading in _SMART_HEADINGS if smart else _CLASSIC_HEADINGS:
        justify: Any = "left" if heading == "outcome" else "right"
        table.add_column(heading, justify=justify, no_wrap=heading not in _WRAPPING)
    for branch in sorted(result["branches"], key=lambda each: float(each["powerValue"])):
        memory_mb = branch["powerValue"]
        marks = "".join(mark for mark, at in ((" ◆", decision.get("power")), (" ○", current)) if memory_mb == at)
        chosen = memory_mb == decision.get("power")
        table.add_row(
            memory_text(memory_mb) + marks,
            *(_smart_figures(branch, currency) if smart else _figures(branch, currency)),
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
    for reason, memories_mb in reasons.items():
        screen.people.print(f"[red]×[/red] {', '.join(memories_mb)} MB: {escape(reason)}", soft_wrap=True)  # noqa: RUF001


def _figures(branch: Mapping[str, Any], currency: str) -> Sequence[str]:
    outcome = escape(outcome_text(branch["outcome"]))
    if branch["outcome"] != "ok":
        return (outcome,)
    spread = branch["durationMs"]
    return (
        outcome,
        f"{branch['samples']} ({branch['coldSamples']})",
        duration_text(branch["averageDurationMs"]),
        duration_text(spread["p50"]),
        duration_text(spread["p95"]),
        money_text(per_million(branch["averageCostUsd"]), currency),
        _memory_used(branch),
    )


def _smart_figures(branch: Mapping[str, Any], currency: str) -> Sequence[str]:
    if branch["outcome"] != "ok":
        return (str(branch["samples"]), escape(outcome_text(branch["outcome"])))

    def money(amount: float) -> str:
        return money_text(per_million(amount), currency)

    return (
        str(branch["samples"]),
        f"{duration_text(branch['averageDurationMs'])} ({range_text(branch['durationIntervalMs'], duration_text)})",
        f"{money(branch['averageCostUsd'])} ({range_text(branch['costIntervalUsd'], money)})",
        chance_text(branch["chanceOfBest"]),
        _memory_used(branch),
    )


def _memory_used(branch: Mapping[str, Any]) -> str:
    used_mb = branch.get("maxMemoryUsedMb")
    return "" if used_mb is None else f"{memory_text(used_mb)}, {used_mb / branch['powerValue']:3.0%}"
