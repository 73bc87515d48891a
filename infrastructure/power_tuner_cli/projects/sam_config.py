"""Values of a template's parameters that `sam deploy` would take from samconfig.toml."""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError

FILE_NAME = "samconfig.toml"
_ENVIRONMENT = "default"
_COMMANDS = ("global", "deploy")
_OVERRIDES = "parameter_overrides"
# The longer of the two forms that --parameter-overrides of `sam deploy` takes.
_LONG_FORM = re.compile(r"ParameterKey=(?P<key>[^,]+),ParameterValue=(?P<value>.*)", re.DOTALL)
# Such a parameter has the name of a value here, and the value only in the account.
_STORED = "AWS::SSM::Parameter::Value"


def configured_parameters(folder: Path, document: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that a folder's samconfig.toml gives the parameters of a template.

    Raises:
        CliError: The file is no TOML.
    """
    declared: Mapping[str, Any] = document.get("Parameters") or {}
    return {
        key: value
        for key, value in _overrides(folder / FILE_NAME)
        if key in declared and not str(declared[key].get("Type")).startswith(_STORED)
    }


def _overrides(file: Path) -> Iterator[tuple[str, str]]:
    if not file.is_file():
        return
    try:
        configured: Any = tomllib.loads(file.read_text("utf-8-sig")).get(_ENVIRONMENT)
    except ValueError as error:
        raise CliError(f"{file} cannot be read: {error}") from None
    for command in _COMMANDS:
        section = configured.get(command) if isinstance(configured, dict) else None
        parameters = section.get("parameters") if isinstance(section, dict) else None
        given = parameters.get(_OVERRIDES) if isinstance(parameters, dict) else None
        try:
            words = shlex.split(given) if isinstance(given, str) else given if isinstance(given, list) else []
        except ValueError as error:
            raise CliError(f"{file}: {_OVERRIDES} of {command} cannot be read: {error}") from None
        for word in map(str, words):
            match = _LONG_FORM.fullmatch(word)
            key, equals, value = (match["key"], "=", match["value"]) if match else word.partition("=")
            if equals:
                yield key, value.strip('"')
