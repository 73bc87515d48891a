"""Deployment packages, each unpacked once for all sandboxes that run it."""

import hashlib
import io
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from power_tuner_local.lambda_service.errors import InvalidParameterError, RequestEntityTooLargeError

if TYPE_CHECKING:
    from power_tuner_local.lambda_service.configuration import Code

_EXECUTABLE = 0o111
MAX_ZIPPED_BYTES = 52_428_800
MAX_UNZIPPED_BYTES = 262_144_000


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


def check_upload(content: bytes) -> None:
    """Raise Lambda's error if a package is too large to be uploaded directly; in S3 it may be larger.

    Raises:
        RequestEntityTooLargeError: It is.
    """
    if len(content) >= MAX_ZIPPED_BYTES:
        raise RequestEntityTooLargeError(f"Zipped size must be smaller than {MAX_ZIPPED_BYTES} bytes")


def check_package(content: bytes) -> None:
    """Raise Lambda's error if the content is not a zip file, or would be too large when unpacked.

    Raises:
        InvalidParameterError: One of them is true.
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise InvalidParameterError("Could not unzip uploaded file. Please check your file, then try to upload again.")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        unzipped_bytes = sum(entry.file_size for entry in package.infolist())
    if unzipped_bytes >= MAX_UNZIPPED_BYTES:
        raise InvalidParameterError(f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes")


def _unpack(content: bytes, folder: Path) -> None:
    unfinished = folder.with_suffix(".unfinished")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for entry in package.infolist():
            path = Path(package.extract(entry, unfinished))
            if entry.external_attr >> 16 & _EXECUTABLE and path.is_file():
                path.chmod(0o755)
    unfinished.mkdir(exist_ok=True)
    unfinished.rename(folder)
