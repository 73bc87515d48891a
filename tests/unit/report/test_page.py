"""The report page, as text: what must be in it whatever the browser."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from power_tuner.report.page import render_report
from power_tuner.tuning.result import Result, SmartDecision
from results import SIX_VALUES, branch, classic_result, failed_branch, paid_in, smart_branch, smart_result

VOID_ELEMENTS = {"meta", "link", "br", "img", "input"}


def between(page: str, start: str, end: str) -> str:
    return page.partition(start)[2].partition(end)[0]


class _Balance(HTMLParser):
    """Notes the elements that are open, and those that were closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.mistakes: list[str] = []
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.elements.add(tag)
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _attrs: object) -> None:
        self.elements.add(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(tag)


@pytest.mark.parametrize(
    "result",
    [
        classic_result(),
        classic_result([failed_branch(128), branch(256)], chosen=256, current=128),
        classic_result([failed_branch(memory_mb, "timeout") for memory_mb in SIX_VALUES], chosen=None),
        classic_result([branch(512)], chosen=512, current=512),
        smart_result(),
        smart_result([failed_branch(128), smart_branch(256, 2, 1.0)], chosen=256, current=3008),
        smart_result(candidates=tuple(range(128, 10241, 64)), stopped_by="rounds"),
    ],
    ids=["normal", "one-failed", "all-failed", "single", "smart", "smart-failed", "smart-all"],
)
def test_every_kind_of_run_makes_a_well_formed_page(result: Result) -> None:
    """All elements are closed in turn, none of them loads anything, and no placeholder is left."""
    page = render_report(result)

    balance = _Balance()
    balance.feed(page)

    assert ([], []) == (balance.open, balance.mistakes)
    assert set() == balance.elements & {"img", "link", "iframe", "object", "form"}
    assert None is re.search(r"\$[a-z_]+", page)


def test_what_came_from_outside_is_escaped() -> None:
    """Names, reasons, sentences and inputs appear as text, never as markup; in the script's data too."""
    attack = '<script>alert("1")</script>'
    result = classic_result(
        [failed_branch(128, attack, attack), branch(256)],
        chosen=256,
        name=attack,
        strategy=attack,
        sentence=attack,
        run_id=attack,
    )

    assert attack not in render_report(replace(result, started_at=attack, finished_at=attack))


@pytest.mark.parametrize("result", [classic_result(), smart_result()], ids=["classic", "smart"])
def test_a_currency_is_escaped(result: Result) -> None:
    """The currency of a result stands with each amount as text, in figures, table and chart."""
    attack = "<img>"

    page = render_report(paid_in(result, attack))

    assert attack not in page
    assert "&lt;img&gt;" in page


def test_an_amount_in_the_text_is_no_placeholder() -> None:
    """A dollar sign in what came from outside stands as it is."""
    assert "costs $sentence $ $$" in render_report(classic_result(sentence="costs $sentence $ $$"))


def test_errors_within_a_measured_branch_are_in_the_table() -> None:
    """How many of its invocations failed, and what they raised, as text."""
    found = replace(branch(256), errors={"the function raised E: <b>": 2})
    page = render_report(classic_result([found, branch(1536), branch(3008)]))

    assert "2 of 10 invocations failed: the function raised E: &lt;b&gt; (2 times)" in page


@pytest.mark.parametrize(("extensions_ms", "shown"), [(12.4, True), (0.4, False)])
def test_what_extensions_add_is_in_the_table(extensions_ms: float, *, shown: bool) -> None:
    """As far as it is worth a word."""
    found = replace(branch(256), extensions_ms=extensions_ms)
    page = render_report(classic_result([found, branch(1536), branch(3008)]))

    assert shown == ("12.4 ms of its duration are extensions, after the response" in page)
    assert page.count("are extensions") == int(shown)


def test_reasons_of_failed_branches_are_in_the_table() -> None:
    """A failed branch's row gives its outcome in words and its reason."""
    page = render_report(
        classic_result([failed_branch(128, "timeout", "Timed out after 3 s."), branch(256)], chosen=256)
    )

    assert "✕ timed out" in page
    assert "Timed out after 3 s." in page


def test_the_change_is_told_against_the_current_value() -> None:
    """Duration and cost of the choice carry their change against the current memory size."""
    page = render_report(classic_result())

    assert "+15 % against 3008 MB" in page
    assert "−41 % against 3008 MB" in page  # noqa: RUF001 - a minus sign is meant


def test_the_trade_is_told_below_the_sentence() -> None:
    """What another memory size would give and take."""
    page = render_report(classic_result())

    assert "Instead of 1536\u00a0MB: 3008\u00a0MB costs 70\u00a0% more and is 13\u00a0% faster.</p>" in page
    assert 'class="trade"' not in render_report(classic_result([branch(512)], chosen=512, current=512))


def test_nearly_full_memory_is_marked() -> None:
    """A branch that used nine tenths of its memory stands out in the table."""
    page = render_report(classic_result([branch(128, used_mb=120), branch(256, used_mb=120)], chosen=256))

    assert '<td class="full">120 MB (94 %)</td>' in page
    assert "<td>120 MB (47 %)</td>" in page


def test_a_dry_run_has_curves_but_no_choice() -> None:
    """A run that decided nothing still shows what it measured."""
    page = render_report(classic_result(chosen=None, sentence="Dry run."))

    assert 'class="point chosen"' not in page
    assert 2 * len(SIX_VALUES) == page.count('<circle class="point" cy')


def test_the_smart_mode_says_how_sure_it_is() -> None:
    """Confidence, chance of best, the gain with its interval, and what a sweep would have cost are told."""
    page = render_report(smart_result())

    assert "<dd>97 %<small>that nothing else is over 2 % better</small>" in page
    assert "<td>96 %</td>" in page
    assert "−41 % (−49 to −30 %)" in page  # noqa: RUF001 - minus signs are meant
    assert "<dt>Gain</dt><dd>significant</dd>" in page
    assert "$0.000340 by estimate, 4.7 times as much" in page
    assert "<td>6 of 7</td>" in page


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (smart_result(significant=False), "<dt>Gain</dt><dd>not significant</dd>"),
        (
            smart_result(chosen=3008),
            "none is certain: no value was shown, with a chance of 95 %, to be better than 3008 MB",
        ),
        (smart_result(current=1400), "not known: 1400 MB, the current value, was no candidate"),
    ],
    ids=["in-doubt", "kept", "not-a-candidate"],
)
def test_a_gain_is_only_claimed_where_there_is_one(result: Result, told: str) -> None:
    """A gain in doubt, none at all, and one that nobody knows are told apart."""
    assert told in render_report(result)


