"""Deployment packages: code folders as zip files, with the same bytes for the same folder."""

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
        ".venv",
        "cdk.out",
    }
)
_EXECUTABLE, _PLAIN = 0o100755, 0o100644


def zip_folder(folder: "Path", *, compressed: bool = False) -> bytes:
    """Return a folder's files, or one file, as a deployment package."""
    if not folder.exists():
        raise FileNotFoundError(f"there is no code at {folder}")
    if folder.is_file() and zipfile.is_zipfile(folder):
        return folder.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as archive:
        for path in sorted(_files(folder)):
            name = path.name if folder.is_file() else path.relative_to(folder).as_posix()
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


def _files(folder: "Path") -> "Iterator[Path]":
    if folder.is_file():
        yield folder
        return
    for path in folder.rglob("*"):
        if path.is_file() and not _SKIPPED.intersection(path.relative_to(folder).parts) and path.suffix != ".pyc":
            yield path
