"""The function that a folder without a template is: its runtime and its handler, by the files that are there."""

import shlex
import sys
from pathlib import Path

from power_tuner_cli.errors import CliError
from power_tuner_cli.handlers_in_code import (
    TYPESCRIPT,
    USUAL_NAMES,
    as_handlers,
    handlers_in,
    likely_handlers,
    to_compile,
)
from power_tuner_cli.projects.cdk_project import OUTPUT
from power_tuner_cli.projects.finding import elsewhere, explain_nothing
from power_tuner_cli.projects.surroundings import projects_above

_PYTHON, _NODE, _OWN = f"python3.{sys.version_info.minor}", "nodejs22.x", "provided.al2023"
_RUNTIMES = {".py": _PYTHON, ".mjs": _NODE, ".js": _NODE, ".cjs": _NODE}
_DEFAULTS = {"app.handler": (".py",), "index.handler": (".mjs", ".js", ".cjs")}
_BOOTSTRAP = "bootstrap"
_NOT_CODE = frozenset({"tests", "test", "node_modules", "venv", "build", "dist"})
_MOST_FOLDERS = 12


def find_function(folder: Path, handler: str | None) -> tuple[str, str]:
    """Return the runtime and the handler of a folder's function.

    Args:
        folder: The folder of code.
        handler: FILE.FUNCTION, as it was given; without one, what the files' names say.

    Raises:
        CliError: There is none; the message says what would be one.
    """
    if (folder / _BOOTSTRAP).is_file():
        return _OWN, handler or _BOOTSTRAP
    if not handler and (found := likely_handlers(folder)):
        handler = _only(list(as_handlers(folder, found)), folder)
    for named, suffixes in {handler: tuple(_RUNTIMES)}.items() if handler else _DEFAULTS.items():
        for suffix in suffixes:
            if _module(named, suffix) and (folder / f"{_module(named, suffix)}{suffix}").is_file():
                return _RUNTIMES[suffix], named
    raise CliError(_nothing(folder, handler))


def is_code(path: Path) -> bool:
    """Return whether a path is that of a file of code, as its name says."""
    return path.suffix in _RUNTIMES


def handler_of(file: Path, name: str | None) -> str:
    """Return the handler in a file of code: FILE.FUNCTION, as its folder's function has it.

    Raises:
        CliError: There is no such file, or it shows no handler or several and none is named.
    """
    if not file.is_file():
        raise CliError(f"There is no file {str(file)!r}.")
    found = [name] if name else handlers_in(file)
    if not found:
        raise CliError(
            f"{file} shows no handler, a function that takes an event. Name it:\n"
            f"  power-tuner tune {shlex.quote(f'{file}:FUNCTION')}"
        )
    usual = [each for each in found if each in USUAL_NAMES] or found
    if len(usual) > 1:
        options = "".join(f"\n  power-tuner tune {shlex.quote(f'{file}:{each}')}" for each in usual)
        raise CliError(f"{file} has {len(usual)} handlers. Choose one:{options}")
    return f"{file.stem}.{usual[0]}"


def _code_inside(folder: Path) -> str:
    """Return the folders of a folder that have a handler, as commands."""
    inside = [each for each in sorted(folder.iterdir()) if each.is_dir() and not each.name.startswith(".")]
    found = [each for each in inside if each.name not in _NOT_CODE and likely_handlers(each)][:_MOST_FOLDERS]
    return "".join(f"\n  power-tuner tune {shlex.quote(str(each))}" for each in found)


def _only(handlers: list[str], folder: Path) -> str:
    if len(handlers) > 1:
        options = "".join(f"\n  --handler {shlex.quote(each)}" for each in handlers)
        raise CliError(f"{folder} has {len(handlers)} handlers. Choose one:{options}")
    return handlers[0]


def _module(handler: str, suffix: str) -> str:
    """Return the path of a handler's module; only Python separates its folders with dots too."""
    if suffix == ".py":
        return handler.rpartition(".")[0].replace(".", "/")
    folder, slash, named = handler.rpartition("/")
    module = named.partition(".")[0]
    return f"{folder}{slash}{module}" if module else ""


def _nothing(folder: Path, handler: str | None) -> str:
    if handler:
        module = handler.rpartition(".")[0]
        return (
            f"--handler {handler!r}: there is no file {module}.py, .js, .mjs or .cjs in {folder}. "
            "Give the handler as FILE.FUNCTION."
        )
    explain_nothing(folder)
    sources = [file for place in (folder, folder / "src") for suffix in TYPESCRIPT for file in place.glob(f"*{suffix}")]
    if written := next((file for file in sorted(sources) if handlers_in(file)), None):
        return to_compile(written)
    if inside := elsewhere(folder) + _code_inside(folder):
        advice = f"In its folders there is:{inside}"
    elif above := projects_above(folder):
        advice = f"In the folders above there is:{above}"
    else:
        advice = "Another handler is given with --handler FILE.FUNCTION."
    return (
        f"There is nothing to tune in {folder}: no template.yaml, no serverless.yml, no {OUTPUT} of CDK, no function "
        f"in .tf files, no file of Python or JavaScript with a handler, and no executable {_BOOTSTRAP}. {advice}"
    )
