"""Template files: read, and told from files that are something else."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.language_extensions import with_extensions

SAM_TRANSFORM = "AWS::Serverless-2016-10-31"
FUNCTION_TYPES = frozenset({"AWS::Serverless::Function", "AWS::Lambda::Function"})
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Globals", "Outputs")
# Files that are met under a template's name or beside it, by keys that they have.
_OTHER_FILES = {
    ("functions", "provider"): "it is a file of the Serverless Framework, which has to be named serverless.yml",
    ("openapi",): "it describes an HTTP API",
    ("swagger",): "it describes an HTTP API",
    ("services",): "it is a file of Docker Compose",
    ("StartAt", "States"): "it is a state machine",
    ("apiVersion", "kind"): "it is a Kubernetes object",
}


def read_document(file: Path) -> Any:
    """Return what a YAML or JSON file holds, with the short forms of CloudFormation's functions written out.

    Raises:
        CliError: It cannot be read, or is neither.
    """
    from samtranslator.yaml_helper import yaml_parse
    from yaml import YAMLError

    try:
        text = file.read_text("utf-8-sig")
        document = yaml_parse(text)  # type: ignore[no-untyped-call]
        # Without dates: YAML reads `Version: 2012-10-17` as one.
        return json.loads(json.dumps(document, default=str))
    except OSError as error:
        raise CliError(f"{file} cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise CliError(f"{file} is not text in UTF-8: give a template in YAML or JSON.") from None
    except (YAMLError, TypeError, ValueError, RecursionError) as error:
        raise CliError(f"{file} is neither YAML nor JSON ({_one_line(error)}).") from None


def read_template(file: Path, given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the document of a template, whose loops go over the values that were given for its parameters.

    Raises:
        CliError: The file holds something else; the message says what.
    """
    document = read_document(file)
    if not isinstance(document, dict):
        raise CliError(f"{file} is not a template: it holds {_kind(document)}. A template has Resources.")
    document = with_extensions(document, given or {})
    resources = document.get("Resources")
    if not isinstance(resources, dict) or not resources:
        raise CliError(f"{file} is not a template: {_what_it_is(document)}. A template has Resources.")
    for logical_id, body in resources.items():
        if logical_id.startswith("Fn::ForEach"):
            raise CliError(
                f"{file}: {logical_id} makes resources in a loop, for which the template lacks the Transform "
                "AWS::LanguageExtensions."
            )
        if not isinstance(body, dict) or not isinstance(body.get("Type"), str):
            raise CliError(f"{file}: the resource {logical_id} has no Type.")
        if not isinstance(body.setdefault("Properties", {}), dict):
            raise CliError(f"{file}: the Properties of {logical_id} are {_kind(body['Properties'])}, not an object.")
    _check_sections(file, document)
    return document


def looks_like_template(file: Path, given: Mapping[str, str] | None = None) -> bool:
    """Return whether a file is a template with a function in it, or would be one if it were sound."""
    try:
        resources = read_template(file, given)["Resources"]
    except CliError:
        return file.is_file() and b"AWS::" in file.read_bytes()
    return any(body["Type"] in FUNCTION_TYPES for body in resources.values())


def global_function(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what SAM's Globals say of every function."""
    found = document.get("Globals")
    section = found.get("Function") if isinstance(found, dict) else None
    return section if isinstance(section, dict) else {}


def _check_sections(file: Path, document: dict[str, Any]) -> None:
    """Check that the other sections are objects of objects; leave empty ones out."""
    for name in _SECTIONS:
        section = document.get(name) or {}
        if not isinstance(section, dict):
            raise CliError(f"{file}: {name} is {_kind(section)}, not an object.")
        for key, value in section.items():
            if not isinstance(value, dict):
                raise CliError(f"{file}: {name} has {_kind(value)} as {key}, not an object.")
        if name in document:
            document[name] = section


def _what_it_is(document: Mapping[str, Any]) -> str:
    for keys, words in _OTHER_FILES.items():
        if document.keys() >= set(keys):
            return words
    names = ", ".join(sorted(map(str, document))[:5])
    return f"its keys are {names}" if names else "it is empty"


def _kind(value: Any) -> str:
    if value is None:
        return "nothing"
    return {list: "a list", str: "text", bool: "a truth value", int: "a number", float: "a number"}.get(
        type(value), "an object"
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
