"""The projects in the folders above a folder or file of code, and the functions of theirs whose code it is."""

import os
from collections.abc import Iterator
from pathlib import Path

from power_tuner_cli.projects.cdk_project import OUTPUT
from power_tuner_cli.projects.finding import commands, may_have_projects, sound_projects_in
from power_tuner_cli.projects.project import FunctionEntry, Project

_SUFFIXES = (".py", ".mjs", ".js", ".cjs", ".ts", ".mts")
_MOST_FOLDERS = 6
_REPOSITORY = ".git"


def functions_with_code_at(place: Path, name: str | None = None) -> list[tuple[Project, str]]:
    """Return the functions whose handlers are in a folder or file, of the nearest project that has such.

    Projects lie in the folders above, or, within a repository, in a folder beside one of those (infra/, terraform/).

    Args:
        place: The folder or file.
        name: The handler's name in the file, if it matters.
    """
    for folder in _around(place):
        found = [
            (project, each.logical_id)
            for project in sound_projects_in(folder)
            for each in project.functions.values()
            if name in {None, each.handler.rpartition(".")[2]} and _is_at(each, place)
        ]
        if found:
            return found
    return []


def projects_above(place: Path) -> str:
    """Return what there is to tune in the nearest project above a folder, as commands; empty if there is none."""
    for folder in _above(place):
        if found := [(project, name) for project in sound_projects_in(folder) for name in project.functions]:
            return commands(found)
    return ""


def _around(place: Path) -> Iterator[Path]:
    """Yield the folders above, each with those in it if they belong to the same repository."""
    above = [*_above(place)]
    in_repository = any((folder / _REPOSITORY).exists() for folder in above)
    for folder in above:
        yield folder
        yield from sorted(each for each in folder.iterdir() if may_have_projects(each)) if in_repository else ()


def _above(place: Path) -> Iterator[Path]:
    """Yield the folders above, to that of the repository; never that of the user's home or above it."""
    resolved = place.resolve()
    for below, folder in zip((resolved, *resolved.parents), resolved.parents[:_MOST_FOLDERS], strict=False):
        if (below / _REPOSITORY).exists() or Path.home().is_relative_to(folder):
            return
        yield Path(os.path.relpath(folder))


def _is_at(function: FunctionEntry, place: Path) -> bool:
    module = function.handler.rpartition(".")[0]
    if not module or function.code is None:
        return False
    if function.code.is_file():
        return function.code.suffix in _SUFFIXES and _is_of(function.code, place, function.code.name)
    for stem in {module, module.replace(".", "/")}:
        for suffix in _SUFFIXES:
            file = function.code / f"{stem}{suffix}"
            if file.is_file() and _is_of(file, place, f"{stem}{suffix}"):
                return True
    return False


def _is_of(file: Path, place: Path, in_code: str) -> bool:
    """Return whether a handler's file is a file or in a folder; CDK's output has a copy of it."""
    if OUTPUT not in file.parts:
        return place.resolve() in {file.resolve(), *file.resolve().parents}
    source = place / in_code if place.is_dir() else place
    return source.name == file.name and source.is_file() and source.read_bytes() == file.read_bytes()
