"""Show a run's result in the terminal: table, curves, sentence, and where its documents are."""

from collections.abc import Mapping, Sequence
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from power_tuner.report.figures import (
    chance_text,
    duration_text,
    extensions_text,
    memory_text,
    money_text,
    outcome_text,
    per_million,
    range_text,
)
from power_tuner.report.production import cold_start_facts, real_bill_facts
from power_tuner.report.safety import safety_facts
from power_tuner.report.smart import certainty_facts, effort_facts, untried_text
from power_tuner.report.trade import trade_sentence
from power_tuner.tuning.errors_within import errors_text
from power_tuner.tuning.result import Branch, EstimatedBranch, FailedBranch, MeasuredBranch, Result, SmartDecision
from power_tuner_cli.console import Screen
from power_tuner_cli.result_plot import render_plot
from power_tuner_cli.run_results import RunResults

_CLASSIC_HEADINGS = ("outcome", "samples (cold)", "mean", "p50", "p95", "per million", "memory used")
_SMART_HEADINGS = ("samples", "mean (between)", "per million (between)", "best?", "memory used")
_WRAPPING = {"samples (cold)"}


def show_result(screen: Screen, result: Result) -> None:
    """Print the table, the curves and the sentence of a run."""
    screen.output.print(result_table(result))
    show_failures(screen, result)
    screen.output.print(render_plot(result, screen.output.width))
    screen.output.print(f"\n[bold]{escape(result.sentence)}[/bold]", soft_wrap=True)
    if trade := trade_sentence(result):
        screen.output.print(trade, soft_wrap=True)
    screen.output.print()
    if isinstance(result.decision, SmartDecision):
        show_facts(screen, smart_facts(result, result.decision))
    if safety := [*real_bill_facts(result), *cold_start_facts(result), *safety_facts(result)]:
        show_facts(screen, safety)


def show_locations(screen: Screen, results: RunResults, saved: Mapping[str, str]) -> None:
    """Print where the run's report, item and objects are."""
    facts = []
    for name, location in results.locations().items():
        text = location
        if isinstance(location, dict):
            text = f"table {location['table']}, PK {location['PK']}, SK {location['SK']}"
        facts.append((name, str(text)))
    facts += [(f"{name}, saved", path) for name, path in saved.items()]
    show_facts(screen, facts)


def show_facts(screen: Screen, facts: Sequence[tuple[str, str]]) -> None:
    """Print pairs of a name and a text, one per line."""
    width = max(len(name) for name, _ in facts)
    for name, text in facts:
        screen.output.print(f"{name:{width}}  {text}", soft_wrap=True, markup=False)
    screen.output.print()


def smart_facts(result: Result, decision: SmartDecision) -> list[tuple[str, str]]:
    """Return how certain the smart mode is, and what that took."""
    cost = money_text(result.spent.lambda_cost_usd, result.spent.currency)
    facts = [
        *certainty_facts(result, decision),
        ("Spent", f"{result.spent.invocations:,} invocations, {cost}"),
        *effort_facts(result, decision),
    ]
    not_tried = untried_text(result)
    return [*facts, ("Not tried", not_tried)] if not_tried else facts


def result_table(result: Result) -> Table:
    """Return the table of all memory sizes."""
    title = escape(result.target.name)
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("memory", no_wrap=True)
    smart, currency = isinstance(result.decision, SmartDecision), result.spent.currency
    for heading in _SMART_HEADINGS if smart else _CLASSIC_HEADINGS:
        justify: Literal["left", "right"] = "left" if heading == "outcome" else "right"
        table.add_column(heading, justify=justify, no_wrap=heading not in _WRAPPING)
    chosen_memory_mb = result.decision.memory_mb if result.decision else None
    for branch in sorted(result.branches, key=lambda each: each.memory_mb):
        memory_mb = branch.memory_mb
        marked = ((" ◆", chosen_memory_mb), (" ○", result.target.memory_mb))
        marks = "".join(mark for mark, at in marked if memory_mb == at)
        measured = isinstance(branch, MeasuredBranch)
        table.add_row(
            memory_text(memory_mb) + marks,
            *(_smart_figures(branch, currency) if smart else _figures(branch, currency)),
            style="bold green" if memory_mb == chosen_memory_mb else None if measured else "red",
        )
    return table


def show_failures(screen: Screen, result: Result) -> None:
    """Print why branches failed, each reason once, and what failed within those that were measured."""
    reasons: dict[str, list[str]] = {}
    for branch in result.branches:
        if isinstance(branch, FailedBranch):
            reasons.setdefault(branch.reason, []).append(str(branch.memory_mb))
    for reason, memories_mb in reasons.items():
        screen.output.print(f"[red]×[/red] {', '.join(memories_mb)} MB: {escape(reason)}", soft_wrap=True)  # noqa: RUF001
    for branch in result.branches:
        if isinstance(branch, MeasuredBranch) and branch.errors:
            text = f"{branch.memory_mb} MB: {errors_text(branch.errors, branch.invocations)}"
            screen.output.print(f"[yellow]![/yellow] {escape(text)}", soft_wrap=True)
        if isinstance(branch, MeasuredBranch) and (note := extensions_text(branch)):
            screen.output.print(f"[dim]{branch.memory_mb} MB: {note}[/dim]", soft_wrap=True)


def _figures(branch: Branch, currency: str) -> Sequence[str]:
    outcome = escape(outcome_text(branch.outcome))
    if not isinstance(branch, MeasuredBranch):
        return (outcome,)
    return (
        outcome,
        f"{branch.samples} ({branch.cold_samples})",
        duration_text(branch.average_duration_ms),
        duration_text(branch.duration_ms.p50),
        duration_text(branch.duration_ms.p95),
        money_text(per_million(branch.average_cost_usd), currency),
        _memory_used(branch),
    )


def _smart_figures(branch: Branch, currency: str) -> Sequence[str]:
    if not isinstance(branch, EstimatedBranch):
        return (str(branch.samples), escape(outcome_text(branch.outcome)))

    def money(amount: float) -> str:
        return money_text(per_million(amount), currency)

    return (
        str(branch.samples),
        f"{duration_text(branch.average_duration_ms)} ({range_text(branch.duration_interval_ms, duration_text)})",
        f"{money(branch.average_cost_usd)} ({range_text(branch.cost_interval_usd, money)})",
        chance_text(branch.chance_of_best),
        _memory_used(branch),
    )


def _memory_used(branch: MeasuredBranch) -> str:
    used_mb = branch.max_memory_used_mb
    return "" if used_mb is None else f"{memory_text(used_mb)}, {used_mb / branch.memory_mb:3.0%}"
