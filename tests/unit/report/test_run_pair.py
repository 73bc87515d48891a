"""Two runs over one another, in words and as a page."""

import re

from msgspec.structs import replace

from power_tuner.report.run_pair import names_of, pair_reading, pair_sentence, pairs_of
from power_tuner.report.two_runs_page import render_two_runs
from power_tuner.tuning.result import Result
from results import SIX_VALUES, branch, classic_result, failed_branch, smart_branch, smart_result

BEFORE = classic_result()


def deployed(cpu_ms: float) -> Result:
    """Return a later run of the same function, after a deployment that changed its CPU time."""
    after = classic_result([branch(memory_mb, cpu_ms=cpu_ms) for memory_mb in SIX_VALUES[1:]], run_id="after")
    return replace(after, finished_at="2026-11-24T12:00:00Z")


def sentence(first: Result, second: Result) -> str:
    return pair_sentence(pairs_of(first, second), names_of(first, second))


def test_a_slower_deployment_is_told_over_all_that_both_measured() -> None:
    """The geometric mean of the changes; the second run against the first."""
    expected = (
        "2026-11-24 12:00:00 UTC: 49 % more expensive and 49 % slower than 2026-11-23 12:01:07 UTC, "
        "over the 5 memory sizes that both measured."
    )

    assert expected == sentence(BEFORE, deployed(270.0))


def test_what_the_samples_leave_open_is_said() -> None:
    """A change within the noise of every memory size is in doubt."""
    assert sentence(BEFORE, deployed(181.0)).endswith("The samples leave open whether they differ.")
    assert "leave open" not in sentence(BEFORE, deployed(270.0))


def test_runs_are_called_by_what_tells_them_apart() -> None:
    """Function, then architecture, then time; at last the run's id."""
    other = classic_result(name="resizer", run_id="other")
    intel = replace(BEFORE, target=replace(BEFORE.target, architecture="x86_64"))

    assert ("thumbnailer", "resizer") == names_of(BEFORE, other)
    assert ("arm64", "x86_64") == names_of(BEFORE, intel)
    assert ("2026-11-23 12:01:07 UTC", "2026-11-24 12:00:00 UTC") == names_of(BEFORE, deployed(1))
    assert (BEFORE.run_id, "twin") == names_of(BEFORE, classic_result(run_id="twin"))


def test_a_memory_size_of_one_run_only_is_no_change() -> None:
    """It is named, and compared with nothing."""
    first, second = classic_result([failed_branch(128), branch(256)], chosen=256), smart_result()
    pairs = pairs_of(first, second)

    assert [128, 256, 512, 1536, 3008] == [pair.memory_mb for pair in pairs]
    assert "No memory size was measured by both runs." == sentence(first, second)
    assert "128 MB: out of memory → 2,492 ms, $4.15 a million" == pair_reading(pairs[0], ("a", "b"), "USD")


def test_one_memory_size_in_common_is_named() -> None:
    """There is no mean of one."""
    second = smart_result([smart_branch(256, 9, 0.9, cpu_ms=60), smart_branch(512, 9, 0.1)], chosen=256, current=512)

    assert "at 256 MB, which alone both measured" in sentence(classic_result([branch(256)], chosen=256), second)


def test_the_page_has_both_curves_and_every_row() -> None:
    """A circle for each mean of the first run and a square for each of the second, in both panels."""
    page = render_two_runs(BEFORE, deployed(270.0))

    assert 2 * 6 == len(re.findall(r'<circle class="point" cy', page))
    assert 2 * 5 == len(re.findall(r'<rect class="point" x="-', page))
    assert 6 == page.partition("<tbody>")[2].partition("</tbody>")[0].count("<tr>")
    assert "+49 %" in page
    assert None is re.search(r"\$[a-z_]+", page)


def test_names_from_outside_are_text() -> None:
    """In title, headings, legend, lines, table and the script's data."""
    attack = "</script><script>alert(1)</script>"

    page = render_two_runs(BEFORE, classic_result(name=attack))

    assert attack not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
