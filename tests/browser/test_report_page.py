"""The report page, as a person sees it in a browser."""

import pytest

from browser.chromium import look
from power_tuner.report.page import render_report
from power_tuner.tuning.result import Result
from results import SIX_VALUES, branch, classic_result, failed_branch, smart_branch, smart_result

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("chromium"),
]

COUNT_MARKS = """(page) => ({
  durations: page.querySelectorAll("svg.duration .mark .point").length,
  boxes: page.querySelectorAll("svg.duration .mark .box").length,
  costs: page.querySelectorAll("svg.cost .mark .point").length,
  failed: page.querySelectorAll("svg.duration .mark .failed").length,
  chosen: page.querySelectorAll("svg .point.chosen").length,
  intervals: page.querySelectorAll("svg .mark .interval").length,
  untried: page.querySelectorAll("svg.duration .untried line").length,
  predicted: page.querySelectorAll("svg.duration .believed .prediction").length,
  lines: page.querySelectorAll("svg.duration .curve path:not(.band)").length,
  dashed: page.querySelectorAll("svg.duration .curve .predicted").length,
  rows: page.querySelectorAll("tbody tr").length,
  labels: [...page.querySelectorAll("svg.duration text.reference, svg.duration text.failure")].map(t => t.textContent),
  heading: page.querySelector("h1").textContent,
})"""

MEASURE_FIT = """(page, view) => {
  const inside = (element) => {
    const box = element.getBoundingClientRect();
    return box.left >= -0.5 && box.right <= view.innerWidth + 0.5;
  };
  const shown = (element) => view.getComputedStyle(element).display !== "none";
  const labels = [...page.querySelectorAll("figure svg text")].filter(shown);
  const ticks = [...page.querySelectorAll("svg.duration .tick:not(.value)")].filter(shown)
    .map(t => t.getBoundingClientRect()).sort((a, b) => a.left - b.left);
  return {
    pageWidth: page.documentElement.scrollWidth,
    cutOff: labels.filter(label => !inside(label)).map(label => label.textContent),
    overlappingTicks: ticks.filter((tick, index) => index > 0 && tick.left < ticks[index - 1].right).length,
    smallestLetter: Math.min(...labels.map(label => parseFloat(view.getComputedStyle(label).fontSize))),
  };
}"""

MEASURE_CONTRAST = """(page, view) => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
      .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const card = view.getComputedStyle(page.querySelector("section")).backgroundColor;
  const of = (selector, property) => ratio(view.getComputedStyle(page.querySelector(selector))[property], card);
  return {
    cardIsLight: light(card) > 0.5,
    text: Math.min(of("h2", "color"), of(".note", "color"), of("text.tick", "fill"),
      of("text.reference.chosen", "fill"), of("text.failure", "fill"), of("tr.failed .outcome", "color")),
    marks: Math.min(of("svg.duration .point:not(.chosen)", "fill"), of("svg.cost .point:not(.chosen)", "fill"),
      of(".point.chosen", "fill")),
  };
}"""


def one_failed() -> Result:
    """Describe a run in which the smallest memory size failed."""
    return classic_result([failed_branch(128), *(branch(memory_mb) for memory_mb in SIX_VALUES[1:])])


def every_value() -> Result:
    """Describe a run of all memory sizes."""
    return classic_result([branch(memory_mb) for memory_mb in range(128, 10241, 64)], chosen=1728, current=3008)


def test_each_measured_value_is_a_mark_and_each_failed_one_a_cross() -> None:
    """Five measured values and a failed one show as five points with their spread, one cross and six rows."""
    sight = look(render_report(one_failed()), COUNT_MARKS)

    assert {
        "durations": 5,
        "boxes": 5,
        "costs": 5,
        "failed": 1,
        "chosen": 2,
        "intervals": 0,
        "untried": 0,
        "predicted": 0,
        "lines": 4,
        "dashed": 0,
        "rows": 6,
        "labels": ["◆ chosen: 1536 MB", "▽ current: 3008 MB", "out of memory"],
        "heading": one_failed().sentence.replace(" %", "\u00a0%").replace(" MB", "\u00a0MB"),
    } == sight.answer


