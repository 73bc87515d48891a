from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from power_tuner_cli.main import build_app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TARGETS = re.findall(r"^\.PHONY: ([\w-]+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
BIN = Path(sys.executable).parent
COMMAND_LIMIT_LINE = 40
LINE_LIMIT = 150


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[list[str]]:
    return [words for line in block.splitlines() if (words := shlex.split(line, comments=True))]


def block_with(start: str) -> list[list[str]]:
    return next(lines for block in blocks(README, "sh") if (lines := commands(block)) and start in block)


COMMANDS = [
    words
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
    for block in blocks(document.read_text(encoding="utf-8"), "sh")
    for words in commands(block)
]


@pytest.mark.parametrize("words", [each for each in COMMANDS if each[0] == "make"], ids=" ".join)
def test_make_targets_exist(words: list[str]) -> None:
    """A make command in the documents names a target of the Makefile."""

    variables = {word.partition("=")[0] for word in words[1:] if "=" in word}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {word for word in words[1:] if "=" not in word} <= set(TARGETS)
    assert [] == [name for name in variables if f"$({name})" not in makefile]


@pytest.mark.parametrize("words", [each for each in COMMANDS if each[0] == "power-tuner"], ids=" ".join)
def test_commands_and_options_exist(words: list[str]) -> None:
    """A power-tuner command in the documents is one that the program knows, with options that it knows."""
    command: Any = typer.main.get_command(build_app())
    arguments = words[1:]
    while hasattr(command, "commands"):
        command = command.commands[arguments.pop(0)]
    known = {name for parameter in command.params for name in parameter.opts}

    assert {word for word in arguments if word.startswith("--")} <= known


def test_it_is_short() -> None:
    """The README is read in a few minutes."""

    assert README.count("\n") < LINE_LIMIT


def test_first_commands_stand_at_the_top() -> None:
    """The first commands are visible without scrolling."""
    line = README[: README.index("```sh")].count("\n")

    assert line < COMMAND_LIMIT_LINE


@pytest.mark.local_aws
def test_first_commands_run(tmp_path: Path) -> None:
    """The tune command at the top of the README gives an answer."""
    (tune,) = [words for words in block_with("make demo") if words[0] == "power-tuner"]

    done = run(tune, tmp_path)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "◆ chosen" in done.stdout


@pytest.mark.local_aws
def test_local_commands_and_the_script_run(tmp_path: Path) -> None:
    """The README's tour of the local AWS works line by line, and its script starts a run there."""
    tour = block_with("power-tuner local up")
    *before, down = tour
    (script,) = blocks(README, "python")
    try:
        outcomes = [(words, run(words, tmp_path)) for words in before]
        status = json.loads(run(["power-tuner", "local", "status", "--json"], tmp_path).stdout)
        scripted = run([str(BIN / "python"), "-c", script], tmp_path, status["environment"])
    finally:
        stopped = run(down, tmp_path)

    assert [] == [(" ".join(words), done.stderr) for words, done in outcomes if done.returncode]
    assert (0, "") == (scripted.returncode, scripted.stderr)
    assert 0 == stopped.returncode, stopped.stderr


def run(words: list[str], folder: Path, extra: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command as a reader would, but with its state and its results in a folder of the test's own."""
    if not (folder / "infrastructure").exists():
        (folder / "infrastructure").symlink_to(ROOT / "infrastructure")
    environment = {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "POWER_TUNER_STATE_DIR": str(folder / "state"),
        **(extra or {}),
    }
    return subprocess.run(  # noqa: S603 commands of our own documents
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=180
    )
