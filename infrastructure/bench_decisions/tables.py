"""What people see of the bench: tables of scores, of calibration and of the bars."""

from collections.abc import Sequence

from rich.table import Table

from bench_decisions.bars import Bar
from bench_decisions.histories import Told
from bench_decisions.scores import CalibrationRow, Score


def score_table(title: str, scores: Sequence[Score]) -> Table:
    """Return a table of engines side by side."""
    table = Table(title=title, title_justify="left")
    table.add_column("engine")
    for name in (
        "pairs",
        "regret",
        "p95",
        "in 2 %",
        "in 5 %",
        "cost/S10",
        "geo",
        "calls",
        "sizes",
        "rounds",
        "worst",
        "stated",
        "gap ±",
        "covered",
    ):
        table.add_column(name, justify="right")
    for one in scores:
        table.add_row(
            one.engine,
            str(one.pairs),
            _percent(one.mean_regret, 2),
            _percent(one.p95_regret, 1),
            _percent(one.within, 1),
            _percent(one.within_wide, 1),
            f"{one.mean_cost:.3f}",
            f"{one.geometric_cost:.3f}",
            f"{one.calls:.0f}",
            f"{one.memories_tried:.1f}",
            f"{one.rounds:.1f}",
            _percent(one.worst_pair_regret, 1),
            _percent(one.mean_confidence, 1),
            _percent(one.gap_error, 1),
            _percent(one.covered, 1),
        )
    return table


def calibration_table(engine: str, rows: Sequence[CalibrationRow]) -> Table:
    """Return a table of stated confidence and what came true."""
    table = Table(title=f"Calibration, {engine}: of the decisions given with confidence c", title_justify="left")
    for name in ("c", "decisions", "stated", "within 2 %"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            f"{row.low:.2f} to {min(row.high, 1):.2f}",
            str(row.decisions),
            _percent(row.stated, 1),
            _percent(row.reached, 1),
        )
    return table


def history_table(engine: str, told: Sequence[Told]) -> Table:
    """Return a table of what each kind of history changes against the engine without one."""
    table = Table(title=f"History, {engine}: against the same engine without one", title_justify="left")
    table.add_column("history")
    for name in ("pairs", "regret", "change", "±", "in 2 %", "change", "±", "cost x", "geo x", "calls", "gap", "±"):
        table.add_column(name, justify="right")
    for one in told:
        table.add_row(
            one.kind,
            str(one.pairs),
            *(_percent(value, 2) for value in (one.regret, one.regret_change, one.regret_error)),
            *(_percent(value, 1) for value in (one.within, one.within_change, one.within_error)),
            f"{one.mean_cost:.2f}",
            f"{one.geometric_cost:.2f}",
            f"{one.calls:.1f}",
            _percent(one.confidence_gap, 1),
            _percent(one.gap_error, 1),
        )
    return table


def bar_table(bars: Sequence[Bar], title: str = "The bar") -> Table:
    """Return a table of each bar and what was reached."""
    table = Table(title=title, title_justify="left")
    for name in ("demand", "reached", "bar", "± over pairs", ""):
        table.add_column(name)
    for bar in bars:
        sign = "≤" if bar.at_most else "≥"
        demanded = _percent(bar.demanded, 2) if bar.percent else f"{bar.demanded:.2f}"
        reached = _percent(bar.reached, 2) if bar.percent else f"{bar.reached:.3f}"
        outcome = "[green]met" if bar.met else "[yellow]within its ±" if bar.within_error else "[red]missed"
        table.add_row(bar.name, reached, f"{sign} {demanded}", _percent(bar.error, 2), outcome)
    return table


def _percent(value: float | None, digits: int) -> str:
    return "" if value is None else f"{100 * value:.{digits}f} %"
