"""Which projects are at a path, and which function of theirs a person means."""

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from power_tuner_cli.errors import CliError
from power_tuner_cli.handlers_in_code import NODE, PYTHON
from power_tuner_cli.projects import cdk_project, serverless_project, terraform_module
from power_tuner_cli.projects.cdk_project import CdkProject
from power_tuner_cli.projects.nested_templates import with_nested
from power_tuner_cli.projects.project import Project
from power_tuner_cli.projects.sam_project import TEMPLATE_NAMES, SamProject
from power_tuner_cli.projects.serverless_project import ServerlessProject
from power_tuner_cli.projects.template_file import looks_like_template
from power_tuner_cli.projects.terraform_project import TerraformProject, terraform_file, without_functions

_MOST_COMMANDS = 12
# Of a repository: services/orders/infra, and no walk through all there is.
_MOST_LEVELS, _MOST_FOLDERS = 3, 200
_NOT_PROJECTS = frozenset({"__pycache__", "node_modules", "venv", "build", "dist", cdk_project.OUTPUT})
# Words of Terraform, and what people call the only function of a module.
_OF_AN_ADDRESS = frozenset({"module", "aws_lambda_function", "this", "main", "default", "function", "lambda"})
# One of those that for_each or count make, also of a module that has the function.
_INSTANCE = re.compile(r'(?P<of>.+)\[(?:"(?P<key>[^"]+)"|(?P<number>\d+))\](?:\.aws_lambda_function\.\w+)?')
_CODE_SUFFIXES = (*PYTHON, *NODE)
_FILE_SUFFIXES = frozenset({".yaml", ".yml", ".json", ".template", ".tf", *_CODE_SUFFIXES})


def split_target(target: str) -> tuple[Path, str | None] | None:
    """Return the path and the function of a target such as template.yaml:Orders; None if it names no path."""
    path = Path(target).expanduser()
    if path.exists():
        return path, None
    before, colon, logical_id = target.rpartition(":")
    if not colon or not before:
        return (path, None) if path.suffix in _FILE_SUFFIXES else _handler_file(target)
    path = Path(before).expanduser()
    # A folder's bare name with a colon is a function and its alias.
    is_file = path.is_file() or path.suffix in _FILE_SUFFIXES
    is_folder = path.is_dir() and (before in {".", ".."} or "/" in before or os.sep in before)
    return (path, logical_id) if is_file or is_folder else None


def _handler_file(target: str) -> tuple[Path, str | None] | None:
    """Return the file and the function of a handler as Lambda has it, app.handler; None if there is no such file."""
    module, dot, name = target.rpartition(".")
    files = (Path(f"{module}{suffix}").expanduser() for suffix in _CODE_SUFFIXES)
    return next(((file, name) for file in files if dot and name and file.is_file()), None)


def projects_at(path: Path, given: Mapping[str, str] | None = None) -> list[Project]:
    """Return the projects that a file is, or that a folder holds.

    Args:
        path: The file or folder.
        given: Values of parameters, over which a template may make functions in a loop.

    Raises:
        CliError: The file does not exist or is none.
    """
    if path.is_dir():
        return list(_projects_in(path, given or {}))
    if not path.exists():
        raise CliError(
            f"There is no file {str(path)!r}: give a template, a folder of code, or a function's name or ARN."
        )
    return [_reader_of(path, given or {})(path)]


def choose(projects: list[Project], logical_id: str | None, place: Path) -> tuple[Project, str]:
    """Return the function that is meant, and its project.

    Raises:
        CliError: It is unknown, or several can be meant; the message lists them.
    """
    everything = [(project, name) for project in projects for name in project.functions]
    if not projects:
        raise CliError(f"{place} has no template: name the template, or the folder that has it.")
    if not everything:
        files = ", ".join(str(project.file) for project in projects)
        raise CliError(f"{files}: there is no Lambda function in it.")
    if logical_id is None:
        if len(everything) == 1:
            return everything[0]
        raise CliError(f"{_there_are(everything, place)} Choose one:{commands(everything)}")
    found = [(project, name) for project, name in everything if name == logical_id]
    found = found or [pair for pair in everything if short_name(pair[1]) == logical_id]
    if len(found) == 1:
        return found[0]
    if found:
        raise CliError(f"{logical_id} is in several templates. Choose one:{commands(found)}")
    raise CliError(f"{place} has no function {logical_id!r}. It has:{commands(everything)}")


