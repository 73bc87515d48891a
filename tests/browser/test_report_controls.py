"""What a reader does with the report page, in a browser: point, walk, choose otherwise, copy."""

import csv
from typing import Any

import pytest

from browser.chromium import look
from power_tuner.report.page import render_report
from power_tuner.tuning.analysis import candidates_of
from power_tuner.tuning.result import Result
from power_tuner.tuning.strategies import Balanced, Cost, Speed
from results import SIX_VALUES, branch, classic_result, failed_branch, smart_branch, smart_result

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("chromium"),
]

TOOLS = """
  const at = (id) => page.getElementById(id);
  const press = (key) => at("panels").dispatchEvent(new view.KeyboardEvent("keydown", {key, bubbles: true}));
  const change = (id, value, type) => { at(id).value = value; at(id).dispatchEvent(new view.Event(type)); };
  const readout = () => at("readout").textContent;
  const guides = (kind) => [...page.querySelectorAll(".guide." + kind)].map(each => each.getAttribute("x"));
  const point = (mark) => {
    const box = mark.getBoundingClientRect();
    mark.closest("svg.panel").dispatchEvent(new view.PointerEvent("pointermove",
      {clientX: box.left + 2, clientY: 5, bubbles: true, pointerType: "mouse"}));
  };
"""
ONE_FAILED = classic_result([failed_branch(128), *(branch(memory_mb) for memory_mb in SIX_VALUES[1:])])


def asked(result: Result, answer: str, **options: Any) -> Any:
    """Do something with a run's page and return what its script then answers."""
    sight = look(render_report(result), f"async (page, view) => {{ {TOOLS} {answer} }}", **options)
    assert [] == sight.console
    assert [] == sight.requests
    return sight.answer


def test_pointing_tells_the_values_of_the_nearest_memory_size() -> None:
    """Anywhere above or below a mark, in either panel; a ring is around the marks in both, until the pointer leaves."""
    answer = asked(
        smart_result(),
        """
        const hint = readout();
        point(page.querySelector('svg.cost [data-mb="1024"]'));
        const told = readout(), at1024 = guides("shown");
        point(page.querySelector('svg.duration [data-mb="1536"]'));
        const then = readout();
        at("panels").dispatchEvent(new view.PointerEvent("pointerleave", {pointerType: "mouse"}));
        return { told, then, rings: at1024.length, same: at1024[0] === at1024[1], back: readout() === hint,
                 left: guides("shown").length };
        """,
    )

    assert answer["told"].startswith("1024 MB, not invoked: by prediction ")
    assert answer["then"].startswith("1536 MB: mean 211 ms (")
    assert answer["then"].endswith("41 % cheaper and 15 % slower than now (3008 MB).")
    assert (2, True, True, 0) == tuple(answer[name] for name in ("rings", "same", "back", "left"))


def test_the_arrow_keys_walk_through_the_memory_sizes() -> None:
    """The chart takes the focus, and the text that pointing shows is read out; failures are stations too."""
    answer = asked(
        ONE_FAILED,
        """
        const told = [];
        for (const key of ["ArrowRight", "ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home"]) {
          press(key);
          told.push(readout().split(/[:,]/)[0]);
        }
        const first = readout();
        press("Escape");
        at("panels").focus();
        return { told, first, left: guides("shown").length, focused: page.activeElement.id,
                 live: at("readout").getAttribute("aria-live") };
        """,
    )

    assert ["128 MB", "256 MB", "3008 MB", "3008 MB", "1536 MB", "128 MB"] == answer["told"]
    assert "128 MB: out of memory." == answer["first"]
    assert (0, "panels", "polite") == (answer["left"], answer["focused"], answer["live"])


