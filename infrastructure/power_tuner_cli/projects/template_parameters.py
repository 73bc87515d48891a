"""The parameters of a template, and the values that it imports from other stacks."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.account_values import account_values

# Terraform's option -var-file among the values of parameters; several files are separated as in PATH.
VAR_FILE = "var-file"
_STORED = "AWS::SSM::Parameter::Value"


def read_parameters(pairs: Sequence[str], var_files: Sequence[Path] = ()) -> dict[str, str]:
    """Return the values of --parameter options of the form KEY=VALUE, with files of Terraform's variables.

    Raises:
        CliError: One has no key or no equals sign, or a key comes twice.
    """
    values: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise CliError(f"--parameter {pair!r}: give it as KEY=VALUE.")
        if key in values:
            raise CliError(f"--parameter {key} is given twice.")
        values[key] = value
    if var_files:
        values[VAR_FILE] = os.pathsep.join(map(str, var_files))
    return values


def parameter_values(document: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Return the given values of a template's parameters; the others keep their defaults.

    Raises:
        CliError: A parameter has no value, one that is not allowed, or does not exist.
    """
    declared: Mapping[str, Any] = document.get("Parameters") or {}
    names = [_export_name(name, given, document) for name in imports_in(document["Resources"])]
    imported = {name for name in names if isinstance(name, str)}
    elsewhere = imported | account_values(given).keys()
    if VAR_FILE in given:
        raise CliError("--var-file is for Terraform's variables: give a template's parameters with --parameter.")
    if unknown := [key for key in given if key not in declared and key not in elsewhere]:
        there = ", ".join(declared) or "none"
        raise CliError(f"--parameter {', '.join(unknown)}: the template has no such parameter. It has: {there}.")
    missing = [key for key, each in declared.items() if "Default" not in each and key not in given]
    if missing:
        options = " ".join(f"--parameter {key}=VALUE" for key in missing)
        raise CliError(f"The template's parameters {', '.join(missing)} have no default. Give them: {options}")
    for key, value in given.items():
        allowed = [str(each) for each in declared.get(key, {}).get("AllowedValues", ())]
        if allowed and value not in allowed:
            raise CliError(f"--parameter {key}={value}: allowed are {', '.join(allowed)}.")
    return {key: value for key, value in given.items() if key in declared}


def without_stored_values(document: dict[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return a template whose parameters have their values themselves, not the names of values in Systems Manager.

    Raises:
        CliError: Such a value is used and was not given; the account that has it is not this machine.
    """
    from power_tuner_local.cloudformation.template_values import references

    declared: Mapping[str, Any] = document.get("Parameters") or {}
    used = {name for section in ("Resources", "Outputs", "Conditions") for name, _ in references(document.get(section))}
    plain = {}
    for key, each in declared.items():
        kind = str(each.get("Type"))
        if not kind.startswith(_STORED):
            plain[key] = each
        elif key in given:
            plain[key] = {"Type": "CommaDelimitedList" if "List" in kind else "String"}
        elif key in used:
            raise CliError(
                f"The template's parameter {key} has its value in Systems Manager, under {each.get('Default')}, which "
                f"the local AWS does not have. Give the value itself: --parameter {key}=VALUE"
            )
    return {**document, "Parameters": plain}


def substitute_imports(node: Any, given: Mapping[str, str], document: Mapping[str, Any]) -> Any:
    """Return a value with what it imports from other stacks replaced, as far as it was given."""
    if isinstance(node, dict):
        if node.keys() == {"Fn::ImportValue"}:
            name = _export_name(node["Fn::ImportValue"], given, document)
            return given.get(name, {"Fn::ImportValue": name}) if isinstance(name, str) else node
        return {key: substitute_imports(value, given, document) for key, value in node.items()}
    if isinstance(node, list):
        return [substitute_imports(each, given, document) for each in node]
    return node


def imports_in(node: Any) -> Iterator[Any]:
    """Yield the names of exports that a value imports."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Fn::ImportValue":
                yield value
            else:
                yield from imports_in(value)
    elif isinstance(node, list):
        for each in node:
            yield from imports_in(each)


def _export_name(name: Any, given: Mapping[str, str], document: Mapping[str, Any]) -> Any:
    """Return the name of an export with parameters filled in; as it was where that is not enough."""
    if not isinstance(name, dict) or name.keys() != {"Fn::Sub"} or not isinstance(name["Fn::Sub"], str):
        return name
    text = name["Fn::Sub"]
    declared = document.get("Parameters") or {}
    for key, each in declared.items():
        value = given.get(key, each.get("Default"))
        text = text if value is None else text.replace("${" + key + "}", str(value))
    return name if "${" in text else text
