"""Values of a template's parameters that `sam deploy` would take from its configuration file."""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from power_tuner_cli.errors import CliError

# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
_FILE_NAMES = ("samconfig.toml", "samconfig.yaml", "samconfig.yml")
_ENVIRONMENT = "default"
_COMMANDS = ("global", "deploy")
_OVERRIDES = "parameter_overrides"
# The longer of the two forms that --parameter-overrides of `sam deploy` takes.
_LONG_FORM = re.compile(r"ParameterKey=(?P<key>[^,]+),ParameterValue=(?P<value>.*)", re.DOTALL)
# Such a parameter has the name of a value here, and the value only in the account.
_STORED = "AWS::SSM::Parameter::Value"


def configuration_in(folder: Path) -> Path | None:
    """Return a folder's configuration file of the SAM CLI; None if it has none."""
    return next((file for file in map(folder.joinpath, _FILE_NAMES) if file.is_file()), None)


def configured_parameters(file: Path, document: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that a configuration file gives the parameters of a template.

    Raises:
        CliError: The file is neither TOML nor YAML, as its name says.
    """
    declared: Mapping[str, Any] = document.get("Parameters") or {}
    return {
        key: value
        for key, value in _overrides(file)
        if key in declared and not str(declared[key].get("Type")).startswith(_STORED)
    }


def _overrides(file: Path) -> Iterator[tuple[str, str]]:
    try:
        text = file.read_text("utf-8-sig")
        document: Any = tomllib.loads(text) if file.suffix == ".toml" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise CliError(f"{file} cannot be read: {error}") from None
    configured = document.get(_ENVIRONMENT) if isinstance(document, dict) else None
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
