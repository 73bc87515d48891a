from __future__ import annotations

from pathlib import Path

import pytest

from lint import asl

SOUND = (Path(__file__).parent / "fixtures" / "sound.asl.json").read_text(encoding="utf-8")
HANDLERS = ("initializer", "executor", "clean_up_on_error")

BREAKS = [
    pytest.param('"StartAt": "Initializer",', "", 'does not have required field "StartAt"', id="no StartAt"),
    pytest.param('"Type": "Succeed"', '"Type": "Success"', '"Success", not one of', id="an unknown type"),
    pytest.param('"Default": "Done"', '"Default": "Finish"', "IsAnythingLeft: goes to Finish", id="no such state"),
    pytest.param('"Default": "Done"', '"Default": "Measure"', "Done: is never reached", id="an unreachable state"),
    pytest.param('"Next": "CleanUpOnError"', '"Next": "Failed"', "CleanUpOnError: is never reached", id="no clean-up"),
    pytest.param('"Next": "Lost"', '"Next": "Gone"', "Executor: goes to Gone", id="no such state in a child"),
    pytest.param(
        '"Comment": "The branch\'s outcome is its error", "End": true',
        '"Comment": "The branch\'s outcome is its error", "Next": "Lost"',
        "Lost: no way leads from it to an end",
        id="a circle",
    ),
    pytest.param('"Comment": "Reads the input",', "", "Initializer: has no Comment", id="no comment"),
    pytest.param('"TimeoutSeconds": 900,', "", "Executor: has no TimeoutSeconds", id="no timeout"),
    pytest.param('["Lambda.TooManyRequestsException"]', '["States.ALL"]', "retries States.ALL", id="retries anything"),
    pytest.param(
        '["Lambda.TooManyRequestsException"]',
        '["States.TaskFailed"]',
        "retries States.TaskFailed",
        id="retries any failure",
    ),
    pytest.param('"JitterStrategy": "FULL"', '"JitterStrategy": "NONE"', "JitterStrategy FULL", id="no jitter"),
    pytest.param('"MaxAttempts": 4,', "", "retries without MaxAttempts", id="retries without a bound"),
    pytest.param(
        '"MaxAttempts": 4, ',
        '\n"MaxAttempts": 4, ',
        "line 12: write the whole retrier on one line",
        id="a split retrier",
    ),
    pytest.param('"MaxConcurrency": 10,', "", "has no MaxConcurrency", id="unbounded concurrency"),
    pytest.param('"MaxConcurrency": 10', '"MaxConcurrency": 0', "has no MaxConcurrency", id="concurrency 0"),
    pytest.param('"STANDARD"', '"EXPRESS"', "not STANDARD", id="Express children"),
    pytest.param(
        '"TimeoutSeconds": 60,\n      "Next": "Failed"',
        '"TimeoutSeconds": 60,\n      "Next": "Done"',
        "Initializer: a caught error ends in Done",
        id="a failure that looks well",
    ),
    pytest.param("${ExecutorArn}", "${MeasurerArn}", "no handlers/measurer.py", id="no such handler"),
    pytest.param(
        "${InitializerFunctionArn}", "${ExecutorArn}", "name the state for its handler", id="a misnamed state"
    ),
]


def problems(text: str) -> list[str]:
    return asl.problems(text, HANDLERS)


def test_sound_state_machine_is_accepted() -> None:
    """A state machine that follows every rule has no problem."""

    assert [] == problems(SOUND)


@pytest.mark.parametrize(("sound", "broken", "message"), BREAKS)
def test_each_break_is_found(sound: str, broken: str, message: str) -> None:
    """One break of a sound state machine is reported, by the state's name."""
    assert sound in SOUND

    found = problems(SOUND.replace(sound, broken, 1))

    assert any(message in each for each in found), found


def test_broken_file_fails_the_check(tmp_path: Path) -> None:
    """The check's exit code tells a pipeline."""
    path = tmp_path / "broken.asl.json"
    path.write_text(SOUND.replace('"TimeoutSeconds": 900,', ""), encoding="utf-8")

    assert 1 == asl.main([str(path)])
