"""The environment variables of a function of a template."""

from collections.abc import Callable, Mapping
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.template_file import global_function


def set_environment(document: dict[str, Any], logical_id: str, environment: Mapping[str, str]) -> None:
    """Put values into a function's environment, in place of those of the template.

    Raises:
        CliError: The template writes the environment in another way than as names with values.
    """
    if not environment:
        return
    properties = document["Resources"][logical_id]["Properties"]
    for name in environment:
        _variables(global_function(document), "Globals").pop(name, None)
    own = _variables(properties, logical_id)
    properties["Environment"] = {"Variables": {**own, **environment}}


def _variables(properties: Mapping[str, Any], owner: str) -> dict[str, Any]:
    section = properties.get("Environment") or {}
    found = section.get("Variables") or {} if isinstance(section, dict) else section
    if not isinstance(found, dict) or any(name.startswith("Fn::") for name in found):
        raise CliError(f"--env: the Environment of {owner} has no plain Variables that a value could be put into.")
    return found


def variables_with(document: Mapping[str, Any], logical_id: str, holds: Callable[[Any], bool]) -> list[str]:
    """Return the names of the function's variables whose value holds something."""
    found: dict[str, Any] = {}
    for properties in (global_function(document), document["Resources"][logical_id]["Properties"]):
        section = properties.get("Environment")
        values = section.get("Variables") if isinstance(section, dict) else None
        found |= values if isinstance(values, dict) else {}
    return [name for name, value in found.items() if holds(value)]
