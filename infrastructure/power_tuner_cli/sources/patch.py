"""The memory size of a function in the file that declares it: changed in place, and nothing else of the file."""

from pathlib import PurePath
from typing import TYPE_CHECKING

from power_tuner_cli.errors import CliError
from power_tuner_cli.sources.cdk import functions_of_python, functions_of_typescript
from power_tuner_cli.sources.declared import changed
from power_tuner_cli.sources.templates import functions_of_template
from power_tuner_cli.sources.terraform import functions_of_terraform

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_cli.sources.declared import DeclaredFunction

_READERS: "dict[str, Callable[[str, str], list[DeclaredFunction]]]" = {
    ".tf": functions_of_terraform,
    ".tofu": functions_of_terraform,
    ".ts": functions_of_typescript,
    ".mts": functions_of_typescript,
    ".js": functions_of_typescript,
    ".mjs": functions_of_typescript,
    ".cjs": functions_of_typescript,
    ".py": functions_of_python,
}
_UNREAD = frozenset({".cs", ".go", ".java", ".kt", ".tsx", ".jsx"})


def patched(text: str, *, file_name: str, deployed: str, entry: str | None, from_mb: int, to_mb: int) -> str:
    """Return a file that declares functions with another memory size of one of them.

    Args:
        text: The file: a SAM or CloudFormation template, a serverless.yml, Terraform, or CDK in TypeScript, JavaScript
            or Python.
        file_name: Its name; how it ends says what it is.
        deployed: The name of the function as it is deployed.
        entry: What the file calls it; None to find it by its name.
        from_mb: The memory size that was measured as today's.
        to_mb: The memory size to write.

    Raises:
        CliError: The file is none of these, or the function cannot be changed safely.
    """
    ending = PurePath(file_name).suffix.lower()
    if ending in _UNREAD:
        raise CliError(f"Files that end with {ending} are not read: change the memory size by hand.")
    functions = _READERS.get(ending, functions_of_template)(text, deployed)
    return changed(text, functions, deployed=deployed, entry=entry, from_mb=from_mb, to_mb=to_mb)
