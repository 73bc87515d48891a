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

from power_tuner.domain.report_chart import render_chart
from power_tuner.domain.report_figures import (
    change_text,
    duration_text,
    memory_text,
    memory_use_text,
    outcome_text,
    per_million_usd,
    usd_text,
)

_NEARLY_FULL = 0.9
_NO_FIGURE = "–"  # noqa: RUF001 - an en dash stands for "no figure"
_INPUT_LABELS = {
    "strategy": "Strategy",
    "balancedWeight": "Weight (0 speed, 1 cost)",
    "num": "Invocations per power value",
    "powerValues": "Power values (MB)",
    "parallelInvocation": "Invocations in parallel",
    "discardTopBottom": "Discarded at top and bottom",
    "autoOptimize": "Applied automatically",
}


def render_report(result: Mapping[str, Any]) -> str:
    """Render the result document of one run as an HTML page."""
    target, decision = result["target"], result.get("decision")
    comparison = result.get("comparison")
    branches = sorted(result.get("branches", ()), key=lambda branch: float(branch["powerValue"]))
    chosen_mb = decision["power"] if decision else None
    current_mb = comparison["currentPower"] if comparison else target.get("memoryMb")
    template = files("power_tuner").joinpath("data", "report.html").read_text("utf-8")
    return Template(template).substitute(
        title=escape(f"{target['name']}: power tuning"),
        target_name=escape(str(target["name"])),
        finished=_time_text(result.get("finishedAt")),
        finished_iso=escape(str(result.get("finishedAt") or "")),
        sentence=escape(_sentence(result)),
        figures=_key_figures(result, decision, comparison),
        chart=render_chart(branches, chosen_mb, current_mb),
        rows="".join(_row(branch, chosen_mb, current_mb) for branch in branches),
        failures=_failure_note(branches),
        spent=_definitions(_spent(result)),
        input=_definitions(_input(result.get("input", {}))),
        identity=_definitions(_identity(result, target)),
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
    figures = (
        ("Chosen", memory_text(decision["power"]), f"by {decision.get('strategy', '')}".removesuffix("by ")),
        ("Mean duration", duration_text(decision["durationMs"]), duration_change),
        ("A million invocations", usd_text(per_million_usd(decision["costUsd"])), cost_change),
        ("Invocations measured", f"{_samples(result):,}", ""),
    )
    return "".join(
        f"<div><dt>{name}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for name, value, note in figures
    )


def _samples(result: Mapping[str, Any]) -> int:
    return sum(int(branch.get("samples") or 0) for branch in result.get("branches", ()))


def _row(branch: Mapping[str, Any], chosen_mb: float | None, current_mb: float | None) -> str:
    power = branch["powerValue"]
    tags = [
        f'<span class="tag {kind}">{word}</span>'
        for kind, word, at in (("chosen", "◆ chosen", chosen_mb), ("current", "▽ current", current_mb))
        if power == at
    ]
    head = f'<th scope="row">{memory_text(power)}{"".join(tags)}</th>'
    chosen = ' class="chosen"' if power == chosen_mb else ""
    outcome = escape(outcome_text(str(branch["outcome"])))
    if branch["outcome"] != "ok":
        reason = escape(str(branch.get("reason") or "no reason was recorded"))
        return (
            f'<tr class="failed">{head}<td class="outcome">✕ {outcome}</td>'
            f'<td colspan="7" class="reason">{reason}</td></tr>'
        )
    spread = branch["durationMs"]
    used_mb = branch.get("maxMemoryUsedMb")
    full = ' class="full"' if used_mb is not None and used_mb >= _NEARLY_FULL * power else ""
    return (
        f'<tr{chosen}>{head}<td class="outcome">✓ {outcome}</td>'
        f"<td>{duration_text(branch['averageDurationMs'])}</td>"
        f"<td>{usd_text(per_million_usd(branch['averageCostUsd']))}</td>"
        f"<td>{duration_text(spread['p50'])}</td><td>{duration_text(spread['p95'])}</td>"
        f"<td>{branch['samples']}</td><td>{branch['coldSamples']}</td>"
        f"<td{full}>{memory_use_text(branch)}</td></tr>"
    )


def _failure_note(branches: Iterable[Mapping[str, Any]]) -> str:
    failed = [branch for branch in branches if branch["outcome"] != "ok"]
    if not failed:
        return ""
    values = ", ".join(f"{branch['powerValue']:.0f}" for branch in failed)
    return f"<p>Not measured, and so not chosen: {values} MB. The table gives the reasons.</p>"


def _spent(result: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    spent = result.get("spent", {})
    lambda_usd, execution_usd = spent.get("lambdaCostUsd", 0.0), spent.get("executionCostUsd", 0.0)
    yield "Invocations of the function", f"{spent.get('invocations', 0):,}"
    yield "Cost of the invocations", usd_text(lambda_usd)
    yield "State transitions", f"{spent.get('stateTransitions', 0):,}"
    yield "Cost of the transitions", usd_text(execution_usd)
    yield "Together", usd_text(lambda_usd + execution_usd)


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
