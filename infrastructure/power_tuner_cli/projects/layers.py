"""Layers of a function that the local AWS cannot get, told before anything is deployed."""

from collections.abc import Iterator, Mapping
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.template_file import global_function


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
        arn = each.get("Fn::Sub", "") if isinstance(each, dict) else each
        if isinstance(arn, str) and arn.startswith("arn:"):
            yield (
                f"{arn}. What helps: get its zip file (its address is what `aws lambda get-layer-version-by-arn "
                f"--query Content.Location --output text --arn {arn}` prints), make it an AWS::Serverless::LayerVersion"
                " of the template with the file as its ContentUri, and refer to that."
            )
        elif isinstance(each, dict) and isinstance(each.get("Ref"), str):
            yield from _elsewhere(document, each["Ref"])


def _elsewhere(document: Mapping[str, Any], name: str) -> Iterator[str]:
    body = document["Resources"].get(name)
    if body is None:
        return
    content = body["Properties"].get("ContentUri" if "Serverless" in body["Type"] else "Content")
    if not isinstance(content, str) or content.startswith("s3://"):
        yield f"{name}, which is in S3. What helps: name a folder or a zip file of this machine as its content."


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
