"""The report of one run: a self-contained HTML page.

The page needs no network and no library, and shows every figure without its script too. Everything in it that came
from outside (names, reasons, inputs) is escaped, and its content security policy lets its own style and script have
effect, by their hashes, and nothing be loaded.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from string import Template

from power_tuner.report.chart import render_chart
from power_tuner.report.figures import (
    chance_text,
    change_text,
    duration_text,
    memory_text,
    money_text,
    per_million,
    range_text,
)
from power_tuner.report.page_parts import content_security_policy, json_in_html, page_part
from power_tuner.report.production import cold_start_facts, real_bill_facts
from power_tuner.report.readings import readings_of
from power_tuner.report.safety import safety_facts
from power_tuner.report.smart import certainty_facts, effort_facts, untried, untried_text
from power_tuner.report.spreadsheet import data_address, render_table_text
from power_tuner.report.strategy_control import render_strategy_control
from power_tuner.report.table import render_heads, render_rows, table_note
from power_tuner.report.trade import trade_sentence
from power_tuner.report.visible_text import visible
from power_tuner.tuning.result import (
    Branch,
    Decision,
    EstimatedBranch,
    MeasuredBranch,
    Result,
    SmartDecision,
)
from power_tuner.tuning.run_input import FIELDS

_INPUT_LABELS = {"mode": "Mode"} | {field.shown_as: field.label for field in FIELDS.values() if field.label}

_LEGEND_POINT = '<circle class="point" cx="7" cy="7" r="4"/>'
_CLASSIC_LEGEND = (
    (_LEGEND_POINT, "mean that decided"),
    ('<rect class="box" x="2" width="10" y="2" height="12"/>', "half of the samples (p25 to p75)"),
    ('<line class="whisker" x1="7" x2="7" y2="16"/>', "fastest to p95"),
)
_SMART_LEGEND = (
    (_LEGEND_POINT, "mean"),
    ('<path class="interval" d="M2 1h10M7 1v13M2 14h10"/>', "holds the mean in about 95 of 100 runs"),
    (
        '<g class="curve"><path class="predicted" d="M0 8h14"/></g><circle class="prediction" cx="7" cy="8" r="4"/>',
        "not invoked: a prediction",
    ),
)
_DRAWN = {
    False: "The line joins what was measured.",
    True: "A solid line joins what was measured; dashed, with open marks, is what is believed of the rest.",
}
_FAILED_LEGEND = ('<path class="failed" d="M2 2l10 10m0 -10l-10 10"/>', "failed")


def render_report(result: Result) -> str:
    """Return the report of one run, as an HTML page."""
    target, decision, currency = result.target, result.decision, result.spent.currency
    branches = sorted(result.branches, key=lambda branch: branch.memory_mb)
    chosen_memory_mb = decision.memory_mb if decision else None
    style, script = page_part("report.css"), page_part("report.js")
    smart = isinstance(decision, SmartDecision)
    page = Template(page_part("report.html")).substitute(
        policy=content_security_policy(style, script),
        style=style,
        script=script,
        data=json_in_html(_data(result)),
        strategies=render_strategy_control(result),
        csv_name=escape(f"{result.run_id}.csv"),
        csv_address=data_address(_table_text(result, ",")),
        drawn=_DRAWN[smart],
        title=escape(f"{target.name}: power tuning"),
        target_name=escape(target.name),
        finished=_time_text(result.finished_at),
        finished_iso=escape(result.finished_at),
        sentence=_unbroken(result.sentence),
        trade=_trade(result),
        figures=_key_figures(result, decision) if decision else "",
        chart=render_chart(
            branches,
            chosen_memory_mb,
            target.memory_mb,
            predictions=result.predictions,
            untried_memories_mb=untried(result),
            currency=currency,
        ),
        legend=_legend(_SMART_LEGEND if smart else _CLASSIC_LEGEND),
        table_note=table_note(smart=smart),
        columns=render_heads(smart=smart),
        rows=render_rows(branches, chosen_memory_mb, target.memory_mb, currency, smart=smart),
        failures=_failure_note(branches) + _untried_note(result),
        certainty=(_certainty(result, decision) if isinstance(decision, SmartDecision) else "") + _safety(result),
        spent=_definitions(_spent(result)),
        input=_definitions(_input(result.run_input)),
        identity=_definitions(_identity(result)),
    )
    return visible(page)


def _unbroken(sentence: str) -> str:
    """Return a sentence as HTML whose numbers stay with their units."""
    return escape(sentence.replace(" %", "\u00a0%").replace(" MB", "\u00a0MB"))


def _trade(result: Result) -> str:
    sentence = trade_sentence(result)
    return f'<p class="trade">{_unbroken(sentence)}</p>' if sentence else ""


def _data(result: Result) -> Mapping[str, object]:
    """Return what the page's script needs."""
    readings = [
        {
            "memory": each.memory_mb,
            "text": each.text,
            "against": each.against_now,
            "duration": each.duration_ms,
            "cost": each.cost_usd,
            "predicted": each.predicted,
        }
        for each in readings_of(result)
    ]
    return {"readings": readings, "copy": _table_text(result, "\t")}


