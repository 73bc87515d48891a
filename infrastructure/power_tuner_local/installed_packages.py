"""Packages of this environment, shown to functions one by one: in a folder of links, or in a layer of them."""

import io
import re
import stat
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

OF_THIS_ENVIRONMENT = "of-this-environment"
"""A file in the layers made here: compiled packages work with the Python that they were installed for alone."""
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def files_of(distributions: "Iterable[str]") -> "dict[str, Path]":
    """Return the modules, packages and metadata of distributions by their names; of those alone that are installed."""
    found: dict[str, Path] = {}
    for name in distributions:
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue
        for file in installed.files or ():
            top = file.parts[0]
            if top not in {"..", "__pycache__"} and top not in found:
                found[top] = _path(installed.locate_file(top))
    return found


def requirements_in(file: "Path") -> list[str]:
    """Return the names of the distributions in a requirements file."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [match[0] for line in lines if (match := _REQUIREMENT.match(line))]


def layer_of(distributions: "Iterable[str]") -> bytes:
    """Return the content of a layer that consists of links to packages of this environment."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, path in files_of(distributions).items():
            link = zipfile.ZipInfo(f"python/{name}")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, str(path))
        archive.writestr(zipfile.ZipInfo(OF_THIS_ENVIRONMENT), "")
    return buffer.getvalue()


def link_all(files: "Mapping[str, Path]", folder: "Path") -> None:
    """Make a folder with links to files, by their names."""
    folder.mkdir()
    for name, path in files.items():
        (folder / name).symlink_to(path)


def _path(located: object) -> "Path":
    from pathlib import Path  # noqa: PLC0415 (a SimplePath has no promise to be a path)

    return Path(str(located))