def smart_of_many() -> Result:
    """Describe a smart run over all memory sizes, of which one failed and a few were tried."""
    tried = [failed_branch(128), *(smart_branch(memory_mb, 3, 0.2) for memory_mb in (192, 512, 1536, 1792, 3008))]
    return smart_result(tried, candidates=tuple(range(128, 10241, 64)))


def test_the_smart_mode_draws_intervals_and_what_it_did_not_try() -> None:
    """Each value tried has its interval in both panels and no box; the others are ticks on the axis."""
    sight = look(render_report(smart_result()), COUNT_MARKS)

    expected = {
        "durations": 4,
        "costs": 4,
        "boxes": 0,
        "intervals": 8,
        "untried": 2,
        "predicted": 2,
        "lines": 5,
        "dashed": 4,
        "chosen": 2,
        "rows": 4,
    }
    assert expected == {name: sight.answer[name] for name in expected}


def test_intervals_hold_their_points() -> None:
    """In both panels each interval is drawn around its own mean, the chosen one's too."""
    sight = look(
        render_report(smart_result()),
        """(page) => [...page.querySelectorAll("svg .mark")].map(mark => {
          const [bar, point] = [".interval", ".point"].map(part => mark.querySelector(part).getBoundingClientRect());
          const middle = (point.top + point.bottom) / 2;
          return bar.top < middle && middle < bar.bottom;
        })""",
    )

    assert [True] * 8 == sight.answer


def test_all_159_power_values_are_shown() -> None:
    """A run of all memory sizes has 159 points in each panel and 159 rows."""
    sight = look(render_report(every_value()), COUNT_MARKS)

    assert (159, 159, 159) == tuple(sight.answer[name] for name in ("durations", "costs", "rows"))


def test_the_page_asks_for_nothing_and_complains_of_nothing() -> None:
    """A page with hostile names runs no script but its own, sends no request and leaves the console empty."""
    hostile = classic_result(
        [failed_branch(128, reason='<img src="http://elsewhere.example/a">'), branch(256)],
        chosen=256,
        current=256,
        name="</title><script>document.title='taken'</script>",
        sentence='<link rel="stylesheet" href="http://elsewhere.example/b"><svg onload="alert(1)">',
    )

    sight = look(
        render_report(hostile),
        """(page) => [page.title, page.querySelectorAll("img, link, svg[onload]").length,
          page.querySelectorAll("script").length]""",
    )

    assert ["</title><script>document.title='taken'</script>: power tuning", 0, 2] == sight.answer
    assert [] == sight.requests
    assert [] == sight.console


def test_requests_and_complaints_would_be_noticed() -> None:
    """The browser of these tests does see a request to elsewhere, and a message on the console."""
    page = "<img src='http://elsewhere.example/a'><script>console.error('heard')</script>"

    sight = look(page, "() => 0")

    assert ["http://elsewhere.example/a"] == sight.requests
    assert any("heard" in message for message in sight.console)


@pytest.mark.parametrize("width", [320, 1200])
@pytest.mark.parametrize(
    "result",
    [
        one_failed(),
        every_value(),
        classic_result([branch(512)], chosen=512, current=512),
        classic_result(chosen=1024, current=1400),
        smart_result(),
        smart_of_many(),
    ],
    ids=["one-failed", "159-values", "single-value", "current-not-tested", "smart", "smart-of-159"],
)
def test_nothing_is_cut_off_or_too_small(result: Result, width: int) -> None:
    """On a phone and on a wide screen all labels are inside, apart from each other, and at least 12 px high."""
    sight = look(render_report(result), MEASURE_FIT, width=width)

    assert sight.answer["pageWidth"] <= width
    assert [] == sight.answer["cutOff"]
    assert 0 == sight.answer["overlappingTicks"]
    assert sight.answer["smallestLetter"] >= 12


@pytest.mark.parametrize("result", [one_failed(), smart_of_many()], ids=["classic", "smart"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_and_marks_stand_out(dark: bool, result: Result) -> None:  # noqa: FBT001 - a parametrized fact
    """In light and dark, text has the contrast that WCAG AA asks of text (4.5) and marks that of graphics (3)."""
    sight = look(render_report(result), MEASURE_CONTRAST, dark=dark)

    assert sight.answer["cardIsLight"] is not dark
    assert sight.answer["text"] >= 4.5
    assert sight.answer["marks"] >= 3
