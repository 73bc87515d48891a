"""Dependencies of a function's code: which it asks for, and whether they lie beside it."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

# What Lambda's Python runtimes bring along: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
_IN_THE_RUNTIME = frozenset({"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"})
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_NOT_SOURCES = frozenset({"__pycache__", "node_modules", "cdk.out", "venv", "dist", "build"})


def missing_dependencies(folder: Path, *layers: Path) -> list[str]:
    """Return the dependencies that the code or layer in a folder asks for and that lie neither there nor in layers."""
    return [*missing_python(folder, *layers), *missing_node(folder, *layers)]


def newest_source(*places: Path) -> tuple[Path, float] | None:
    """Return the file that was changed last in files and folders, and when; None without files."""
    files = [file for place in places for file in _sources(place)]
    if not files:
        return None
    newest = max(files, key=lambda file: file.stat().st_mtime)
    return newest, newest.stat().st_mtime


def missing_python(folder: Path, *layers: Path) -> list[str]:
    """Return the packages of requirements.txt that lie neither beside it nor in layers, nor come with the runtime."""
    return list(_missing_python(folder, layers))


def missing_node(folder: Path, *layers: Path) -> list[str]:
    """Return the packages of package.json that lie neither beside it nor in layers, nor come with the runtime."""
    return list(_missing_node(folder, layers))


def what_to_install(folder: Path) -> Iterator[str]:
    """Yield what a folder's code asks for and has not beside it, with the commands that install it there."""
    here = shlex.quote(str(folder))
    install = f"python -m pip install -r {shlex.quote(str(folder / 'requirements.txt'))} -t {here}"
    needs = {install: missing_python(folder), f"npm install --prefix {here}": missing_node(folder)}
    for command, missing in needs.items():
        if missing:
            yield (
                f"The code in {folder} asks for {', '.join(missing)}, and nothing beside it has that, as a package for "
                f"Lambda has. If the function fails for it, install it there:\n  {command}"
            )


def _missing_python(folder: Path, layers: Iterable[Path]) -> Iterator[str]:
    file = folder / "requirements.txt"
    if not file.is_file():
        return
    places = [folder, *(place for each in (folder, *layers) for place in each.glob("python"))]
    places += [place for each in places for place in each.glob("lib/python3*/site-packages")]
    there = {_normal(each.name.partition("-")[0]) for place in places for each in place.glob("*.dist-info")}
    for line in file.read_text("utf-8-sig", errors="replace").splitlines():
        match = _REQUIREMENT.match(line)
        if match and _normal(match[1]) not in there | _IN_THE_RUNTIME:
            yield match[1]


def _missing_node(folder: Path, layers: Iterable[Path]) -> Iterator[str]:
    file = folder / "package.json"
    if not file.is_file():
        return
    try:
        wanted = json.loads(file.read_text("utf-8-sig")).get("dependencies", {})
    except (ValueError, AttributeError):
        return
    roots = [each / "nodejs" for each in (folder, *layers)]
    places = [folder, *(place for each in roots for place in (each, *each.glob("node[0-9]*")))]
    for name in wanted:
        if not name.startswith("@aws-sdk/") and not any((each / "node_modules" / name).exists() for each in places):
            yield name


def _sources(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.is_dir():
        for each in place.iterdir():
            if not each.name.startswith(".") and each.name not in _NOT_SOURCES:
                yield from _sources(each)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
