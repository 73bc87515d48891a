"""Results for pipelines: whatever a function says, a reader sees text and a parser a document."""

from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from power_tuner.tuning.result import Result
from power_tuner_cli.outputs import Outputs
from power_tuner_cli.pipeline_formats import junit, markdown
from power_tuner_cli.runs import RunEnd
from power_tuner_cli.tuning import change_advised, not_compared, over_budget
from results import branch, classic_result, failed_branch, smart_result

DONE = RunEnd("SUCCEEDED")
HOSTILE = "<script>alert(1)</script> | [x](javascript:y) `a` **b** \x1b[2J \ud800 \ufffe &amp; ``` \n# no heading"


def classic() -> Result:
    return classic_result([failed_branch(128), branch(256), branch(1024), branch(3008)], chosen=256)


def test_markdown_has_sentence_table_and_curves() -> None:
    """One row for each memory size, with what it would change."""
    result = classic()
    text = markdown(result, DONE, advised=True)
    rows = [line for line in text.splitlines() if line.startswith("| ") and "MB" in line]

    assert text.startswith(f"### Power tuning: {result.target.name}: {result.target.memory_mb} MB → 256 MB")
    assert [128, 256, 1024, 3008] == [int(row.split()[1].replace(",", "")) for row in rows]
    assert "**chosen**" in rows[1]
    assert "Instead of 256 MB: 1024 MB costs 1 % more and is 75 % faster." in text
    assert "Mean duration" in text
    assert all(row.count("|") == 7 for row in rows)


@pytest.mark.parametrize("result", [classic(), smart_result()], ids=["classic", "smart"])
def test_every_line_of_the_table_has_the_same_columns(result: Result) -> None:
    """Otherwise no reader shows it as a table."""
    lines = markdown(result, DONE, advised=False).splitlines()
    table = [line for line in lines if line.startswith("|")]

    assert {7} == {line.replace("\\|", "").count("|") for line in table}
    assert len(table) == 2 + len(result.branches)


def test_what_a_function_says_is_no_markup() -> None:
    """No tag, link, emphasis, heading or further column; nothing ends the block of the curves."""
    hostile = classic_result([failed_branch(128, reason=HOSTILE), branch(256), branch(1024)], chosen=256)
    hostile = replace(hostile, sentence=HOSTILE, target=replace(hostile.target, name=HOSTILE))
    text = markdown(hostile, DONE, advised=True)
    row = next(line for line in text.splitlines() if line.startswith("| 128 MB"))

    assert "<script" not in text.replace("\\<", "")
    assert "](javascript" not in text.replace("\\]", "").replace("\\(", "")
    assert row.replace("\\|", "").count("|") == 7
    assert "\x1b" not in text
    assert [line for line in text.splitlines() if line.startswith("#")] == [text.splitlines()[0]]
    assert text.count("```") == 2


def test_a_failed_run_is_told() -> None:
    """With its error and cause, in both formats."""
    end = RunEnd("FAILED", error="NothingMeasured", cause=HOSTILE)
    suite = ET.fromstring(junit(None, end, "f", advised=None))  # noqa: S314 - our own

    assert "no decision" in markdown(None, end, advised=False)
    assert "NothingMeasured" in markdown(None, end, advised=False)
    assert ("1", "1", "0") == (suite.get("tests"), suite.get("errors"), suite.get("failures"))
    assert suite.find(".//error").get("type") == "NothingMeasured"  # type: ignore[union-attr]


@pytest.mark.parametrize(("advised", "failures"), [(True, "1"), (False, "0"), (None, "0")])
def test_junit_fails_when_another_size_is_better_and_somebody_asked(*, advised: bool | None, failures: str) -> None:
    """A memory size that could not be measured is skipped, not failed; the others have their mean as time."""
    result = classic()
    suite = ET.fromstring(junit(result, DONE, HOSTILE, advised=advised))  # noqa: S314 - our own
    measured = next(case for case in suite if str(case.get("name")).endswith("at 256 MB"))

    assert (failures, "1", "5") == (suite.get("failures"), suite.get("skipped"), suite.get("tests"))
    mean_s = branch(256).average_duration_ms / 1000
    assert float(str(measured.get("time"))) == pytest.approx(mean_s, abs=1e-6)


@pytest.mark.parametrize(("min_gain", "advised"), [(0.0, True), (0.05, True), (0.99, False)])
def test_a_gain_below_the_minimum_is_no_advice(min_gain: float, *, advised: bool) -> None:
    """Nor is one that is not known."""
    unknown = classic_result([branch(256), branch(512)], chosen=256, current=1024)

    assert advised is change_advised(classic(), min_gain)
    assert (unknown.comparison is None) is True
    assert (min_gain == 0) is change_advised(unknown, min_gain)


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({"budget_ms": 0.01}, "Over budget: an invocation takes"),
        ({"budget_cost": 0.001}, "Over budget: a million invocations cost"),
        ({"budget_ms": 1e6, "budget_cost": 1e6}, None),
        ({}, None),
    ],
)
def test_a_budget_is_held_against_the_present_size(budget: dict[str, float], words: str | None) -> None:
    """Of what was measured there."""
    found = over_budget(classic(), Outputs(**budget))  # type: ignore[arg-type]

    assert (found is None) is (words is None)
    assert (words or "") in (found or "")
    assert f"at {classic().target.memory_mb} MB" in (found or f"at {classic().target.memory_mb} MB")


def test_a_question_about_a_size_that_was_not_measured_is_not_passed_over() -> None:
    """A check that can never fail would be taken for one that holds."""
    unknown = classic_result([branch(256), branch(512)], chosen=256, current=1024)

    for asked in (Outputs(check=True), Outputs(budget_ms=1e6), Outputs(budget_cost=1e6)):
        assert "Add 1024 to --power-values" in (not_compared(unknown, asked) or "")
        assert not_compared(classic(), asked) is None
    assert not_compared(unknown, Outputs()) is None
