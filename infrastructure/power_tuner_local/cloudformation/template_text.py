"""The text of a template, YAML or JSON, read by parsers written in C: those in Python take a second for a large one."""

import json
from typing import Any

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C where the library was built
    """Reads the short forms of CloudFormation's functions, such as !Ref, as SAM does."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def read(text: str) -> Any:
    """Return what a text says; JSON is YAML, too.

    Raises:
        YAMLError: It is neither.
    """
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            pass
    return yaml.load(text, _Loader)  # noqa: S506 (a loader of safe values) # nosec B506
