"""Deployment packages, each unpacked once for all sandboxes that run it."""

import hashlib
import io
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from power_tuner_local.lambda_service.errors import InvalidParameterError

if TYPE_CHECKING:
    from power_tuner_local.lambda_service.configuration import Code

_EXECUTABLE = 0o111


class CodeStore:
    """A temporary folder with one unpacked package per hash."""

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="power-tuner-code-"))
        self._lock = threading.Lock()

    def task_root(self, code: "Code") -> Path:
        """Return the folder where a package is unpacked."""
        folder = self._root / hashlib.sha256(code.content).hexdigest()
        with self._lock:
            if not folder.exists():
                _unpack(code.content, folder)
        return folder

    def close(self) -> None:
        """Delete all unpacked packages."""
        shutil.rmtree(self._root, ignore_errors=True)


def check_package(content: bytes) -> None:
    """Raise Lambda's error if the content is not a zip file."""
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise InvalidParameterError("Could not unzip uploaded file. Please check your file, then try to upload again.")


def _unpack(content: bytes, folder: Path) -> None:
    unfinished = folder.with_suffix(".unfinished")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for entry in package.infolist():
            path = Path(package.extract(entry, unfinished))
            if entry.external_attr >> 16 & _EXECUTABLE and path.is_file():
                path.chmod(0o755)
    unfinished.mkdir(exist_ok=True)
    unfinished.rename(folder)
