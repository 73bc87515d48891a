"""Python environments of their own, for tests that install something."""

import subprocess
import sys
import venv
from pathlib import Path

UV = Path(__file__).parents[1] / ".venv-uv" / "bin" / "uv"


def create_environment(folder: Path) -> Path:
    """Create an environment without pip in a folder, and return its Python."""
    venv.create(folder, with_pip=False)
    return folder / "bin" / "python"


def install(python: Path, *what: str | Path) -> None:
    """Install packages with uv where `make` has brought it, in a tenth of the time, else with pip."""
    words = ["install", "--quiet", "--python", python, *what]
    done = _run(UV, "pip", *words) if UV.exists() else None
    if done is None or done.returncode:
        done = _run(sys.executable, "-m", "pip", "--disable-pip-version-check", *words[2:4], *words[:2], *what)
    assert done.returncode == 0, done.stderr


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, timeout=500)  # noqa: S603
