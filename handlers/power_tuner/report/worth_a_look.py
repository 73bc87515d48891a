"""The part of the fleet page about functions that are not enrolled, and may be worth tuning."""

from collections.abc import Collection
from html import escape

from power_tuner.report.figures import memory_text, money_text, range_text
from power_tuner.report.visible_text import visible
from power_tuner.survey.nightly import NightlySurvey, WorthALook
from power_tuner.tuning.arn import name_of

_COLUMNS = ("Function", "Memory now", "Cost a month", "Saves a month", "A run costs", "Stands")
_DASH = "–"  # noqa: RUF001 - an en dash stands for "no figure"


def render_worth_a_look(survey: NightlySurvey | None, tuned: Collection[str]) -> str:
    """Return the section; nothing where no survey was made.

    Args:
        survey: of the functions that are not enrolled.
        tuned: the ARNs of the functions that the page tells of already.
    """
    if survey is None:
        return ""
    title = '<section aria-labelledby="worth"><h2 id="worth">Not enrolled, and worth a look</h2>'
    if survey.failed:
        return f'{title}<p class="note">There was no survey this time: {escape(visible(survey.failed))}.</p></section>'
    shown = [each for each in survey.functions if each.target_arn not in tuned]
    note = (
        f"Surveyed without an invocation: {survey.looked_at:,} of the functions that ran longest and are not enrolled. "
        f"Of {survey.known:,} of them production tells something. What tuning would save is expected, with an interval "
        "that holds the truth in nine of ten functions; power-tuner survey tells more, and power-tuner enroll has them "
        "tuned."
    )
    table = ""
    if shown:
        head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
        rows = "".join(map(_row, shown))
        table = (
            '<div class="scroll" role="group" aria-labelledby="worth" tabindex="0">'
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
    return f'{title}<p class="note">{note}</p>{table or "<p>None of them is.</p>"}</section>'


def _row(function: WorthALook) -> str:
    def money(amount: float) -> str:
        return money_text(amount, function.currency)

    saved = _DASH
    if function.saved is not None:
        estimate, low, high = function.saved
        saved = f"{money(estimate)} ({range_text((low, high), money)})"
    run_cost = _DASH if function.run_cost is None else money(function.run_cost)
    cells = (memory_text(function.memory_mb), money(function.cost), saved, run_cost, function.stands)
    told = "".join(
        f'<td data-name="{name}">{escape(text)}</td>' for name, text in zip(_COLUMNS[1:], cells, strict=True)
    )
    return f'<tr><th scope="row">{escape(visible(name_of(function.target_arn)))}</th>{told}</tr>'
