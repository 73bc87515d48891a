"""The pages have no barrier that axe-core finds, its best practices included."""

import re
from pathlib import Path

import pytest

from browser.chromium import look
from fleets import fleet, page
from power_tuner.report.page import render_report
from power_tuner.report.two_runs_page import render_two_runs
from results import SIX_VALUES, branch, classic_result, failed_branch, smart_result

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("chromium"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (make axe)"),
]

ONE_FAILED = classic_result([failed_branch(128), *(branch(memory_mb) for memory_mb in SIX_VALUES[1:])])
LOOK_FOR_BARRIERS = """async (page, view) => {
  const strategy = page.getElementById("strategy");
  if (strategy) {
    strategy.value = "balanced";
    strategy.dispatchEvent(new view.Event("change"));
  }
  const found = await view.axe.run(page, {resultTypes: ["violations"]});
  return { violations: found.violations.map(each => [each.id, each.nodes.map(node => node.html.slice(0, 200))]),
           passed: found.passes.length };
}"""


def barriers(shown: str, *, width: int, dark: bool) -> list[list[object]]:
    """Return what axe-core finds wrong in a page, which must not forbid its script for that."""
    open_ = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", shown)
    with_axe = open_.replace("<title>", f"<script>{AXE.read_text('utf-8')}</script><title>", 1)

    sight = look(with_axe, LOOK_FOR_BARRIERS, width=width, dark=dark)

    assert sight.answer["passed"] > 20, "axe-core looked at nothing"
    violations: list[list[object]] = sight.answer["violations"]
    return violations


@pytest.mark.parametrize(
    ("shown", "width", "dark"),
    [
        (render_report(ONE_FAILED), 1200, True),
        (render_report(smart_result()), 320, False),
        (render_two_runs(ONE_FAILED, smart_result(current=1536)), 1200, False),
        (page(fleet(24)), 1200, False),
        (page(fleet(24)), 320, True),
    ],
    ids=["classic", "smart", "two-runs", "fleet", "fleet-on-a-phone"],
)
def test_no_page_has_a_barrier(shown: str, width: int, dark: bool) -> None:  # noqa: FBT001 - a parametrized fact
    """Names, roles, order of headings, contrast, and what a keyboard reaches."""
    assert [] == barriers(shown, width=width, dark=dark)


def test_a_barrier_would_be_found() -> None:
    """A control without a name, for example."""
    nameless = render_report(ONE_FAILED).replace("<label>Choose by ", "<label>")

    assert ["select-name"] == [name for name, _ in barriers(nameless, width=1200, dark=False)]
