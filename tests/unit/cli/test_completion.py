"""Completion in the shell, as typer installs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent


def run(command: str, home: Path, **more: str) -> str:
    environment = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(home), **more}
    done = subprocess.run(  # noqa: S603 - our own command
        [shutil.which("bash") or "bash", "-c", command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_it_is_installed_and_completes(tmp_path: Path) -> None:
    """What --install-completion writes completes commands and options in bash."""
    # two commands: bash would become the one that is alone, and could not be recognised
    said = run("power-tuner --install-completion; true", tmp_path)
    (script,) = (tmp_path / ".bash_completions").iterdir()
    completed = run(
        f"source {script}; COMP_WORDS=(power-tuner deploy --mo); COMP_CWORD=2; _power_tuner_completion power-tuner; "
        'echo "${COMPREPLY[@]}"',
        tmp_path,
    )

    assert "bash completion installed" in said
    assert completed.split() == ["--mode"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_completes_commands(tmp_path: Path, shell: str) -> None:
    """The answer to what was typed so far names the commands that begin so."""
    typed = {"COMP_WORDS": "power-tuner und", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "power-tuner und"}
    fish = {"_TYPER_COMPLETE_FISH_ACTION": "get-args"} if shell == "fish" else {}
    said = run("power-tuner", tmp_path, _POWER_TUNER_COMPLETE=f"complete_{shell}", **typed, **fish)

    assert "undeploy" in said
    assert "unenroll" not in said
