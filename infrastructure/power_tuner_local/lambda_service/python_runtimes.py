"""The Python that runs a function, and the packages that it finds without bringing them: those of Lambda's runtime."""

import functools
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from power_tuner_local.installed_packages import files_of, link_all

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html: the SDK, with what it needs, and the runtime's client
_IN_THE_RUNTIME = (
    "awslambdaric",
    "snapshot-restore-py",
    "simplejson",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "python-dateutil",
    "six",
    "urllib3",
)
_CLIENT = "runtime_client"
_PORTABLE_CLIENT = Path(__file__).parent / "portable_runtime_client.py"
_OLDEST = (3, 10)
"""Of the runtime's client and of the SDK, as they are installed."""
_ANSWER_S = 10


@dataclass(frozen=True, slots=True)
class Python:
    """A Python on this machine.

    Attributes:
        version: Such as 3.13.
    """

    executable: str
    version: str

    @property
    def is_own(self) -> bool:
        """Return whether it is the version that the local AWS runs with, whose compiled packages it can load."""
        return self.version == OWN.version


OWN = Python(sys.executable, f"{sys.version_info.major}.{sys.version_info.minor}")


@functools.cache
def python_of(runtime: str) -> Python:
    """Return the Python that a runtime declares, if it is on the PATH; else the one that the local AWS runs with."""
    declared = runtime.removeprefix("python")
    is_python = declared != runtime
    if not is_python or declared == OWN.version or tuple(int(part) for part in declared.split(".")) < _OLDEST:
        return OWN
    found = shutil.which(f"python{declared}")
    if found is None:
        return OWN
    # what is on the PATH may be a script that finds none, or chooses one each time
    program = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
    try:
        asked = [found, "-I", "-S", "-c", program]
        done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=_ANSWER_S)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return OWN
    version, _, executable = done.stdout.strip().partition(" ")
    return Python(executable, declared) if version == declared and executable else OWN


class RuntimePackages:
    """Folders of links to the packages of Lambda's runtime: one for this Python, one for others.

    Args:
        root: The folder that they are made in.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()

    def folder(self, python: Python) -> Path:
        """Return the folder for a Python; others than this one cannot load the compiled client."""
        folder = self._root / ("runtime" if python.is_own else "runtime-of-others")
        with self._lock:
            if not folder.exists():
                files = files_of(_IN_THE_RUNTIME)
                if not python.is_own:
                    files = {name: path for name, path in files.items() if not name.startswith(f"{_CLIENT}.")}
                    files[f"{_CLIENT}.py"] = _PORTABLE_CLIENT
                link_all(files, folder)
        return folder
