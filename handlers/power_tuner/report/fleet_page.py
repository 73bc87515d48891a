"""The page of the whole fleet: a self-contained HTML page, whose own script sorts and filters its table.

Names and reasons reach the page as text and as JSON only, and its content security policy lets no other style or
script than its own two run, by their hashes, and nothing be loaded.
"""

from collections.abc import Callable, Iterable, Sequence
from html import escape
from string import Template

from power_tuner.report.figures import chance_text, change_text, memory_text, money_text
from power_tuner.report.fleet import Fleet, FleetFunction, Totals
from power_tuner.report.fleet_chart import marks_of, render_fleet_chart
from power_tuner.report.page_parts import content_security_policy, json_in_html, page_part
from power_tuner.report.visible_text import visible
from power_tuner.report.worth_a_look import render_worth_a_look
from power_tuner.survey.nightly import NightlySurvey
from power_tuner.tuning.run_item import CompletedRun

_TO_THE_DAY = len("2026-11-23")
_TO_THE_MINUTE = len("2026-11-23T12:00")
_DASH = "–"  # noqa: RUF001 - an en dash stands for "no figure"


def render_fleet(
    fleet: Fleet, made_at: str, report_address: Callable[[CompletedRun], str], survey: NightlySurvey | None = None
) -> str:
    """Return the page.

    Args:
        fleet: the functions.
        made_at: when it was looked at, as ISO 8601 in UTC.
        report_address: returns where the report of a run is, absolute or from the page on.
        survey: of the functions that are not enrolled; None if none was made.
    """
    totals, main = fleet.totals, fleet.main_totals
    style, script = (page_part(f"fleet.{kind}") for kind in ("css", "js"))
    picture = render_fleet_chart(marks_of(fleet.functions, main.currency), main.currency) if main else ""
    rows = [_row(each, report_address(each.tuned.latest)) for each in fleet.functions]
    return Template(page_part("fleet.html")).substitute(
        policy=content_security_policy(style, script),
        style=style,
        script=script,
        made=escape(made_at),
        made_text=escape(f"{made_at[:_TO_THE_MINUTE].replace('T', ' ')} UTC"),
        headline=escape(_headline(totals)),
        figures="".join(map(_figures, totals)),
        picture=picture or "<p>No function has a saving that is known.</p>",
        days=fleet.days,
        damaged=_damaged(fleet.damaged),
        worth=render_worth_a_look(survey, {each.tuned.latest.target_arn for each in fleet.functions}),
        never=_never_tuned(fleet.never_tuned),
        rows=json_in_html(rows),
    )


def _headline(totals: Sequence[Totals]) -> str:
    if not totals:
        return "No function has been tuned yet."
    open_ = [money_text(each.open, each.currency) for each in totals]
    applied = [money_text(each.applied, each.currency) for each in totals]
    return f"{' and '.join(open_)} a month can be saved; {' and '.join(applied)} a month are saved already.".replace(
        " a month", "\u00a0a\u00a0month"
    )


def _figures(totals: Totals) -> str:
    def money(amount: float) -> str:
        return money_text(amount, totals.currency)

    figures = (
        ("Can be saved each month", money(totals.open)),
        ("Saved each month", money(totals.applied)),
        ("Cost each month, now", money(totals.cost_now)),
        ("What tuning cost", money(totals.tuning_cost)),
        ("Functions", f"{totals.functions:,}"),
    )
    return "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in figures)


def _never_tuned(arns: Sequence[str]) -> str:
    if not arns:
        return ""
    listed = "".join(f"<li>{escape(visible(arn))}</li>" for arn in arns)
    return (
        f"<section><details><summary>Enrolled, and not tuned yet: {len(arns):,}</summary>"
        f"<ul>{listed}</ul></details></section>"
    )


def _damaged(reasons: Sequence[str]) -> str:
    if not reasons:
        return ""
    listed = "".join(f"<li>{escape(visible(reason))}</li>" for reason in reasons)
    return (
        f"<section><details><summary>Runs that cannot be read, and are left out: {len(reasons):,}</summary>"
        f"<ul>{listed}</ul></details></section>"
    )


def _row(function: FleetFunction, report: str) -> list[object]:
    """Return what the script needs: name, ARN, state, address of the report, texts of the cells, what sorts them."""
    run = function.tuned.latest
    cells = list(_cells(function))
    return [
        visible(run.target_name),
        visible(run.target_arn),
        _state(function),
        report,
        [text for text, _ in cells],
        [value for _, value in cells],
    ]


def _state(function: FleetFunction) -> str:
    """Return ``applied``, ``open`` if another memory size is better, or ``kept``."""
    run = function.tuned.latest
    if function.applied:
        return "applied"
    return "kept" if run.memory_mb in {None, run.current_memory_mb} else "open"


def _cells(function: FleetFunction) -> Iterable[tuple[str, float | str | None]]:
    """Yield the text of each cell but the name's, and what it is sorted by; None is sorted last."""
    tuned, saving = function.tuned, function.saving
    run = tuned.latest
    now = tuned.memory_now_mb
    yield memory_text(now), now
    yield (_DASH, None) if run.memory_mb is None else (memory_text(run.memory_mb), run.memory_mb)
    if saving is None:
        yield from ((_DASH, None), (_DASH, None))
    else:
        cost = saving.cost_after if function.applied else saving.cost_before
        yield money_text(cost, run.currency), cost
        yield money_text(saving.saved, run.currency), saving.saved
    yield _change(run.duration_change)
    yield (_DASH, None) if run.confidence is None else (chance_text(run.confidence), run.confidence)
    words = {"applied": "applied", "open": "not safe" if run.unsafe else "not applied", "kept": "best already"}
    yield words[_state(function)], _state(function)
    yield _drift(function), tuned.drifted_at or ("0" if function.enrolled else None)
    yield run.started_at[:_TO_THE_DAY], run.started_at


def _change(change: float | None) -> tuple[str, float | None]:
    return (_DASH, None) if change is None else (change_text(change), change)


def _drift(function: FleetFunction) -> str:
    if function.tuned.drifted_at:
        return function.tuned.drifted_at[:_TO_THE_DAY]
    return "none seen" if function.enrolled else "not checked"
