"""The report's table: one row for each memory size."""

from collections.abc import Sequence
from html import escape

from power_tuner.report.figures import (
    chance_text,
    duration_text,
    extensions_text,
    memory_text,
    memory_use_text,
    money_text,
    outcome_text,
    per_million,
    range_text,
)
from power_tuner.tuning.errors_within import errors_text
from power_tuner.tuning.result import Branch, EstimatedBranch, MeasuredBranch

_NEARLY_FULL = 0.9
_CLASSIC_COLUMNS = ("Memory", "Outcome", "Mean", "Cost per million", "p50", "p95", "Samples", "Cold", "Memory used")
_SMART_COLUMNS = (
    "Memory",
    "Outcome",
    "Mean",
    "Cost per million",
    "Chance of best",
    "Fastest to slowest",
    "Samples",
    "Memory used",
)
_CLASSIC_NOTE = "Durations as Lambda reports them; the mean and the cost are those that decided."
_SMART_NOTE = (
    "Means with the interval that holds them in about 95 of 100 runs. The tail that few samples cannot show is "
    "allowed for, so a mean may lie off the middle of its samples. Not every invocation is a sample: a version's first "
    "is a cold start, and cold and warm never mix."
)


def render_heads(*, smart: bool) -> str:
    """Return the columns' headings, as HTML."""
    return "".join(f'<th scope="col">{name}</th>' for name in (_SMART_COLUMNS if smart else _CLASSIC_COLUMNS))


def table_note(*, smart: bool) -> str:
    """Return the note that explains the table."""
    return _SMART_NOTE if smart else _CLASSIC_NOTE


def render_rows(
    branches: Sequence[Branch], chosen_memory_mb: int | None, current_memory_mb: int, currency: str, *, smart: bool
) -> str:
    """Return the rows of the branches, in the order of their memory sizes."""
    width = len(_SMART_COLUMNS if smart else _CLASSIC_COLUMNS)
    return "".join(_row(branch, chosen_memory_mb, current_memory_mb, currency, width - 2) for branch in branches)


def _row(branch: Branch, chosen_memory_mb: int | None, current_memory_mb: int, currency: str, reason_width: int) -> str:
    memory_mb = branch.memory_mb
    tags = [
        f'<span class="tag {kind}">{word}</span>'
        for kind, word, at in (("chosen", "◆ chosen", chosen_memory_mb), ("current", "▽ current", current_memory_mb))
        if memory_mb == at
    ]
    head = f'<th scope="row">{memory_text(memory_mb)}{"".join(tags)}</th>'
    chosen = ' class="chosen"' if memory_mb == chosen_memory_mb else ""
    outcome = escape(outcome_text(branch.outcome))
    if not isinstance(branch, MeasuredBranch):
        return (
            f'<tr data-mb="{memory_mb}" class="failed">{head}<td class="outcome">✕ {outcome}</td>'
            f'<td colspan="{reason_width}" class="reason">{escape(branch.reason or "")}</td></tr>'
        )
    if branch.errors:
        outcome += f'<span class="errors">{escape(errors_text(branch.errors, branch.invocations))}</span>'
    if note := extensions_text(branch):
        outcome += f'<span class="errors">{escape(note)}</span>'
    used_mb = branch.max_memory_used_mb
    full = ' class="full"' if used_mb is not None and used_mb >= _NEARLY_FULL * memory_mb else ""
    if isinstance(branch, EstimatedBranch):
        figures = _smart_figures(branch, currency)
    else:
        figures = _classic_figures(branch, currency)
    return (
        f'<tr data-mb="{memory_mb}"{chosen}>{head}<td class="outcome">✓ {outcome}</td>'
        f"{''.join(f'<td>{figure}</td>' for figure in figures)}"
        f"<td{full}>{memory_use_text(branch)}</td></tr>"
    )


def _classic_figures(branch: MeasuredBranch, currency: str) -> tuple[str, ...]:
    return (
        duration_text(branch.average_duration_ms),
        escape(money_text(per_million(branch.average_cost_usd), currency)),
        duration_text(branch.duration_ms.p50),
        duration_text(branch.duration_ms.p95),
        f"{branch.samples}",
        f"{branch.cold_samples}",
    )


def _smart_figures(branch: EstimatedBranch, currency: str) -> tuple[str, ...]:
    def money(amount: float) -> str:
        return escape(money_text(per_million(amount), currency))

    return (
        duration_text(branch.average_duration_ms) + _bounds(range_text(branch.duration_interval_ms, duration_text)),
        money(branch.average_cost_usd) + _bounds(range_text(branch.cost_interval_usd, money)),
        chance_text(branch.chance_of_best),
        range_text((branch.duration_ms.min, branch.duration_ms.max), duration_text),
        f"{branch.samples} of {branch.invocations}",
    )


def _bounds(words: str) -> str:
    return f'<span class="bounds">{words}</span>'
