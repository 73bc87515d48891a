"""Show a run's result in the terminal: table, curves, sentence, and where its documents are."""

from collections.abc import Mapping, Sequence

from rich.markup import escape

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
from power_tuner_cli.listing import Listing
from power_tuner_cli.result_plot import IN_ASCII, SIGNS, Signs, render_plot
from power_tuner_cli.run_results import RunResults

_CLASSIC_HEADINGS = ("samples (cold)", "mean", "p50", "p95", "per million", "memory used")
_SMART_HEADINGS = ("samples", "mean (between)", "per million (between)", "best?", "memory used")
_BREAKING = frozenset({"mean (between)", "per million (between)", "memory used"})


def show_result(screen: Screen, result: Result) -> None:
    """Print the table, the curves and the sentence of a run."""
    signs = IN_ASCII if screen.output.options.ascii_only else SIGNS
    screen.output.print(result_listing(result, signs), soft_wrap=True)
    show_failures(screen, result)
    screen.output.print(render_plot(result, screen.output.width, signs))
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


def result_listing(result: Result, signs: Signs = SIGNS) -> Listing:
    """Return the table of all memory sizes."""
    smart, currency = isinstance(result.decision, SmartDecision), result.spent.currency
    headings = ("memory", *(_SMART_HEADINGS if smart else _CLASSIC_HEADINGS))
    chosen_memory_mb = result.decision.memory_mb if result.decision else None
    rows, styles = [], []
    for branch in sorted(result.branches, key=lambda each: each.memory_mb):
        memory_mb = branch.memory_mb
        marked = ((signs.chosen, chosen_memory_mb), (signs.current, result.target.memory_mb))
        marks = "".join(f" {mark}" for mark, at in marked if memory_mb == at)
        figures = _smart_figures(branch, currency) if smart else _figures(branch, currency)
        rows.append([memory_text(memory_mb) + marks, *figures, *[""] * (len(headings) - 1 - len(figures))])
        failed = "" if isinstance(branch, MeasuredBranch) else "red"
        styles.append("bold green" if memory_mb == chosen_memory_mb else failed)
    return Listing(headings, rows, frozenset(headings[1:]), result.target.name, _BREAKING, styles)


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
    samples = f"{branch.samples} ({branch.cold_samples})"
    if not isinstance(branch, MeasuredBranch):
        return (samples, outcome_text(branch.outcome))
    return (
        samples,
        duration_text(branch.average_duration_ms),
        duration_text(branch.duration_ms.p50),
        duration_text(branch.duration_ms.p95),
        money_text(per_million(branch.average_cost_usd), currency),
        _memory_used(branch),
    )


def _smart_figures(branch: Branch, currency: str) -> Sequence[str]:
    if not isinstance(branch, EstimatedBranch):
        return (str(branch.samples), outcome_text(branch.outcome))

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
