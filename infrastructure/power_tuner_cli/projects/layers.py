"""Layers of a function that the local AWS cannot get: given by options, or told before anything is deployed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.template_file import global_function

# Of its public layers: https://docs.powertools.aws.dev/lambda/python/latest/getting-started/install/
_POWERTOOLS = "AWSLambdaPowertoolsPython"
_NAME = re.compile(r":layer:([^:]+)")


def read_layers(pairs: Sequence[str]) -> dict[str, Path | None]:
    """Return the content of --layer options of the form NAME=PATH; None for those that are to be left out.

    Raises:
        CliError: One has no name or no equals sign, or its path is not there.
    """
    layers: dict[str, Path | None] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise CliError(f"--layer {pair!r}: give it as NAME=FOLDER_OR_ZIP, or as NAME= to leave the layer out.")
        if text and not Path(text).expanduser().exists():
            raise CliError(f"--layer {pair!r}: there is no {text}.")
        layers[name] = Path(text).expanduser() if text else None
    return layers


def put_layers(document: dict[str, Any], logical_id: str, given: Mapping[str, Path | None]) -> None:
    """Put content of this machine in place of a function's layers, known by a part of their ARN or reference.

    Raises:
        CliError: A name is that of no layer of the function, or of several.
    """
    sections = [global_function(document), document["Resources"][logical_id]["Properties"]]
    for number, (name, content) in enumerate(given.items(), 1):
        layers = {_shown(each): each for section in sections for each in _list(section.get("Layers"))}
        meant = [shown for shown, each in layers.items() if name in json.dumps(each)]
        if not meant:
            raise CliError(f"--layer {name}: {logical_id} has no such layer. It has: {', '.join(layers) or 'none'}.")
        if len(meant) > 1:
            raise CliError(f"--layer {name}: give more of the name, which is a part of {' and of '.join(meant)}.")
        own = f"GivenLayer{number}"
        if content:
            properties = {"Content": str(content.resolve())}
            document["Resources"][own] = {"Type": "AWS::Lambda::LayerVersion", "Properties": properties}
        for section in sections:
            if isinstance(section.get("Layers"), list):
                replaced = [{"Ref": own} if name in json.dumps(each) else each for each in section["Layers"]]
                section["Layers"] = [each for each in replaced if content or each != {"Ref": own}]


def require_layers(document: Mapping[str, Any], logical_id: str) -> None:
    """Refuse a function with a layer whose content is not on this machine.

    Raises:
        CliError: It has one; the message says what would help.
    """
    if problems := list(_problems(document, logical_id)):
        told = "\n".join(f"  {each}" for each in problems)
        raise CliError(f"{logical_id} has layers whose content is not on this machine:\n{told}")


def _problems(document: Mapping[str, Any], logical_id: str) -> Iterator[str]:
    properties = document["Resources"][logical_id]["Properties"]
    shared = global_function(document).get("Layers")
    for each in [*_list(shared), *_list(properties.get("Layers"))]:
        arn = _text_of(each, document.get("Parameters") or {})
        if arn.startswith("arn:"):
            yield _what_helps(arn)
        elif isinstance(each, dict) and isinstance(each.get("Ref"), str):
            yield from _elsewhere(document, each["Ref"])


def _text_of(layer: Any, parameters: Mapping[str, Any]) -> str:
    """Return an ARN with what AWS fills in as in Fn::Sub; empty for what is none."""
    match layer:
        case str():
            return layer
        case {"Fn::Sub": str(text)}:
            return text
        case {"Fn::Join": ["", list(parts)]}:
            return "".join(each if isinstance(each, str) else f"${{{each.get('Ref')}}}" for each in parts)
        case {"Ref": str(name)}:
            return str(parameters.get(name, {}).get("Default", ""))
    return ""


def _what_helps(arn: str) -> str:
    match = _NAME.search(arn)
    name = match[1] if match else arn
    if name.startswith(_POWERTOOLS):
        install = "python -m pip install 'aws-lambda-powertools[all]' -t powertools/python"
        how = f"`{install}` and --layer {name}=powertools"
    else:
        fetch = f"aws lambda get-layer-version-by-arn --query Content.Location --output text --arn {arn}"
        how = f"--layer {name}=FILE with its zip file, whose address is what `{fetch}` prints"
    return f"{arn}. What helps: {how}; or --layer {name}= to do without it."


def _shown(layer: Any) -> str:
    return layer if isinstance(layer, str) else json.dumps(layer)


def _elsewhere(document: Mapping[str, Any], name: str) -> Iterator[str]:
    body = document["Resources"].get(name)
    if body is None:
        return
    content = body["Properties"].get("ContentUri" if "Serverless" in body["Type"] else "Content")
    if not isinstance(content, str) or content.startswith("s3://"):
        yield f"{name}, which is in S3. What helps: name a folder or a zip file of this machine as its content."


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
