"""Two runs over one another: a self-contained HTML page, with the style and the script of the report."""

from collections.abc import Callable, Iterable
from html import escape
from string import Template

from power_tuner.report.figures import change_text, duration_text, memory_text, money_text, outcome_text, per_million
from power_tuner.report.page_parts import content_security_policy, json_in_html, page_part
from power_tuner.report.run_pair import Pair, names_of, pair_reading, pair_sentence, pairs_of
from power_tuner.report.two_runs_chart import render_two_runs_chart
from power_tuner.report.visible_text import visible
from power_tuner.tuning.result import Branch, MeasuredBranch, Result

_DASH = "–"  # noqa: RUF001 - an en dash stands for "no figure"


def render_two_runs(first: Result, second: Result) -> str:
    """Return the page of two runs in the same currency, the earlier or the reference first."""
    pairs, names, currency = pairs_of(first, second), names_of(first, second), first.spent.currency
    style, script = page_part("report.css"), page_part("report.js")
    readings = [{"memory": pair.memory_mb, "text": pair_reading(pair, names, currency)} for pair in pairs]
    one, other = map(escape, names)
    page = Template(page_part("two_runs.html")).substitute(
        policy=content_security_policy(style, script),
        style=style,
        script=script,
        data=json_in_html({"readings": readings}),
        first=one,
        second=other,
        sentence=escape(pair_sentence(pairs, names).replace(" %", "\u00a0%").replace(" MB", "\u00a0MB")),
        figures="".join(_figures(result, name) for result, name in zip((first, second), names, strict=True)),
        chart=render_two_runs_chart(first, second),
        rows="".join(_row(pair, currency) for pair in pairs),
        facts="".join(
            f'<tr><th scope="row">{name}</th>{"".join(f"<td>{escape(text)}</td>" for text in texts)}</tr>'
            for name, *texts in _facts(first, second)
        ),
    )
    return visible(page)


def _figures(result: Result, name: str) -> str:
    decision = result.decision
    if decision is None:
        return f"<div><dt>{escape(name)}</dt><dd>{_DASH}<small>nothing was chosen</small></dd></div>"
    cost = money_text(per_million(decision.cost_usd), result.spent.currency)
    notes = (f"chosen by {decision.strategy}", f"{duration_text(decision.duration_ms)}, {cost} a million invocations")
    return (
        f"<div><dt>{escape(name)}</dt><dd>{memory_text(decision.memory_mb)}"
        f"{''.join(f'<small>{escape(note)}</small>' for note in notes)}</dd></div>"
    )


def _row(pair: Pair, currency: str) -> str:
    def duration(branch: MeasuredBranch) -> str:
        return duration_text(branch.average_duration_ms)

    def cost(branch: MeasuredBranch) -> str:
        return money_text(per_million(branch.average_cost_usd), currency)

    doubt = "" if pair.durations_differ or pair.duration_change is None else '<span class="bounds">in doubt</span>'
    cells = [
        *(_cell(branch, duration) for branch in (pair.first, pair.second)),
        _change(pair.duration_change) + doubt,
        *(_cell(branch, cost) for branch in (pair.first, pair.second)),
        _change(pair.cost_change),
    ]
    return f'<tr><th scope="row">{memory_text(pair.memory_mb)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _cell(branch: Branch | None, write: Callable[[MeasuredBranch], str]) -> str:
    if branch is None:
        return _DASH
    return escape(write(branch) if isinstance(branch, MeasuredBranch) else outcome_text(branch.outcome))


def _change(change: float | None) -> str:
    return _DASH if change is None else change_text(change)


def _facts(*results: Result) -> Iterable[tuple[str, ...]]:
    yield "Function", *(result.target.arn for result in results)
    yield "Runtime", *(f"{result.target.runtime} on {result.target.architecture}" for result in results)
    yield "Code SHA-256", *(result.target.code_sha256 for result in results)
    yield "Memory before the run", *(memory_text(result.target.memory_mb) for result in results)
    yield "Mode", *(str(result.run_input.get("mode", "")) for result in results)
    yield "Invocations", *(f"{result.spent.invocations:,}" for result in results)
    yield "Finished", *(result.finished_at for result in results)
    yield "Run", *(result.run_id for result in results)
