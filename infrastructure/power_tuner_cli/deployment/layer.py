"""The layer of the functions' dependencies, built by pip from its pins and their hashes for the functions' platform."""

import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from power_tuner_cli.build_cache import cached
from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

_PYTHON = "3.13"
_PLATFORM = "manylinux2014_aarch64"
_PINNED = ("--require-hashes", "--no-deps")
_LONGEST_S = 600
_SHOWN_LINES = 3


def build_layer(sources: Path) -> Path:
    """Return a folder with the layer, which is built once for each state of its sources.

    Args:
        sources: The folder of its pins (requirements.txt), and of what cuts it down (prune.py).

    Raises:
        CliError: There is no installer, or a package could not be downloaded.
    """
    pins, prune = sources / "requirements.txt", sources / "prune.py"
    state = hashlib.sha256(pins.read_bytes() + prune.read_bytes()).hexdigest()[:32]

    def make(layer: Path) -> None:
        packages = layer / "python"
        _run([*_installer(pins), "--target", str(packages)])
        _run([sys.executable, str(prune), str(packages)])

    return cached("layers", state, make)


def _installer(pins: Path) -> list[str]:
    """Return the command that installs the pins for the functions' platform, without a folder."""
    if find_spec("pip") is not None or (uv := shutil.which("uv")) is None:
        pip = [sys.executable, "-m", "pip"] if find_spec("pip") is not None else [shutil.which("pip3") or ""]
        if not pip[0]:
            raise CliError(
                "The functions' dependencies are downloaded by pip or uv, and neither is here: install one, such as "
                f"with `{sys.executable} -m ensurepip`.",
                ExitCode.UNREACHABLE,
            )
        quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
        wheels = ["--implementation", "cp", "--python-version", _PYTHON, "--platform", _PLATFORM]
        return [*pip, "install", *quiet, *_PINNED, "--only-binary=:all:", *wheels, "--requirement", str(pins)]
    wheels = ["--python-version", _PYTHON, "--python-platform", "aarch64-manylinux2014", "--only-binary", ":all:"]
    return [uv, "pip", "install", "--quiet", *_PINNED, *wheels, "--requirement", str(pins)]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_S)  # noqa: S603
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-_SHOWN_LINES:])
        raise CliError(
            f"The functions' dependencies could not be downloaded; nothing was deployed. {command[0]} said:\n{said}",
            ExitCode.UNREACHABLE,
        )
