"""Deployment packages and layers, unpacked once for all sandboxes that run them."""

import contextlib
import hashlib
import io
import shutil
import stat
import tempfile
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from power_tuner_local.installed_packages import OF_THIS_ENVIRONMENT
from power_tuner_local.lambda_service.errors import InvalidParameterError, RequestEntityTooLargeError
from power_tuner_local.lambda_service.python_runtimes import OWN, Python, RuntimePackages, python_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from power_tuner_local.lambda_service.configuration import Configuration

_EXECUTABLE = 0o111
MAX_ZIPPED_BYTES = 52_428_800
MAX_UNZIPPED_BYTES = 262_144_000


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Where the files of a function are.

    Attributes:
        task_root: What /var/task is in Lambda.
        opt: What /opt is in Lambda: the content of all layers; None without layers.
        python: What runs it, if it is a Python function.
        packages: What Lambda's Python runtime brings.
    """

    task_root: Path
    opt: Path | None
    python: Python
    packages: Path

    def here(self, path: str) -> str:
        """Return a path of Lambda as it is here: of the code, or of a layer."""
        if path.startswith("/var/task/"):
            return f"{self.task_root}/{path.removeprefix('/var/task/')}"
        return f"{self.opt}/{path.removeprefix('/opt/')}" if self.opt and path.startswith("/opt/") else path


class CodeStore:
    """A temporary folder with one unpacked package per hash, and one for each set of layers."""

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="power-tuner-code-"))
        self._packages = RuntimePackages(self._root)
        self._lock = threading.Lock()

    def unpacked(self, configuration: "Configuration") -> Unpacked:
        """Return where a function's package and layers are unpacked."""
        task_root, opt = self._places(configuration.code.content, [each.code.content for each in configuration.layers])
        is_bound = opt is not None and (opt / OF_THIS_ENVIRONMENT).exists()
        python = OWN if is_bound else python_of(configuration.runtime)
        return Unpacked(task_root, opt, python, self._packages.folder(python))

    def _places(self, content: bytes, layers: "Sequence[bytes]") -> tuple[Path, Path | None]:
        name = hashlib.sha256(content).hexdigest()
        if not layers:
            return self._folder(self._root / name, content), None
        together = hashlib.sha256(b"".join(hashlib.sha256(each).digest() for each in layers)).hexdigest()
        base = self._root / f"layers-{together}"
        opt = self._folder(base / "opt", *layers)
        # Lambda has ES modules find packages in layers too; they look into the node_modules of the folders above them
        with contextlib.suppress(FileExistsError):
            (base / "node_modules").symlink_to(opt / "nodejs" / "node_modules")
        return self._folder(base / name, content), opt

    def close(self) -> None:
        """Delete all unpacked packages."""
        shutil.rmtree(self._root, ignore_errors=True)

    def _folder(self, folder: Path, *packages: bytes) -> Path:
        """Return a folder that has the content of packages; of two files of one name it has the later."""
        with self._lock:
            if not folder.exists():
                _unpack(packages, folder)
        return folder


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
    if unzipped_bytes(content) >= MAX_UNZIPPED_BYTES:
        raise InvalidParameterError(f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes")


def unzipped_bytes(content: bytes) -> int:
    """Return the size of a package's files when unpacked."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return sum(entry.file_size for entry in package.infolist())


def _unpack(packages: "Sequence[bytes]", folder: Path) -> None:
    unfinished = folder.with_suffix(".unfinished")
    unfinished.mkdir(parents=True, exist_ok=True)
    links: list[tuple[str, str]] = []
    for content in packages:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for entry in package.infolist():
                mode = entry.external_attr >> 16
                if stat.S_ISLNK(mode):
                    links.append((entry.filename, package.read(entry).decode()))
                    continue
                path = Path(package.extract(entry, unfinished))
                if mode & _EXECUTABLE and path.is_file():
                    path.chmod(0o755)
    # when no file can be written through them any more, into a folder elsewhere
    for name, target in links:
        _link(unfinished, name, target)
    unfinished.rename(folder)


def _link(folder: Path, name: str, target: str) -> None:
    """Make a symbolic link in a folder, unless its own place is outside or is a folder."""
    path = folder / name
    if not path.parent.resolve().is_relative_to(folder.resolve()) or (path.is_dir() and not path.is_symlink()):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
