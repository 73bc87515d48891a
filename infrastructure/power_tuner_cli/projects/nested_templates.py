"""SAM and CloudFormation templates that have others of this machine nested in them, as applications or stacks."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.nested_stacks import APPLICATION, STACK, flattened
from power_tuner_cli.projects.template_file import FUNCTION_TYPES, read_template

# Where the template of a nested stack is named.
_NESTED = {APPLICATION: "Location", STACK: "TemplateURL"}
_PLACES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
    "AWS::Lambda::Function": "Code",
    "AWS::Lambda::LayerVersion": "Content",
}
_SUFFIXES = frozenset({".yaml", ".yml", ".json", ".template"})
_ELSEWHERE = re.compile(r"\w+://")
_ORIGIN = "power-tuner"
_REPOSITORY = ".git"
_MOST_FOLDERS = 6


@dataclass(frozen=True, slots=True)
class WholeTemplate:
    """A template with those nested in it, as far as they are on this machine.

    Attributes:
        names: The logical ids of its functions, by their templates and their logical ids there.
    """

    file: Path
    document: dict[str, Any]
    names: Mapping[tuple[Path, str], str]


def with_nested(file: Path) -> Iterator[Path]:
    """Yield a template and those of this machine that it has as nested applications or stacks, each once."""
    waiting, seen = [file], set()
    while waiting:
        each = waiting.pop(0)
        if each.resolve() in seen or not each.is_file():
            continue
        seen.add(each.resolve())
        yield each
        with contextlib.suppress(CliError):
            bodies = read_template(each)["Resources"].values()
            waiting += [place for body in bodies if (place := _place_of(body, each.parent))]


def whole_template(file: Path, given: Mapping[str, str]) -> WholeTemplate:
    """Return a template with those nested in it, whose code has absolute paths then.

    Args:
        file: The template.
        given: Values of its parameters; those that it does not declare are for the nested ones.

    Raises:
        CliError: One of them cannot be read.
    """
    document = read_template(file, given)
    bodies = document["Resources"].values()
    if not any(place.is_file() for body in bodies if (place := _place_of(body, file.parent))):
        return WholeTemplate(file, document, {(file.resolve(), name): name for name in document["Resources"]})
    own = document.get("Parameters") or {}
    document = _with_nested(document, file, {name: each for name, each in given.items() if name not in own}, ())
    names: dict[tuple[Path, str], str] = {}
    for name, body in document["Resources"].items():
        if body["Type"] in FUNCTION_TYPES:
            place, inner = body["Metadata"].pop(_ORIGIN)
            names.setdefault((Path(place), inner), name)
    return WholeTemplate(file, document, names)


def outermost(file: Path) -> Path:
    """Return the template, of this folder or those above, that has one nested in it, however deep; else that one."""
    found, wanted = file, file.resolve()
    for folder in wanted.parents[:_MOST_FOLDERS]:
        for each in sorted(folder.iterdir()) if folder != Path.home() else ():
            if each.suffix in _SUFFIXES and each != wanted and _mentions(each, found.resolve()):
                holds = wanted in {place.resolve() for place in with_nested(each)}
                found = Path(os.path.relpath(each)) if holds else found
        if (folder / _REPOSITORY).exists():
            break
    return found


def _mentions(file: Path, other: Path) -> bool:
    try:
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    return other.name in text and any(kind in text for kind in _NESTED)


def _place_of(body: Mapping[str, Any], folder: Path) -> Path | None:
    """Return where the template of a nested stack is to be; None for other resources, and for what lies elsewhere."""
    place = body["Properties"].get(_NESTED.get(body["Type"], ""))
    return folder / place if isinstance(place, str) and not _ELSEWHERE.match(place) else None


def _with_nested(
    document: dict[str, Any], file: Path, given: Mapping[str, str], above: tuple[Path, ...]
) -> dict[str, Any]:
    """Return a template with those nested in it, one that has itself in it left out."""
    within = (*above, file.resolve())

    def child_of(body: Mapping[str, Any]) -> dict[str, Any] | None:
        place = _place_of(body, file.parent)
        if place is None or not place.is_file() or place.resolve() in within:
            return None
        told = body["Properties"].get("Parameters") or {}
        values = {**{name: each for name, each in told.items() if isinstance(each, str)}, **given}
        return _with_nested(read_template(place, values), place, given, within)

    return flattened(_placed(document, file), child_of, given)


def _placed(document: dict[str, Any], file: Path) -> dict[str, Any]:
    """Return a template without Globals, that says where its code lies whatever folder it is in."""
    from samtranslator.plugins.globals.globals import Globals, InvalidGlobalsSectionException

    try:
        shared = Globals(document) if document.get("Globals") else None
    except InvalidGlobalsSectionException as error:
        raise CliError(f"{file}: {error.message}") from None
    folder = file.parent.resolve()
    for name, body in document["Resources"].items():
        if shared:
            body["Properties"] = shared.merge(body["Type"], body["Properties"], name)
        _place(body, folder)
        if body["Type"] in FUNCTION_TYPES:
            body["Metadata"] = {**(body.get("Metadata") or {}), _ORIGIN: [str(file.resolve()), name]}
    return {key: each for key, each in document.items() if key != "Globals"}


def _place(body: dict[str, Any], folder: Path) -> None:
    properties, metadata, key = body["Properties"], body.get("Metadata"), _PLACES.get(body["Type"], "")
    place = properties.get(key)
    if body["Type"] == "AWS::Serverless::Function" and not {"InlineCode", "ImageUri"} & properties.keys():
        place = "." if place is None else place
    if isinstance(place, str) and not _ELSEWHERE.match(place):
        properties[key] = str(folder / place)
    if isinstance(metadata, dict) and isinstance(context := metadata.get("DockerContext"), str):
        metadata["DockerContext"] = str(folder / context)
