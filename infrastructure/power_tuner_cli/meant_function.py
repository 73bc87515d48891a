"""What a path on the command line means: a function of a project, or a folder of code with its handler."""

from collections.abc import Mapping
from pathlib import Path

from power_tuner_cli.errors import CliError
from power_tuner_cli.folder_function import handler_of, is_code
from power_tuner_cli.handlers_in_code import TYPESCRIPT, to_compile
from power_tuner_cli.projects.finding import choose, commands, projects_at
from power_tuner_cli.projects.project import Project
from power_tuner_cli.projects.surroundings import functions_with_code_at


def meant_function(
    path: Path, called: str | None, handler: str | None, given: Mapping[str, str] | None = None
) -> tuple[Project, str] | tuple[Path, str | None]:
    """Return the project and its function that a path means, or the folder of code and its handler if it is known.

    Args:
        path: A project's file, a file of code, or a folder of either.
        called: The function in the file: its logical id, or its name in the code.
        handler: The handler that was given; it means the code, whatever project it belongs to.
        given: Values of parameters.

    Raises:
        CliError: Nothing is meant, or several functions can be; the message says what to type.
    """
    if is_code(path):
        known = handler or handler_of(path, called)
        return _of_a_project(path, known, handler) or (path.parent, known)
    if path.suffix in TYPESCRIPT and path.is_file():
        if found := _of_a_project(path, called, handler):
            return found
        raise CliError(to_compile(path))
    projects = [] if handler and not called and path.is_dir() else projects_at(path, given)
    if projects or called or not path.is_dir():
        return choose(projects, called, path)
    return _of_a_project(path, None, handler) or (path, handler)


def _of_a_project(place: Path, known: str | None, given: str | None) -> tuple[Project, str] | None:
    """Return the function of a project above whose code a place has; None if there is none, or a handler is given."""
    name = known.rpartition(".")[2] if known else None
    found = [] if given else functions_with_code_at(place, name)
    if len(found) > 1:
        raise CliError(f"{place} has the code of {len(found)} functions. Choose one:{commands(found)}")
    return found[0] if found else None
