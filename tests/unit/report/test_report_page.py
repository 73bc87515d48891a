"""The report page, as text: what must be in it whatever the browser."""

import re
from html.parser import HTMLParser

import pytest

from power_tuner.domain.report_page import render_report
from result_documents import SIX_VALUES, branch, failed_branch, result_document

VOID_ELEMENTS = {"meta", "link", "br", "img"}


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
    "document",
    [
        result_document(),
        result_document([failed_branch(128), branch(256)], chosen=256, current=128),
        result_document([failed_branch(power, "timeout") for power in SIX_VALUES], chosen=None),
        result_document([branch(512)], chosen=512, current=512),
        result_document([], chosen=None),
    ],
    ids=["normal", "one-failed", "all-failed", "single", "no-branch"],
)
def test_every_kind_of_run_makes_a_well_formed_page(document: dict[str, object]) -> None:
    """All elements are closed in turn, none of them is a script, and no placeholder is left."""
    page = render_report(document)

    balance = _Balance()
    balance.feed(page)

    assert ([], []) == (balance.open, balance.mistakes)
    assert set() == balance.elements & {"script", "img", "link", "iframe", "object", "form"}
    assert None is re.search(r"\$[a-z_]+|BOTTOM", page)


def test_what_came_from_outside_is_escaped() -> None:
    """Names, reasons, sentences and inputs appear as text, never as markup."""
    attack = '<script>alert("1")</script>'
    document = result_document(
        [failed_branch(128, attack, attack), branch(256)], chosen=256, name=attack, sentence=attack, run_id=attack
    )
    document["input"][attack] = attack
    document["startedAt"] = document["finishedAt"] = attack
    document["decision"]["strategy"] = attack

    assert attack not in render_report(document)


def test_an_amount_in_the_text_is_no_placeholder() -> None:
    """A dollar sign in what came from outside stands as it is."""
    assert "costs $sentence $ $$" in render_report(result_document(sentence="costs $sentence $ $$"))


def test_reasons_of_failed_branches_are_in_the_table() -> None:
    """A failed branch's row gives its outcome in words and its reason."""
    page = render_report(
        result_document([failed_branch(128, "timeout", "Timed out after 3 s."), branch(256)], chosen=256)
    )

    assert "✕ timed out" in page
    assert "Timed out after 3 s." in page


def test_the_change_is_told_against_the_current_value() -> None:
    """Duration and cost of the choice carry their change against the current power value."""
    page = render_report(result_document())

    assert "+15 % against 3008 MB" in page
    assert "−41 % against 3008 MB" in page  # noqa: RUF001 - a minus sign is meant


def test_nearly_full_memory_is_marked() -> None:
    """A branch that used nine tenths of its memory stands out in the table."""
    page = render_report(result_document([branch(128, memory_mb=120), branch(256, memory_mb=120)], chosen=256))

    assert '<td class="full">120 MB (94 %)</td>' in page
    assert "<td>120 MB (47 %)</td>" in page


def test_a_dry_run_has_curves_but_no_choice() -> None:
    """A run that decided nothing still shows what it measured."""
    page = render_report(result_document(chosen=None, sentence="Dry run."))

    assert 'class="point chosen"' not in page
    assert 2 * len(SIX_VALUES) == page.count('<circle class="point" cy')
