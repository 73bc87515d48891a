"""Transforms of a template: what only AWS can expand is refused by name."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.template_file import SAM_TRANSFORM


def check_transforms(document: Mapping[str, Any]) -> None:
    """Refuse a template that has another transform than SAM's.

    Raises:
        CliError: It has one.
    """
    transforms = document.get("Transform") or []
    for name in transforms if isinstance(transforms, list) else [transforms]:
        if name != SAM_TRANSFORM:
            raise CliError(
                f"The template has the transform {_shown(name)}, which only AWS can run. Write out what it makes, "
                "or deploy the function and tune it by its name on AWS."
            )


def transforms_in(node: Any) -> Iterator[str]:
    """Yield the names of the transforms that are written inside a value."""
    if isinstance(node, dict):
        for key, each in node.items():
            if key == "Fn::Transform":
                yield str(each.get("Name")) if isinstance(each, dict) else str(each)
            else:
                yield from transforms_in(each)
    elif isinstance(node, list):
        for each in node:
            yield from transforms_in(each)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return re.sub(r"\s+", " ", text)[:120]