def short_name(function: str) -> str:
    """Return what people call a function: without CDK's hash, and of Terraform's address the part that tells."""
    if match := _INSTANCE.fullmatch(function):
        return match["key"] or f"{short_name(match['of'])}-{match['number']}"
    parts = [part for part in function.split(".") if part not in _OF_AN_ADDRESS] or [function]
    return cdk_project.without_hash(parts[-1])


def explain_nothing(folder: Path) -> None:
    """Say why what a folder has is nothing to tune: its template is none, or a program has to write it first.

    Raises:
        CliError: It has such a file.
    """
    for name in TEMPLATE_NAMES:
        if (folder / name).is_file():
            choose([SamProject.read(folder / name)], None, folder)
    for name in serverless_project.PROGRAMS:
        if (folder / name).is_file():
            raise CliError(_to_print(folder / name))
    if said := without_functions(folder):
        raise CliError(said)
    if (folder / "cdk.json").is_file():
        raise CliError(f"{folder} has a CDK app and no {cdk_project.OUTPUT}. Make it, and tune again:\n  cdk synth")


def elsewhere(folder: Path) -> str:
    """Return what there is to tune in the folders below a folder, as commands; empty if there is nothing."""
    found: list[tuple[Project, str]] = []
    level = [folder]
    for _ in range(_MOST_LEVELS):
        inside = [each for above in level for each in sorted(above.iterdir()) if may_have_projects(each)]
        level = []
        for each in inside[:_MOST_FOLDERS]:
            functions = [(project, name) for project in sound_projects_in(each) for name in project.functions]
            found += functions
            level += [] if functions else [each]
    return commands(found)


def may_have_projects(place: Path) -> bool:
    """Return whether a place is a folder in which people keep sources."""
    return place.is_dir() and not place.name.startswith(".") and place.name not in _NOT_PROJECTS


def named_here(name: str) -> str:
    """Return the command that tunes a function of this name in the project of this folder; empty if it has none.

    Names of CDK's constructs are known without the hash, and behind that of their stack (Shop/Orders, Shop:Orders).
    """
    last = re.split("[/:]", name)[-1]
    found = [
        (project, each)
        for project in sound_projects_in(Path())
        for each in project.functions
        if last in {each, short_name(each)}
    ]
    said = f"\n{last} is a function of this folder's project. On this machine it is tuned by"
    return said + commands(found) if found else ""


def sound_projects_in(folder: Path) -> list[Project]:
    """Return the projects of a folder; none if one of them is broken, or if what reads it is not installed."""
    try:
        return list(_projects_in(folder, {}))
    except (CliError, ModuleNotFoundError):
        return []


def _projects_in(folder: Path, given: Mapping[str, str]) -> Iterator[Project]:
    for name in TEMPLATE_NAMES:
        for file in with_nested(folder / name):
            if looks_like_template(file, given):
                yield SamProject.read(file, given)
    for name in serverless_project.FILE_NAMES:
        if (folder / name).is_file():
            yield ServerlessProject.read(folder / name)
    output = folder if folder.resolve().name == cdk_project.OUTPUT else folder / cdk_project.OUTPUT
    for file in sorted(output.rglob(f"*{cdk_project.SUFFIX}")) if output.is_dir() else []:
        if looks_like_template(file):
            yield CdkProject.read(file)
    if declared_in := terraform_file(folder):
        yield TerraformProject.read(declared_in, given)


def _reader_of(file: Path, given: Mapping[str, str]) -> Callable[[Path], Project]:
    if file.name.endswith(cdk_project.SUFFIX):
        return CdkProject.read
    if file.name in serverless_project.PROGRAMS:
        raise CliError(_to_print(file))
    if file.suffix == terraform_module.SUFFIX:
        return lambda declared_in: TerraformProject.read(declared_in, given)
    if file.name.startswith("serverless"):
        return ServerlessProject.read
    return lambda template: SamProject.read(template, given)


def _to_print(file: Path) -> str:
    return f"{file} is a program. Write what it means to a file, and tune that:\n  serverless print > serverless.yml"


def _there_are(functions: list[tuple[Project, str]], place: Path) -> str:
    return f"{place} has {len(functions)} functions."


def commands(functions: list[tuple[Project, str]]) -> str:
    """Return the commands that tune functions, a line each."""
    shown = [f"\n  power-tuner tune {shlex.quote(f'{project.file}:{name}')}" for project, name in functions]
    more = len(shown) - _MOST_COMMANDS
    return "".join(shown[:_MOST_COMMANDS]) + (f"\n  ... and {more} more" if more > 0 else "")
