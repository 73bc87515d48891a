"""Deployment packages: code folders as zip files, with the same bytes for the same folder."""

import hashlib
import io
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)
_SKIPPED = frozenset(
    {
        "__pycache__",
        ".aws-sam",
        ".git",
        ".mypy_cache",
        ".power-tuner",
        ".pytest_cache",
        ".ruff_cache",
        ".serverless",
        ".terraform",
        "cdk.out",
    }
)
# What each virtual environment of Python has, whatever its name.
_VENV = "pyvenv.cfg"
_EXECUTABLE, _PLAIN = 0o100755, 0o100644


def zip_folder(folder: Path, *, compressed: bool = False) -> bytes:
    """Return a folder's files, or one file, as a deployment package."""
    if not folder.exists():
        raise FileNotFoundError(f"there is no code at {folder}")
    if folder.is_file() and zipfile.is_zipfile(folder):
        return folder.read_bytes()
    root = folder.parent if folder.is_file() else folder
    return zip_files({path.relative_to(root).as_posix(): path for path in code_files(folder)}, compressed=compressed)


def zip_files(files: "Mapping[str, Path]", *, compressed: bool = False) -> bytes:
    """Return a deployment package of files under their names in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        # In the order of their paths, whose parts are compared one by one.
        for name, path in sorted(files.items(), key=lambda each: each[1]):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = (_EXECUTABLE if path.stat().st_mode & 0o111 else _PLAIN) << 16
            archive.writestr(info, path.read_bytes(), archive.compression)
    return buffer.getvalue()


def zip_text(name: str, text: str) -> bytes:
    """Return a package of one text file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name, _EPOCH), text)
    return buffer.getvalue()


def digest(content: bytes) -> str:
    """Return a short hash of content."""
    return hashlib.sha256(content).hexdigest()[:32]


def code_files(folder: Path) -> "Iterator[Path]":
    """Yield the files of a folder of code, or the one file: no caches, outputs of tools and virtual environments."""
    if folder.is_file():
        yield folder
        return
    for place, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if each not in _SKIPPED and not Path(place, each, _VENV).exists()]
        files = (Path(place, name) for name in names if not name.endswith(".pyc"))
        yield from (file for file in files if file.is_file())
