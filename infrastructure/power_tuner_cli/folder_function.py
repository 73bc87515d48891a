"""The function that a folder without a template is: its runtime and its handler, by the files that are there."""

import sys
from pathlib import Path

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.cdk_project import OUTPUT
from power_tuner_cli.projects.finding import elsewhere, explain_nothing

_PYTHON, _NODE, _OWN = f"python3.{sys.version_info.minor}", "nodejs22.x", "provided.al2023"
_RUNTIMES = {".py": _PYTHON, ".mjs": _NODE, ".js": _NODE, ".cjs": _NODE}
_DEFAULTS = {"app.handler": (".py",), "index.handler": (".mjs", ".js", ".cjs")}
_BOOTSTRAP = "bootstrap"


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
    for named, suffixes in {handler: tuple(_RUNTIMES)}.items() if handler else _DEFAULTS.items():
        for suffix in suffixes:
            if _module(named, suffix) and (folder / f"{_module(named, suffix)}{suffix}").is_file():
                return _RUNTIMES[suffix], named
    raise CliError(_nothing(folder, handler))


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
    inside = elsewhere(folder)
    advice = f"In its folders there is:{inside}" if inside else "Another handler is given with --handler FILE.FUNCTION."
    return (
        f"There is nothing to tune in {folder}: no template.yaml, no serverless.yml, no {OUTPUT} of CDK, no app.py or "
        f"index.js with a function `handler`, and no executable {_BOOTSTRAP}. {advice}"
    )
