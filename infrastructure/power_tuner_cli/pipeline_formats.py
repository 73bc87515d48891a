"""A run's result for pipelines: Markdown for step summaries and pull requests, JUnit for test reports."""

import re
from xml.etree import ElementTree as ET  # nosec B405 - it writes, and parses nothing

from power_tuner.report.figures import (
    chance_text,
    change_text,
    duration_text,
    memory_text,
    money_text,
    outcome_text,
    per_million,
)
from power_tuner.report.trade import trade_sentence
from power_tuner.report.visible_text import visible
from power_tuner.tuning.result import Branch, EstimatedBranch, MeasuredBranch, Result
from power_tuner_cli.result_plot import ON_PAGES, render_plot
from power_tuner_cli.runs import RunEnd

_PLOT_COLUMNS = 90
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What GitHub, GitLab and others would read as markup.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#|~!&$])")


def markdown(result: Result | None, end: RunEnd, *, advised: bool) -> str:
    """Return the result as Markdown: the sentence, the table and the curves.

    Args:
        result: The result; None for a run that failed.
        end: How the run ended.
        advised: Whether another memory size than the present one is advised.
    """
    if result is None or result.decision is None:
        why = f"{end.error or end.status}: {end.cause or 'no cause was given'}" if result is None else result.sentence
        return f"### Power tuning: no decision\n\n{_plain(why)}\n"
    decided, now = result.decision.memory_mb, result.target.memory_mb
    change = f"{now} MB → {decided} MB" if advised else f"{now} MB, as it is"
    currency = result.spent.currency
    spent = f"{result.spent.invocations:,} invocations, {money_text(result.spent.lambda_cost_usd, currency)}"
    rows = [_row(branch, result) for branch in sorted(result.branches, key=lambda each: each.memory_mb)]
    return "\n".join(
        [
            f"### Power tuning: {_plain(result.target.name)}: {change}",
            "",
            _plain(" ".join(filter(None, (result.sentence, trade_sentence(result))))),
            "",
            "| memory | outcome | mean | a million calls | against now | samples |",
            "|---:|---|---:|---:|---|---:|",
            *rows,
            "",
            "<details><summary>Curves</summary>",
            "",
            "```text",
            render_plot(result, _PLOT_COLUMNS, ON_PAGES).plain.replace("```", "'''"),
            "```",
            "",
            "</details>",
            "",
            f"Run `{result.run_id}`, {spent}.",
            "",
        ]
    )


def junit(result: Result | None, end: RunEnd, function: str, *, advised: bool | None) -> str:
    """Return the result as JUnit's XML: a case for the present memory size, and one for each that was tried.

    Args:
        result: The result; None for a run that failed.
        end: How the run ended.
        function: Its name.
        advised: Whether another memory size is advised; None if nobody asked, so that the case does not fail.
    """
    suite = ET.Element("testsuite", name="power-tuner")
    present = _case(suite, f"{function}: its memory size is the best", function)
    if result is None:
        failed = ET.SubElement(present, "error", type=_xml(end.error or end.status))
        failed.text = _xml(end.cause or "no cause was given")
    elif advised:
        ET.SubElement(present, "failure", type="AnotherMemorySize", message=_xml(result.sentence))
    for branch in result.branches if result else ():
        case = _case(suite, f"{function} at {memory_text(branch.memory_mb)}", function)
        if isinstance(branch, MeasuredBranch):
            case.set("time", f"{branch.average_duration_ms / 1000:.6f}")
        else:
            ET.SubElement(case, "skipped", message=_xml(f"{outcome_text(branch.outcome)}: {branch.reason}"))
    counted = {"tests": "testcase", "failures": ".//failure", "errors": ".//error", "skipped": ".//skipped"}
    for name, path in counted.items():
        suite.set(name, str(len(suite.findall(path))))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, name: str, function: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=f"power-tuner.{_xml(function)}", name=_xml(name))


def _row(branch: Branch, result: Result) -> str:
    memory_mb = branch.memory_mb
    marks = [
        mark
        for mark, at in (
            ("**chosen**", result.decision and result.decision.memory_mb),
            ("now", result.target.memory_mb),
        )
        if memory_mb == at
    ]
    memory = " ".join([memory_text(memory_mb), *marks])
    if not isinstance(branch, MeasuredBranch):
        return f"| {memory} | {_plain(outcome_text(branch.outcome))} | | | {_plain(branch.reason or '')} | |"
    outcome = f"best: {chance_text(branch.chance_of_best)}" if isinstance(branch, EstimatedBranch) else "measured"
    cost = money_text(per_million(branch.average_cost_usd), result.spent.currency)
    return (
        f"| {memory} | {outcome} | {duration_text(branch.average_duration_ms)} | {_plain(cost)} "
        f"| {_against_now(branch, result)} | {branch.samples} |"
    )


def _against_now(branch: MeasuredBranch, result: Result) -> str:
    now = next((each for each in result.branches if each.memory_mb == result.target.memory_mb), None)
    if not isinstance(now, MeasuredBranch) or now is branch or not (now.average_cost_usd and now.average_duration_ms):
        return ""
    cost = change_text(branch.average_cost_usd / now.average_cost_usd - 1)
    duration = change_text(branch.average_duration_ms / now.average_duration_ms - 1)
    return f"cost {cost}, time {duration}"


def _xml(text: str) -> str:
    """Return text that XML 1.0 may hold."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", visible(text))


def _plain(text: str) -> str:
    """Return text that no reader of Markdown takes for markup, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(visible(text).split()))
