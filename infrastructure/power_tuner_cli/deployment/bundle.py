"""The deployment bundle: code, layer and state machines as objects, and a template that refers to them."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from power_tuner_cli.deployment.template import with_locations
from power_tuner_local.cloudformation.deployment_packages import digest, zip_folder

_TEMPLATE_KEY = "template.yaml"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is uploaded.

    Attributes:
        objects: The content of each object, by its key; a key tells its content.
        template_key: The key of the template.
        template: The template, whose local files are these objects.
    """

    objects: Mapping[str, bytes]
    template_key: str
    template: str


def make_bundle(application: Path, layer: Path, bucket: str, prefix: str) -> Bundle:
    """Return the bundle of an application.

    Args:
        application: The folder of its template.
        layer: The folder of its layer, which is built.
        bucket: The bucket that the objects go to.
        prefix: The first part of their keys, with a slash at its end.
    """
    objects: dict[str, bytes] = {}

    @functools.cache  # all functions share a folder
    def located(of: str, path: str) -> str:
        source = layer if of == "ContentUri" else application / path
        if source.is_file():
            content = source.read_bytes()
            key = f"{prefix}{digest(content)}-{source.name}"
        else:
            key = f"{prefix}{digest(zip_folder(source))}.zip"
            content = objects.get(key) or zip_folder(source, compressed=True)
        objects[key] = content
        return f"s3://{bucket}/{key}"

    text = with_locations((application / _TEMPLATE_KEY).read_text("utf-8"), located)
    text = f"{text.rstrip()}\n{_location(bucket, prefix)}"
    key = f"{prefix}{digest(text.encode())}-{_TEMPLATE_KEY}"
    return Bundle(objects | {key: text.encode()}, key, text)


def _location(bucket: str, prefix: str) -> str:
    """Return the output that tells the next deployment, and `undeploy`, where the objects are; outputs come last."""
    return f"  Artifacts:\n    Description: Where its code was uploaded.\n    Value: s3://{bucket}/{prefix}\n"
