"""The report of one run: a self-contained HTML page.

The page needs no network, no script and no library. Everything in it that came from outside (names, reasons,
inputs) is escaped, and its content security policy forbids whatever could still slip through.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from power_tuner.report.chart import render_chart
from power_tuner.report.figures import (
    chance_text,
    change_text,
    currency_of,
    duration_text,
    memory_text,
    money_text,
    per_million,
    range_text,
)
from power_tuner.report.smart import certainty_facts, effort_facts, is_smart, untried, untried_text
from power_tuner.report.table import render_heads, render_rows, table_note
from power_tuner.tuning.run_input import FIELDS

_NO_FIGURE = "–"  # noqa: RUF001 - an en dash stands for "no figure"
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
    ('<g class="untried"><line x1="7" x2="7" y1="4" y2="13"/></g>', "candidate that was not tried"),
)
_FAILED_LEGEND = ('<path class="failed" d="M2 2l10 10m0 -10l-10 10"/>', "failed")


def render_report(result: Mapping[str, Any]) -> str:
    """Render the result document of one run as an HTML page."""
    target, decision = result["target"], result.get("decision")
    comparison = result.get("comparison")
    branches = sorted(result.get("branches", ()), key=lambda branch: float(branch["powerValue"]))
    chosen_memory_mb = decision["power"] if decision else None
    current_memory_mb = comparison["currentPower"] if comparison else target.get("memoryMb")
    template = files("power_tuner").joinpath("data", "report.html").read_text("utf-8")
    smart, currency, untried_memories_mb = is_smart(result), currency_of(result), untried(result)
    return Template(template).substitute(
        title=escape(f"{target['name']}: power tuning"),
        target_name=escape(str(target["name"])),
        finished=_time_text(result.get("finishedAt")),
        finished_iso=escape(str(result.get("finishedAt") or "")),
        sentence=escape(_sentence(result)),
        figures=_key_figures(result, decision, comparison),
        chart=render_chart(
            branches, chosen_memory_mb, current_memory_mb, untried_memories_mb=untried_memories_mb, currency=currency
        ),
        legend=_legend(_SMART_LEGEND if smart else _CLASSIC_LEGEND),
        table_note=table_note(smart=smart),
        columns=render_heads(smart=smart),
        rows=render_rows(branches, chosen_memory_mb, current_memory_mb, currency),
        failures=_failure_note(branches) + _untried_note(result),
        certainty=_certainty(result) if smart else "",
        spent=_definitions(_spent(result)),
        input=_definitions(_input(result.get("input", {}))),
        identity=_definitions(_identity(result, target)),
    )


def _legend(entries: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f'<li><svg width="14" height="16" aria-hidden="true">{shape}</svg>{words}</li>'
        for shape, words in (*entries, _FAILED_LEGEND)
    )


def _certainty(result: Mapping[str, Any]) -> str:
    return (
        '<section aria-labelledby="certainty"><h2 id="certainty">How sure it is</h2>'
        f'<dl class="facts identity">{_definitions(certainty_facts(result))}</dl></section>'
    )


def _sentence(result: Mapping[str, Any]) -> str:
    sentence = str(result.get("sentence") or "No power value could be measured.")
    return sentence.replace(" %", "\u00a0%").replace(" MB", "\u00a0MB")


def _key_figures(
    result: Mapping[str, Any], decision: Mapping[str, Any] | None, comparison: Mapping[str, Any] | None
) -> str:
    if decision is None:
        return ""
    duration_change = cost_change = ""
    if comparison and comparison["currentPower"] != decision["power"]:
        against = f" against {memory_text(comparison['currentPower'])}"
        duration_change = f"{change_text(comparison['durationChange'])}{against}"
        cost_change = f"{change_text(comparison['costChange'])}{against}"
    chosen: Mapping[str, Any] = next(
        (branch for branch in result["branches"] if branch["powerValue"] == decision["power"]), {}
    )
    currency = currency_of(result)

    def money(amount: float) -> str:
        return money_text(per_million(amount), currency)

    durations, costs = [duration_change], [cost_change]
    if "durationIntervalMs" in chosen:
        durations.insert(0, range_text(chosen["durationIntervalMs"], duration_text))
        costs.insert(0, range_text(chosen["costIntervalUsd"], money))
    figures = (
        ("Chosen", memory_text(decision["power"]), [f"by {decision.get('strategy', '')}".removesuffix("by ")]),
        ("Mean duration", duration_text(decision["durationMs"]), durations),
        ("A million invocations", money(decision["costUsd"]), costs),
        ("Confidence", chance_text(decision["confidence"]), ["that nothing else is over 2 % better"])
        if is_smart(result)
        else ("Invocations measured", f"{_samples(result):,}", [""]),
    )
    return "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}"
        f"{''.join(f'<small>{escape(note)}</small>' for note in notes)}</dd></div>"
        for name, value, notes in figures
    )


def _samples(result: Mapping[str, Any]) -> int:
    return sum(int(branch.get("samples") or 0) for branch in result.get("branches", ()))


def _failure_note(branches: Iterable[Mapping[str, Any]]) -> str:
    failed = [branch for branch in branches if branch["outcome"] != "ok"]
    if not failed:
        return ""
    values = ", ".join(f"{branch['powerValue']:.0f}" for branch in failed)
    return f"<p>Not measured, and so not chosen: {values} MB. The table gives the reasons.</p>"


def _untried_note(result: Mapping[str, Any]) -> str:
    words = untried_text(result)
    return f"<p>Not tried, because nothing better was expected there: {words}.</p>" if words else ""


def _spent(result: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    spent = result.get("spent", {})
    currency = currency_of(result)
    lambda_usd, execution_usd = spent.get("lambdaCostUsd", 0.0), spent.get("executionCostUsd", 0.0)
    yield "Invocations of the function", f"{spent.get('invocations', 0):,}"
    yield "Cost of the invocations", money_text(lambda_usd, currency)
    yield "State transitions", f"{spent.get('stateTransitions', 0):,}"
    yield "Cost of the transitions", money_text(execution_usd, currency)
    yield "Together", money_text(lambda_usd + execution_usd, currency)
    if is_smart(result):
        yield from effort_facts(result)


def _input(given: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in given.items():
        if value is not None:
            yield _INPUT_LABELS.get(name, name), _value_text(value)


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _identity(result: Mapping[str, Any], target: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    current_memory = target.get("memoryMb")
    yield "Function", str(target.get("arn", target["name"]))
    yield "Runtime", " on ".join(str(target[key]) for key in ("runtime", "architecture") if target.get(key))
    yield "Memory before the run", _NO_FIGURE if current_memory is None else memory_text(current_memory)
    yield "Timeout", f"{target['timeoutS']} s" if target.get("timeoutS") else _NO_FIGURE
    yield "Code SHA-256", str(target.get("codeSha256", _NO_FIGURE))
    yield "Run", str(result["runId"])
    yield "Execution", str(result.get("executionArn", _NO_FIGURE))
    yield "Started", _time_text(result.get("startedAt"))
    yield "Finished", _time_text(result.get("finishedAt"))


def _definitions(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in pairs)


def _time_text(moment: object) -> str:
    try:
        parsed = datetime.fromisoformat(str(moment))
    except ValueError:
        return escape(str(moment or _NO_FIGURE))
    return f"{parsed:%Y-%m-%d %H:%M:%S} {parsed.tzname() or ''}".strip()
