"""How far a run is, as people are told."""

import io
import re

import pytest
from rich.console import Console

from power_tuner_cli.console import Screen
from power_tuner_cli.progress_board import ProgressBoard, describe
from power_tuner_cli.runs import Run, RunEnd, RunProgress
from unit.cli.stubbed_aws import EXECUTION, StubbedAws


def test_progress_is_read_from_the_samples_stored(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invocations are the sums of the counts in the samples' keys; the newest object tells where the run is."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    aws.execution("RUNNING")
    aws.in_state(
        "Measure",
        {
            "runs/run-1/samples/128/0-0-5-first.json": "2026-11-23T12:00:01Z",
            "runs/run-1/samples/128/1-5-3-second-call.json": "2026-11-23T12:00:03Z",
            "runs/run-1/samples/256/0-0-5-first.json": "2026-11-23T12:00:02Z",
        },
    )
    aws.execution("SUCCEEDED", output="{}")
    shown: list[RunProgress] = []

    run = Run(aws, aws.stack, "run-1", EXECUTION)
    end = run.follow(shown.append, interval_s=0)

    assert [
        RunProgress("Starting"),
        RunProgress("Measure", {128: 8, 256: 5}, 128, 1, rounds=1),
        RunProgress("Succeeded", rounds=1, ended=True),
    ] == shown
    assert RunEnd("SUCCEEDED", {}) == end


def test_a_line_names_state_power_value_and_batch() -> None:
    """Once samples are there, the line tells the memory sizes done and the newest batch."""
    progress = RunProgress("Measure", {128: 10, 256: 4}, 256, 1)

    assert "Measure: 1 of 6 memory sizes done, at 256 MB, batch 1" == describe(progress, 10, 6)


def test_a_run_that_is_over_tells_how_it_ended() -> None:
    """At the end the line is the execution's status alone."""
    assert "Succeeded" == describe(RunProgress("Succeeded", {128: 10}, 128, 0, ended=True), 10, 6)


def test_before_the_first_sample_the_line_is_the_state() -> None:
    """While versions are published, only the state is known."""
    assert "Publisher" == describe(RunProgress("Publisher"), 10, 6)


@pytest.mark.parametrize(
    ("invocations", "line"),
    [
        ({128: 2}, "Measure: round 3, 1 memory size tried, at 256 MB"),
        ({128: 2, 256: 4}, "Measure: round 3, 2 memory sizes tried, at 256 MB"),
    ],
)
def test_the_smart_mode_tells_the_round(invocations: dict[int, int], line: str) -> None:
    """Nobody knows how long it takes, so the line counts rounds and promises no total."""
    assert line == describe(RunProgress("Measure", invocations, 256, 1, rounds=3), None, 6)


def test_rounds_are_the_times_that_it_began_to_measure(aws: StubbedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry of Measure counts once, however often the history shows it."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    for name, event in (("Measure", 7), ("Measure", 7), ("Analyzer", 9), ("Measure", 31)):
        aws.execution("RUNNING")
        aws.in_state(name, event=event)
    aws.execution("SUCCEEDED", output="{}")
    shown: list[RunProgress] = []

    Run(aws, aws.stack, "run-1", EXECUTION).follow(shown.append, interval_s=0)

    assert [0, 1, 1, 1, 2, 2] == [progress.rounds for progress in shown]


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_narrow_terminal_hides_no_word_of_it(columns: int, encoding: str) -> None:
    """The function's name is whole; what has no room in the line goes on in the next one."""
    written = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace")
    console = Console(file=written, width=columns, force_terminal=True, color_system=None)
    with ProgressBoard(Screen(as_json=False, output=console, messages=console)) as board:
        board.add("thumbnailer", num=None, memories_mb=None)(RunProgress("Measure", {128: 2, 256: 4}, 256, 1, rounds=3))
    written.flush()
    assert isinstance(written.buffer, io.BytesIO)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.buffer.getvalue().decode(encoding))

    assert "thumbnailer" in text
    assert {"Measure:", "round", "tried,", "256", "MB"} <= {*text.split()}
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    assert "\\u" not in text
