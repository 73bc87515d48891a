"""What the transform AWS::LanguageExtensions does to a template: loops, Fn::Length and Fn::ToJsonString."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from power_tuner_cli.errors import CliError

TRANSFORM = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")


def with_extensions(document: dict[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return a template without what the transform stands for, if it has it.

    Args:
        document: The template.
        given: Values of its parameters; the others have their defaults.

    Raises:
        CliError: A loop is malformed, or goes over what is not known here.
    """
    named = document.get("Transform")
    transforms = named if isinstance(named, list) else [named]
    if TRANSFORM not in transforms:
        return document
    rest = [each for each in transforms if each != TRANSFORM]
    declared = document.get("Parameters")
    defaults = {
        name: each.get("Default")
        for name, each in (declared if isinstance(declared, dict) else {}).items()
        if isinstance(each, dict)
    }
    parameters = {**defaults, **{name: given[name] for name in defaults.keys() & given.keys()}}
    found: dict[str, Any] = _expanded({key: each for key, each in document.items() if key != "Transform"}, parameters)
    return {**found, **({"Transform": rest} if rest else {})}


def _expanded(node: Any, parameters: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_expanded(each, parameters) for each in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"Fn::Length"}:
        return len(_items(node["Fn::Length"], parameters, "Fn::Length"))
    if node.keys() == {"Fn::ToJsonString"}:
        return _json_string(_expanded(node["Fn::ToJsonString"], parameters))
    found: dict[str, Any] = {}
    for key, each in node.items():
        if key.startswith(_LOOP):
            found |= dict(_repeated(key, each, parameters))
        else:
            found[key] = _expanded(each, parameters)
    return found


def _repeated(name: str, loop: Any, parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what a loop makes, with its variable filled in."""
    match loop:
        case [str(variable), values, dict(body)]:
            for value in _items(values, parameters, name):
                yield from _expanded(_filled(body, variable, value), parameters).items()
        case _:
            raise CliError(f"{name} is no loop: it is to be a variable, a list and what is repeated.")


def _items(values: Any, parameters: Mapping[str, Any], name: str) -> list[Any]:
    match values:
        case list():
            return values
        case {"Ref": str(parameter)} if parameter in parameters:
            if isinstance(text := parameters[parameter], str):
                return [each.strip() for each in text.split(",")]
            raise CliError(f"{name} is over the parameter {parameter}. Give its value: --parameter {parameter}=A,B")
        case {"Fn::Split": [str(separator), str(text)]}:
            return text.split(separator)
    raise CliError(f"{name} is of {json.dumps(values)[:80]}, which is not known here. Write the list out.")


def _filled(node: Any, variable: str, value: Any) -> Any:
    """Return a value with a loop's variable filled in; &{NAME} leaves out what a logical id cannot have."""
    if isinstance(node, list):
        return [_filled(each, variable, value) for each in node]
    if isinstance(node, dict):
        if node == {"Ref": variable}:
            return value
        return {_filled(key, variable, value): _filled(each, variable, value) for key, each in node.items()}
    if not isinstance(node, str):
        return node
    plain = node.replace(f"&{{{variable}}}", _NOT_ALPHANUMERIC.sub("", str(value)))
    return plain.replace(f"${{{variable}}}", str(value))


def _json_string(value: Any) -> Any:
    """Return a value as JSON in text, with what CloudFormation is to fill in."""
    variables: dict[str, Any] = {}

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(each) for each in node]
        if isinstance(node, dict):
            if len(node) == 1 and next(iter(node)).startswith(("Ref", "Fn::")):
                variables[f"Value{len(variables)}"] = node
                return f"${{Value{len(variables) - 1}}}"
            return {key: plain(each) for key, each in node.items()}
        return node.replace("${", "${!") if isinstance(node, str) else node

    text = json.dumps(plain(value), separators=(",", ":"))
    return {"Fn::Sub": [text, variables]} if variables else text.replace("${!", "${")
