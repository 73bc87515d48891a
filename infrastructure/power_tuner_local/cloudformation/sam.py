"""SAM templates, expanded to CloudFormation with their local files uploaded."""

import functools
import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from power_tuner_local.cloudformation import template_text
from power_tuner_local.cloudformation.deployment_packages import zip_folder
from power_tuner_local.installed_packages import layer_of, requirements_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Upload = Callable[[bytes], tuple[str, str]]
    Archive = Callable[[Path], bytes]

TRANSFORM = "AWS::Serverless-2016-10-31"
_S3_ADDRESS = re.compile(r"https://(?P<bucket>[a-z0-9.-]+)\.s3[.-][a-z0-9.-]*amazonaws\.com(?:\.cn)?/(?P<key>.+)")
_SUBSTITUTION = re.compile(r"\$\{(\w+)\}")


def expand(template: Path, parameters: "Mapping[str, str]", region: str, upload: "Upload") -> dict[str, Any]:
    """Return a template as CloudFormation, with its local files uploaded.

    Args:
        template: A SAM or CloudFormation template, YAML or JSON.
        parameters: The values of its parameters.
        region: The region to deploy to.
        upload: Stores content and returns its bucket and key.
    """
    document: dict[str, Any] = template_text.read(template.read_text(encoding="utf-8"))
    return expand_document(document, template.parent, parameters, region, upload)


def expand_document(
    document: dict[str, Any], root: Path, parameters: "Mapping[str, str]", region: str, upload: "Upload"
) -> dict[str, Any]:
    """Return the document of a template as CloudFormation; its relative paths start at the root."""
    defaults = document.get("Globals", {}).get("Function", {})
    # functions often share a folder
    archive, upload = functools.cache(zip_folder), functools.cache(upload)
    for resource in document.get("Resources", {}).values():
        _upload_local_files(resource, defaults, root, archive, upload)
    if TRANSFORM in _list(document.get("Transform")):
        document = translate(document, parameters, region)
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            substitute_definition(resource["Properties"])
    return document


def _upload_local_files(
    resource: dict[str, Any], defaults: "Mapping[str, Any]", root: Path, archive: "Archive", upload: "Upload"
) -> None:
    """Upload a resource's local files and refer to the uploaded objects instead."""
    properties: dict[str, Any] = resource.setdefault("Properties", {})
    match resource["Type"]:
        case "AWS::Serverless::Function" if "InlineCode" not in properties and "ImageUri" not in properties:
            uri = properties.get("CodeUri", defaults.get("CodeUri", "."))
            if _is_local(uri):
                bucket, key = upload(archive(root / uri))
                properties["CodeUri"] = {"Bucket": bucket, "Key": key}
        case "AWS::Lambda::Function" if _is_local(properties.get("Code")):
            bucket, key = upload(archive(root / properties["Code"]))
            properties["Code"] = {"S3Bucket": bucket, "S3Key": key}
        case "AWS::Serverless::LayerVersion" if _is_local(properties.get("ContentUri")):
            bucket, key = upload(_layer(root / properties["ContentUri"], resource))
            properties["ContentUri"] = {"Bucket": bucket, "Key": key}
        case "AWS::Lambda::LayerVersion" if _is_local(properties.get("Content")):
            bucket, key = upload(archive(root / properties["Content"]))
            properties["Content"] = {"S3Bucket": bucket, "S3Key": key}
        case "AWS::Serverless::StateMachine" if _is_local(properties.get("DefinitionUri")):
            definition = root / properties.pop("DefinitionUri")
            properties["Definition"] = template_text.read(definition.read_text(encoding="utf-8"))


def _layer(place: Path, resource: "Mapping[str, Any]") -> bytes:
    """Return the content of a layer; of one that is still to be built, the packages that are installed here."""
    pins = place / "requirements.txt"
    if "BuildMethod" in resource.get("Metadata", {}) and pins.is_file():
        return layer_of(requirements_in(pins))
    return zip_folder(place)


def _is_local(uri: Any) -> bool:
    return isinstance(uri, str) and not uri.startswith("s3://")


def translate(document: dict[str, Any], parameters: "Mapping[str, str]", region: str) -> dict[str, Any]:
    """Return a SAM template as CloudFormation; its code must lie in S3."""
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns about metrics that it cannot publish
    session = boto3.Session(region_name=region)
    translator = Translator({}, Parser(), boto_session=session)
    translated: dict[str, Any] = translator.translate(document, dict(parameters), get_managed_policy_map=dict)
    return translated


def s3_address(url: str) -> tuple[str, str] | None:
    """Return the bucket and the key of an address in S3; None for others."""
    match = _S3_ADDRESS.fullmatch(url)
    return (match["bucket"], unquote(match["key"])) if match else None


def substitute_definition(properties: dict[str, Any]) -> None:
    """Apply DefinitionSubstitutions to the definition of a state machine.

    moto supports neither them nor `Definition`, and its Fn::Sub would turn `$$` (the context object) into `$`.
    """
    substitutions: dict[str, Any] = properties.pop("DefinitionSubstitutions", {})
    text = properties.get("DefinitionString")
    if "Definition" in properties:
        text = json.dumps(properties.pop("Definition"))
    pieces = text["Fn::Join"][1] if isinstance(text, dict) and "Fn::Join" in text else [text]
    separator = text["Fn::Join"][0] if isinstance(text, dict) and "Fn::Join" in text else ""
    joined: list[Any] = []
    for number, piece in enumerate(pieces):
        if number and separator:
            joined.append(separator)
        joined += _split(piece, substitutions) if isinstance(piece, str) else [piece]
    properties["DefinitionString"] = {"Fn::Join": ["", joined]}


def _split(piece: str, substitutions: "Mapping[str, Any]") -> list[Any]:
    """Split text at its placeholders and insert their values."""
    parts = _SUBSTITUTION.split(piece)
    values = [substitutions.get(name, "${" + name + "}") for name in parts[1::2]]
    return [part for pair in zip(parts[::2], [*values, ""], strict=True) for part in pair if part != ""]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