def test_the_same_samples_are_judged_by_another_strategy() -> None:
    """As the sweep itself would have chosen, for each weight; failed sizes and figures of the run stay as they are."""
    weights = [step / 20 for step in range(21)]
    answer = asked(
        ONE_FAILED,
        """
        const picked = () => page.querySelector("tr.picked").dataset.mb;
        const chosen = [];
        for (const by of ["cost", "speed"]) { change("strategy", by, "change"); chosen.push(picked()); }
        const hidden = at("weighting").hidden;
        change("strategy", "balanced", "change");
        const shown = !at("weighting").hidden;
        for (let step = 0; step <= 20; step++) { change("weight", step / 20, "input"); chosen.push(picked()); }
        const said = at("picked").textContent, marks = guides("picked").length;
        change("strategy", "", "change");
        return { chosen, hidden, shown, said, marks, after: page.querySelectorAll(".picked:not(p), .guide").length,
                 heading: page.querySelector("h1").textContent };
        """,
    )

    candidates = candidates_of(ONE_FAILED.branches)
    strategies = [Cost(), Speed(), *(Balanced(balanced_weight=weight) for weight in weights)]
    expected = [str(strategy.choose(candidates).memory_mb) for strategy in strategies]
    assert expected == answer["chosen"]
    assert len(set(expected)) > 2
    assert answer["said"].startswith(f"◇ By balance: {expected[-1]} MB: mean ")
    assert (True, True, 2, 0) == tuple(answer[name] for name in ("hidden", "shown", "marks", "after"))
    assert "41\u00a0% cheaper" in answer["heading"]


def test_a_prediction_is_never_picked_but_told() -> None:
    """What was not invoked is no choice; where it promises more, the reader learns of it."""
    tried = [smart_branch(128, 2, 0.1), smart_branch(512, 6, 0.9)]
    result = smart_result(tried, chosen=512, current=512, candidates=(128, 512, 1536))

    answer = asked(
        result,
        """
        change("strategy", "speed", "change");
        return [page.querySelector("tr.picked").dataset.mb, at("picked").textContent];
        """,
    )

    assert "512" == answer[0]
    assert answer[1].endswith("By prediction 1536 MB is better; it was not invoked.")


def test_a_run_that_chose_nothing_offers_no_strategy() -> None:
    """Its page works all the same."""
    answer = asked(
        classic_result(chosen=None, sentence="Dry run."), 'press("End"); return [at("strategy"), readout()];'
    )

    assert answer[0] is None
    assert answer[1].startswith("3008 MB: mean ")


def test_the_table_is_copied_and_saved_without_network() -> None:
    """The copy has tabs, as spreadsheets paste them; the file is in the link itself, named as the run."""
    result = smart_result()
    answer = asked(
        result,
        """
        let copied = "";
        Object.defineProperty(view.navigator.clipboard, "writeText", {value: async (text) => { copied = text; }});
        at("copy").click();
        await new Promise(done => view.setTimeout(done, 50));
        const link = page.querySelector("a[download]");
        const saved = decodeURIComponent(link.href.slice(link.href.indexOf(",") + 1));
        return { copied, saved, name: link.download, said: at("copied").textContent };
        """,
    )

    copied = list(csv.reader(answer["copied"].splitlines(), delimiter="\t"))
    assert copied == list(csv.reader(answer["saved"].splitlines()))
    assert ["128", "256", "512", "1024", "1536", "3008"] == [row[0] for row in copied[1:]]
    assert (f"{result.run_id}.csv", "Copied, for a spreadsheet.") == (answer["name"], answer["said"])


def test_other_scripts_and_styles_are_refused() -> None:
    """The policy lets the page's own have effect, by their hashes, and none that anybody adds."""
    added = "<script>document.title = 'taken'</script><style>h1 { color: rgb(255, 0, 0) }</style></main>"

    sight = look(
        render_report(ONE_FAILED).replace("</main>", added),
        "(page, view) => [page.title, view.getComputedStyle(page.querySelector('h1')).color]",
    )

    assert "thumbnailer: power tuning" == sight.answer[0]
    assert "rgb(255, 0, 0)" != sight.answer[1]
    assert 2 == len([line for line in sight.console if "Content Security Policy" in line])
