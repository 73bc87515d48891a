"""Text of others on the terminal, in CSV and in pages: it is shown, and steers nothing."""

import csv
import io
import re
import subprocess
import sys

import pytest

from power_tuner.report.page import render_report
from power_tuner.report.visible_text import visible
from power_tuner_cli.console import open_screen
from results import failed_branch, smart_result
from run_items import completed_run, failed_run, skipped_run
from unit.cli.conftest import PowerTuner
from unit.cli.stubbed_aws import StubbedAws

# Set the window's title; clear the screen; another line of text; back over what was written; read from right to left.
HOSTILE = "\x1b]0;owned\x07 \x1b[2J \x9b31m \x08\x08 \u202etxt.exe\u2066 \x00 \ud800"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
def test_no_text_of_a_run_steers_the_terminal(aws: StubbedAws, power_tuner: PowerTuner, form: list[str]) -> None:
    """Whatever a function, a tag or an execution is called, and whatever was the error."""
    hostile = HOSTILE.replace("\ud800", "")
    aws.has_runs(
        ARN,
        failed_run("run-1", error=f"Error{hostile}"),
        skipped_run(reason=f"the tag {hostile} is misspelt"),
        completed_run(f"run-3{hostile}"),
    )

    finished = power_tuner("history", "thumbnailer", *form)

    assert "owned" in finished.stdout
    assert not STEERING.search(finished.stdout.replace("\r", ""))


@pytest.mark.parametrize("run_id", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "\uff1d1"])
def test_no_cell_of_a_table_is_a_formula(aws: StubbedAws, power_tuner: PowerTuner, run_id: str) -> None:
    """An execution may be called =1+1; a spreadsheet would compute it."""
    aws.has_runs(ARN, completed_run(run_id))

    (row,) = csv.DictReader(io.StringIO(power_tuner("history", "thumbnailer", "--csv").stdout))

    assert row["runId"] == f"'{run_id}"
    assert float(row["costChange"]) < 0


def test_a_report_has_no_control_character() -> None:
    """A page with a zero in it is no HTML, and one half of a character cannot be saved."""
    page = render_report(smart_result(branches=[failed_branch(128, reason=HOSTILE), *smart_result().branches]))

    assert "owned" in page
    assert not STEERING.search(page)
    page.encode()


def test_what_is_printed_keeps_its_colours(capsys: pytest.CaptureFixture[str]) -> None:
    """The console's own control codes are no text."""
    screen = open_screen(as_json=False)
    screen.print_message(f"[bold] {HOSTILE}")

    told = capsys.readouterr().err
    assert not STEERING.search(told.rstrip("\n"))
    assert told.startswith("[bold] ␛]0;owned")


def test_letters_of_any_script_are_as_they_were() -> None:
    """Only what steers is shown by something else."""
    assert visible("größe\t日本 😀\n‍") == "größe\t日本 😀\n‍"


PRINTED = "größe 日本 █ ⣿"
PROGRAM = f"""
from power_tuner_cli import main
from power_tuner_cli.console import open_screen
main.build_app = lambda: lambda: open_screen(as_json=False).output.print({PRINTED!r})
main.main()
"""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8"])
def test_any_encoding_of_the_terminal_will_do(encoding: str) -> None:
    """What it does not have is written as its number."""
    environment = {"PYTHONIOENCODING": encoding, "PATH": "", "PYTHONPATH": "infrastructure:handlers"}
    command = [sys.executable, "-X", "utf8=0", "-c", PROGRAM]
    finished = subprocess.run(command, capture_output=True, check=False, env=environment)  # noqa: S603

    assert (0, b"") == (finished.returncode, finished.stderr)
    assert PRINTED.encode(encoding, "backslashreplace").decode(encoding) == finished.stdout.decode(encoding).rstrip()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_document_for_another_program_is_utf_8(encoding: str) -> None:
    """As XML says of itself, and GitHub reads a summary; a console of Windows has another encoding."""
    environment = {"PYTHONIOENCODING": encoding, "PATH": "", "PYTHONPATH": "infrastructure:handlers"}
    program = PROGRAM.replace("as_json=False).output.print(", "as_json=False, document=True).print_document(")
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, env=environment)  # noqa: S603

    assert (0, b"") == (finished.returncode, finished.stderr)
    assert PRINTED == finished.stdout.decode()
