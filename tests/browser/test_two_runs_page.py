"""Two runs over one another, as a person sees them in a browser."""

import pytest
from msgspec.structs import replace

from browser.chromium import look
from power_tuner.report.two_runs_page import render_two_runs
from results import SIX_VALUES, branch, classic_result, failed_branch, smart_result

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("chromium"),
]

BEFORE = classic_result(
    [failed_branch(128), *(branch(memory_mb) for memory_mb in SIX_VALUES[1:])],
    name="a-function-whose-name-is-as-long-as-lambda-allows-it-to-be-64chars",
)
WALK_AND_MEASURE = """(page, view) => {
  const press = (key) => page.getElementById("panels").dispatchEvent(new view.KeyboardEvent("keydown", {key}));
  press("End");
  const labels = [...page.querySelectorAll("figure svg text")]
    .filter(each => view.getComputedStyle(each).display !== "none").map(each => each.getBoundingClientRect());
  return {
    said: page.getElementById("readout").textContent,
    rings: [...page.querySelectorAll(".guide")].map(each => each.querySelectorAll("circle").length),
    width: page.documentElement.scrollWidth,
    outside: labels.filter(box => box.left < -0.5 || box.right > view.innerWidth + 0.5).length,
    colours: new Set([...page.querySelectorAll("svg.duration .run .point")]
      .map(each => view.getComputedStyle(each).fill)).size,
  };
}"""


@pytest.mark.parametrize("width", [320, 1200])
def test_both_runs_are_told_where_the_reader_points(width: int) -> None:
    """A ring around each run's mark in both panels, one sentence about both; nothing is cut off, nothing is loaded."""
    sight = look(render_two_runs(BEFORE, smart_result()), WALK_AND_MEASURE, width=width)

    assert "3008 MB: 184 ms, $7.21 a million → 184 ms, $7.21 a million: same cost and speed as " in sight.answer["said"]
    assert [2, 2] == sight.answer["rings"]
    assert sight.answer["width"] <= width
    assert (0, 2) == (sight.answer["outside"], sight.answer["colours"])
    assert ([], []) == (sight.requests, sight.console)


def test_runs_of_every_memory_size_are_drawn() -> None:
    """And a dry run, which chose nothing, is compared too."""
    every = classic_result([branch(memory_mb) for memory_mb in range(128, 10241, 64)], chosen=1728)
    dry_run = replace(every, decision=None, comparison=None, run_id="dry")

    sight = look(
        render_two_runs(every, dry_run),
        """(page) => [page.querySelectorAll("svg.duration .run.two rect.point").length,
          page.querySelectorAll(".pairs tbody tr").length,
          page.querySelectorAll("svg.duration line.reference").length]""",
    )

    assert [159, 159, 1] == sight.answer