def test_nothing_is_called_certain() -> None:
    """A confidence of 1 is that of a finite number of draws."""
    assert "<dd>over 99 %<" in render_report(smart_result(confidence=1.0))


def test_the_limit_that_stopped_the_run_is_named() -> None:
    """Who set a limit reads that it was met."""
    assert "maxCostUsd was reached" in render_report(smart_result(stopped_by="cost"))


def test_measurements_that_follow_no_curve_are_told() -> None:
    """When the model did not fit, the page says what the answer rests on."""

    assert "the measurements follow no power curve" in render_report(smart_result(model_fits=False))
    assert "no power curve" not in render_report(smart_result())


def test_a_function_that_warms_up_is_told() -> None:
    """The page says how many invocations of a sandbox took longer, where some did."""
    result = smart_result()
    assert isinstance(result.decision, SmartDecision)
    warming = replace(result, decision=replace(result.decision, slower_calls=17))

    assert "the first 17 invocations of a sandbox took longer" in render_report(warming)
    assert "Warming up" not in render_report(result)


def test_the_chance_of_keeping_to_a_limit_is_told() -> None:
    """With slo the page says how likely the limit holds."""
    result = smart_result(chance_of_meeting_slo=0.94)
    run_input = {**result.run_input, "strategy": "slo", "statistic": "p95", "maxDurationMs": 250.0}

    assert "94 % that the p95 stays under 250 ms" in render_report(replace(result, run_input=run_input))


def test_candidates_that_were_not_tried_are_named_or_counted() -> None:
    """A few are listed, many are counted."""
    assert "nothing better was expected there: 256, 1024 MB." in render_report(smart_result())
    assert "there: 155 of 159 candidates." in render_report(smart_result(candidates=tuple(range(128, 10241, 64))))


@pytest.mark.parametrize("result", [classic_result(), smart_result()], ids=["classic", "smart"])
def test_amounts_are_in_the_currency_that_is_paid(result: Result) -> None:
    """In China the page shows yuan, and no dollar anywhere."""
    page = render_report(paid_in(result, "CNY"))

    assert "CN¥4.24" in page
    assert "$" not in page.partition("<script>")[0]


def test_a_classic_page_claims_no_certainty() -> None:
    """A sweep knows nothing of confidence, and its page does not mention it."""
    page = render_report(classic_result())

    assert 'id="certainty"' not in page
    assert 'class="interval"' not in page
    assert 'class="untried"' not in page


def test_the_policy_allows_this_style_and_this_script_alone() -> None:
    """By their hashes, which are those of the texts as they stand in the page; the network is forbidden."""
    page = render_report(smart_result())
    style, script = (
        base64.b64encode(hashlib.sha256(between(page, f"<{tag}>", f"</{tag}>").encode()).digest()).decode()
        for tag in ("style", "script")
    )

    assert f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}';" in page
    assert "unsafe-inline" not in page
    assert " style=" not in page


def test_a_failed_size_is_not_drawn_at_zero() -> None:
    """Its cross is at the top of each panel, far from the axis."""
    page = render_report(classic_result([failed_branch(128), branch(1536), branch(3008)]))
    crosses = [float(each) for each in re.findall(r'class="failed" d="M-5 ([\d.]+)l10 10', page)]
    axes = [float(each) for each in re.findall(r'class="axis" x1="0" x2="100%" y1="([\d.]+)"', page)]

    assert 2 == len(crosses) == len(axes)
    assert all(axis - cross > 100 for cross, axis in zip(crosses, axes, strict=True))
