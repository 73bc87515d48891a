"""How this command was installed: its version, the application that travels with it, and what is missing."""

import json
import shlex
import sys
from importlib import metadata, resources
from importlib.util import find_spec
from pathlib import Path

from power_tuner_cli.errors import CliError
from power_tuner_cli.exit_codes import ExitCode

_DISTRIBUTION = "lambda-power-tuner"
_REPOSITORY = Path(__file__).resolve().parents[2]
_AGENTS = ("mcp", "the server for coding agents")
_SOURCES = ("patch", "the reader of Terraform and CDK sources")
_EXTRAS = {
    "mcp": _AGENTS,
    "mcp_types": _AGENTS,
    "tree_sitter": _SOURCES,
    "tree_sitter_hcl": _SOURCES,
    "tree_sitter_python": _SOURCES,
    "tree_sitter_typescript": _SOURCES,
}
_LOCAL = ("local", "the local AWS")
_OWN_PACKAGES = frozenset({"power_tuner", "power_tuner_cli", "power_tuner_local"})


def application_folder() -> Path:
    """Return the folder of template.yaml and all that it names: the repository, or what travelled in the wheel."""
    if (_REPOSITORY / "template.yaml").is_file():
        return _REPOSITORY
    return Path(str(resources.files("power_tuner_cli") / "application"))


def version() -> str:
    """Return the version of this command."""
    return metadata.version(_DISTRIBUTION)


def require_local_extra() -> None:
    """Check that the local AWS is installed, before a process of its own is started for it.

    Raises:
        ModuleNotFoundError: It is not; `explain_missing_package` says what to type.
    """
    if find_spec("moto") is None:
        raise ModuleNotFoundError(name="moto")


def explain_missing_package(error: ModuleNotFoundError) -> CliError | None:
    """Return the error for people that a package which is not installed stands for; None if it is one of our own."""
    package = (error.name or "").partition(".")[0]
    if not package or package in _OWN_PACKAGES:
        return None
    extra, what = _EXTRAS.get(package, _LOCAL)
    return CliError(
        f"This needs {what}, which is not installed (no package {package!r}). Install it with:\n"
        f"  {install_command(extra, sys.prefix, sys.executable, _direct_url())}",
        ExitCode.UNREACHABLE,
    )


def install_command(extra: str, prefix: str, interpreter: str, direct_url: str | None) -> str:
    """Return the command that adds an extra to this installation.

    Args:
        extra: The extra's name.
        prefix: The folder of the environment.
        interpreter: Its Python.
        direct_url: Where the command was installed from; None for a package index.
    """
    wanted = f"{_DISTRIBUTION}[{extra}]" + (f" @ {direct_url}" if direct_url else "")
    folders = Path(prefix).parts
    if "pipx" in folders:
        return f"pipx install --force {shlex.quote(wanted)}"
    if "uv" in folders and "tools" in folders:
        return f"uv tool install --force {shlex.quote(wanted)}"
    return f"{shlex.quote(interpreter)} -m pip install {shlex.quote(wanted)}"


def _direct_url() -> str | None:
    """Return the address that pip noted when it installed a file or a folder."""
    noted = metadata.distribution(_DISTRIBUTION).read_text("direct_url.json")
    return str(json.loads(noted)["url"]) if noted else None