def _table_text(result: Result, delimiter: str) -> str:
    return render_table_text(result.branches, result.predictions, result.spent.currency, delimiter)


def _legend(entries: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f'<li><svg width="14" height="16" aria-hidden="true">{shape}</svg>{words}</li>'
        for shape, words in (*entries, _FAILED_LEGEND)
    )


def _certainty(result: Result, decision: SmartDecision) -> str:
    return (
        '<section aria-labelledby="certainty"><h2 id="certainty">How sure it is</h2>'
        f'<dl class="facts identity">{_definitions(certainty_facts(result, decision))}</dl></section>'
    )


def _safety(result: Result) -> str:
    sections = (
        ("production", "In production", (*real_bill_facts(result), *cold_start_facts(result))),
        ("safety", "What keeps it safe", safety_facts(result)),
    )
    return "".join(
        f'<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>'
        f'<dl class="facts identity">{facts}</dl></section>'
        for name, title, pairs in sections
        if (facts := _definitions(pairs))
    )


def _key_figures(result: Result, decision: Decision) -> str:
    duration_change = cost_change = ""
    comparison = result.comparison
    if comparison and comparison.current_memory_mb != decision.memory_mb:
        against = f" against {memory_text(comparison.current_memory_mb)}"
        duration_change = f"{change_text(comparison.duration_change)}{against}"
        cost_change = f"{change_text(comparison.cost_change)}{against}"
    chosen = next(branch for branch in result.branches if branch.memory_mb == decision.memory_mb)

    def money(amount: float) -> str:
        return money_text(per_million(amount), result.spent.currency)

    durations, costs = [duration_change], [cost_change]
    if isinstance(chosen, EstimatedBranch):
        durations.insert(0, range_text(chosen.duration_interval_ms, duration_text))
        costs.insert(0, range_text(chosen.cost_interval_usd, money))
    samples = sum(branch.samples for branch in result.branches)
    figures = (
        ("Chosen", memory_text(decision.memory_mb), [f"by {decision.strategy}"]),
        ("Mean duration", duration_text(decision.duration_ms), durations),
        ("A million invocations", money(decision.cost_usd), costs),
        ("Confidence", chance_text(decision.confidence), ["that nothing else is over 2 % better"])
        if isinstance(decision, SmartDecision)
        else ("Invocations measured", f"{samples:,}", [""]),
    )
    return "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}"
        f"{''.join(f'<small>{escape(note)}</small>' for note in notes)}</dd></div>"
        for name, value, notes in figures
    )


def _failure_note(branches: Sequence[Branch]) -> str:
    failed = [str(branch.memory_mb) for branch in branches if not isinstance(branch, MeasuredBranch)]
    if not failed:
        return ""
    return f"<p>Not measured, and so not chosen: {', '.join(failed)} MB. The table gives the reasons.</p>"


def _untried_note(result: Result) -> str:
    words = untried_text(result)
    return f"<p>Not tried, because nothing better was expected there: {words}.</p>" if words else ""


def _spent(result: Result) -> Iterable[tuple[str, str]]:
    spent = result.spent
    yield "Invocations of the function", f"{spent.invocations:,}"
    yield "Cost of the invocations", money_text(spent.lambda_cost_usd, spent.currency)
    yield "State transitions", f"{spent.state_transitions:,}"
    yield "Cost of the transitions, by estimate", money_text(spent.execution_cost_usd, spent.currency)
    snap_start_cost_usd = spent.snap_start_cost_usd or 0.0
    if snap_start_cost_usd:
        yield "Cost of snapshots (SnapStart), by estimate", money_text(snap_start_cost_usd, spent.currency)
    together = spent.lambda_cost_usd + spent.execution_cost_usd + snap_start_cost_usd
    yield "Together", money_text(together, spent.currency)
    if spent.own_functions_cost_usd:
        yield "The tuner's own functions, by estimate", money_text(spent.own_functions_cost_usd, spent.currency)
    if isinstance(result.decision, SmartDecision):
        yield from effort_facts(result, result.decision)


def _input(run_input: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    for name, value in run_input.items():
        if value is not None:
            yield _INPUT_LABELS.get(name, name), _value_text(value)


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _identity(result: Result) -> Iterable[tuple[str, str]]:
    target = result.target
    yield "Function", target.arn
    yield "Runtime", f"{target.runtime} on {target.architecture}"
    yield "Memory before the run", memory_text(target.memory_mb)
    yield "Timeout", f"{target.timeout_s} s"
    yield "Code SHA-256", target.code_sha256
    yield "Run", result.run_id
    yield "Execution", result.execution_arn
    yield "Started", _time_text(result.started_at)
    yield "Finished", _time_text(result.finished_at)


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)


def _time_text(moment: str) -> str:
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        return escape(moment)
    return f"{parsed:%Y-%m-%d %H:%M:%S} {parsed.tzname() or ''}".strip()
