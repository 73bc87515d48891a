"""Evidence: what is asked, answered and judged."""

import json
from pathlib import Path

import pytest

from verify.evidence import Check, Evidence, Finding, find_out


def broken(_stage: object) -> str:
    raise RuntimeError("AWS said no")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("12 found", "agrees"), ("12 found, 3 lost", "differs"), ("none", "differs"), ("", "differs")],
)
def test_an_answer_agrees_if_all_of_it_was_expected(answer: str, verdict: str) -> None:
    """More than what was expected is something else."""
    found = find_out(Check("name", "How many?", r"\d+ found", lambda _: answer), None, local=False)

    assert (answer, verdict) == (found.answered, found.verdict)


def test_an_error_is_no_answer() -> None:
    """It is kept in its words, and ends nothing."""
    found = find_out(Check("name", "Is it so?", ".*", broken), None, local=False)

    assert ("RuntimeError: AWS said no", "not answered") == (found.answered, found.verdict)


def test_what_only_aws_can_answer_is_not_asked_here() -> None:
    """The reason stands in its place; on AWS it is asked."""
    check = Check("name", "Is it so?", "yes", lambda _: "yes", on_aws_only="nobody judges it here")

    assert ("nobody judges it here", "not asked") == (
        find_out(check, None, local=True).answered,
        find_out(check, None, local=True).verdict,
    )
    assert find_out(check, None, local=False).verdict == "agrees"


def finding(verdict: str) -> Finding:
    return Finding("name", "Is it so?", "yes", "in account 123456789012", verdict, 0.1)


@pytest.mark.parametrize(
    ("findings", "left", "interrupted", "sound"),
    [
        (["agrees", "not asked"], [], "", True),
        (["agrees", "differs"], [], "", False),
        (["not answered"], [], "", False),
        (["agrees"], ["role r: denied"], "", False),
        (["agrees"], [], "Ctrl-C", False),
        ([], [], "", False),
    ],
)
def test_evidence_is_sound_if_all_agrees_and_nothing_is_left(
    findings: list[str], left: list[str], interrupted: str, *, sound: bool
) -> None:
    """What was interrupted, or left something behind, is not."""
    evidence = Evidence("AWS", "eu-west-1", "1.0", "verify", left=left, interrupted=interrupted)
    evidence.findings = [finding(each) for each in findings]

    assert evidence.sound is sound


def test_the_file_names_no_account(tmp_path: Path) -> None:
    """It can be shown to anybody."""
    evidence = Evidence("AWS", "eu-west-1", "1.0", "verify", findings=[finding("agrees")])
    evidence.write(tmp_path / "new" / "evidence.json", ["123456789012"])
    text = (tmp_path / "new" / "evidence.json").read_text("utf-8")

    assert "123456789012" not in text
    assert json.loads(text)["findings"][0]["answered"] == "in account ************"
