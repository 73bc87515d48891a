"""SAM and CloudFormation templates: their functions, as built by `sam build` or as they are."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.container_image import as_zip, code_of, is_built_here, source_of
from power_tuner_cli.projects.dependencies import missing_dependencies, newest_source
from power_tuner_cli.projects.nested_templates import outermost, whole_template, with_nested
from power_tuner_cli.projects.project import FunctionEntry, Prepared
from power_tuner_cli.projects.sam_config import configuration_in, configured_parameters
from power_tuner_cli.projects.template_file import FUNCTION_TYPES, global_function, read_template

TEMPLATE_NAMES = ("template.yaml", "template.yml", "template.json")
# How CDK describes functions of its own: onEvent, isComplete and onTimeout of its provider framework, notifications.
_OF_CDK = ("AWS CDK resource provider framework", "AWS CloudFormation handler for")
_BUILT = Path(".aws-sam") / "build" / "template.yaml"


@dataclass(frozen=True, slots=True)
class SamProject:
    """A template that people write."""

    file: Path
    document: dict[str, Any]

    @classmethod
    def read(cls, file: Path, given: Mapping[str, str] | None = None) -> "SamProject":
        """Read a template, whose loops go over the values that were given for its parameters.

        Raises:
            CliError: The file is none.
        """
        return cls(file, read_template(file, given or {}))

    @property
    def folder(self) -> Path:
        """Return the folder of the template, that of the sources for a built one."""
        return self.file.parents[2] if self._is_built else self.file.parent

    @property
    def functions(self) -> Mapping[str, FunctionEntry]:
        """Return the template's functions, those that only make the stack left out."""
        return functions_of(self.document, self.file.parent)

    def prepare(self, logical_id: str, given: Mapping[str, str]) -> Prepared:
        """Return the template for one function: as `sam build` left it if that is up to date, else as it is.

        A template that is nested in another one is part of that.

        Raises:
            CliError: The function's dependencies are not built, or its code is not on this machine.
        """
        whole = whole_template(outermost(self.file), given)
        outer = SamProject(whole.file, whole.document)
        prepared = outer.ready(whole.names[self.file.resolve(), logical_id], given)
        if whole.file == self.file:
            return prepared
        note = f"{self.file} is nested in {whole.file}, and deployed with it."
        return replace(prepared, notes=(note, *prepared.notes), home=outer.folder)

    def ready(self, logical_id: str, given: Mapping[str, str]) -> Prepared:
        """Return this very template for one function.

        Raises:
            CliError: As `prepare` does.
        """
        file = configuration_in(self.folder)
        configured = configured_parameters(file, self.document) if file else {}
        unset = configured.keys() - given.keys()
        found = self._ready(logical_id, {**configured, **given})
        note = (f"Parameters of {file.name}: {', '.join(sorted(unset))}.",) if file and unset else ()
        return replace(found, notes=(*note, *found.notes))

    def _ready(self, logical_id: str, given: Mapping[str, str]) -> Prepared:
        as_it_is = Prepared(self.document, self.file.parent, logical_id, given)
        if not self._is_built and is_built_here(self.document["Resources"][logical_id], global_function(self.document)):
            return replace(as_it_is, notes=(self._make_zip(logical_id),))
        places = list(self._code_places(logical_id))
        if self._is_built:
            return as_it_is
        for place in places:
            if not place.exists():
                raise CliError(f"{self.file}: the code of {logical_id} is to be in {place}, which does not exist.")
        built = self.file.parent / _BUILT
        newest = newest_source(*with_nested(self.file), *places)
        if built.is_file() and newest and built.stat().st_mtime >= newest[1]:
            document = whole_template(built, given).document
            if logical_id in document["Resources"]:
                note = f"The code is that of `sam build`, in {built.parent}."
                return Prepared(document, built.parent, logical_id, given, (note,))
        folders = [place for place in places if place.is_dir()]
        missing = sorted({name for place in folders for name in missing_dependencies(place, *folders)})
        if missing or self._has_build_method(logical_id):
            raise CliError(self._what_to_build(logical_id, missing, newest[0] if built.is_file() and newest else None))
        return as_it_is

    def _make_zip(self, logical_id: str) -> str:
        """Put the code of a container image in place of the image; return what is to be told of it."""
        body = self.document["Resources"][logical_id]
        command = {**global_function(self.document), **body["Properties"]}.get("ImageConfig", {}).get("Command")
        as_zip(body, code_of(source_of(body, self.file.parent), command))
        return (
            f"{logical_id} is a container image: its code was copied out of it with docker, and runs as other "
            "functions do here; what else is installed in the image is not there."
        )

    @property
    def _is_built(self) -> bool:
        return self.file.parent.parts[-2:] == _BUILT.parent.parts

    def _code_places(self, logical_id: str) -> Iterator[Path]:
        """Yield the folders or files of a function's code and of its layers."""
        body = self.document["Resources"][logical_id]
        properties, shared = body["Properties"], global_function(self.document)
        if problem := code_elsewhere(body, shared):
            raise CliError(f"{self.file}: {logical_id} {problem}")
        if "InlineCode" not in properties and not _inline(properties):
            key = "CodeUri" if body["Type"] == "AWS::Serverless::Function" else "Code"
            yield self.file.parent / str(properties.get(key, shared.get(key, ".")))
        for layer in self._layers(properties, shared):
            uri = self.document["Resources"][layer]["Properties"].get("ContentUri", ".")
            if isinstance(uri, str):
                yield self.file.parent / uri

    def _layers(self, properties: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[str]:
        for each in [*_list(shared.get("Layers")), *_list(properties.get("Layers"))]:
            name = each.get("Ref") if isinstance(each, dict) else None
            if isinstance(name, str) and name in self.document["Resources"]:
                yield name

    def _has_build_method(self, logical_id: str) -> bool:
        """Return whether the code of a function or its layers does not run before it is built."""
        resources = self.document["Resources"]
        layers = self._layers(resources[logical_id]["Properties"], global_function(self.document))
        every = [resources[name].get("Metadata") for name in (logical_id, *layers)]
        return any(
            isinstance(each, dict) and each.get("BuildMethod") is not None and not each.get("SkipBuild")
            for each in every
        )

    def _what_to_build(self, logical_id: str, missing: list[str], changed: Path | None) -> str:
        command = "sam build" if self.file.name in TEMPLATE_NAMES else f"sam build -t {shlex.quote(self.file.name)}"
        folder = self.file.parent
        if folder.resolve() != Path.cwd():
            command = f"(cd {shlex.quote(str(folder))} && {command})"
        needs = f"needs {', '.join(missing)}, which" if missing else "has a BuildMethod, and"
        state = f"{changed} is newer than the last build" if changed else "is not built yet"
        return f"{self.file}: {logical_id} {needs} {state}. Build it, and tune again:\n  {command}"


def functions_of(document: Mapping[str, Any], root: Path) -> dict[str, FunctionEntry]:
    """Return the functions of a folder's template, those that only make the stack (custom resources) left out."""
    shared = global_function(document)
    makers = set(_makers(document))
    found = {}
    for logical_id, body in document["Resources"].items():
        if body["Type"] in FUNCTION_TYPES and logical_id not in makers:
            merged = {**shared, **body["Properties"]}
            code = asset_path(body) or merged.get("CodeUri" if body["Type"] == "AWS::Serverless::Function" else "Code")
            found[logical_id] = FunctionEntry(
                logical_id,
                _text(merged.get("Runtime")),
                _text(merged.get("Handler")),
                root / code if isinstance(code, str) else None,
            )
    return found


def asset_path(body: Mapping[str, Any]) -> str | None:
    """Return where CDK put the code of a function or layer, None if it did not."""
    metadata = body.get("Metadata")
    path = metadata.get("aws:asset:path") if isinstance(metadata, dict) else None
    return path if isinstance(path, str) else None


def code_elsewhere(body: Mapping[str, Any], shared: Mapping[str, Any]) -> str | None:
    """Return why a function's code is not on this machine, None if it is."""
    properties = {**shared, **body["Properties"]}
    if properties.get("PackageType") == "Image" or "ImageUri" in properties:
        return "is a container image, which is not run here. Deploy it, and tune it by its name on AWS."
    code = properties.get("CodeUri" if body["Type"] == "AWS::Serverless::Function" else "Code")
    if isinstance(code, str) and code.startswith("s3://"):
        return f"has its code in {code}. Name a folder or a zip file of this machine as its code."
    if isinstance(code, dict) and "ZipFile" not in code:
        return "has its code in S3. Name a folder or a zip file of this machine as its code."
    return None


def _inline(properties: Mapping[str, Any]) -> bool:
    code = properties.get("Code")
    return isinstance(code, dict) and "ZipFile" in code


def _makers(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield the functions that custom resources call, and the rest of the framework that CDK has for them."""
    for name, body in document["Resources"].items():
        token = body["Properties"].get("ServiceToken")
        path = token.get("Fn::GetAtt") if isinstance(token, dict) else None
        if path:
            yield str(path[0] if isinstance(path, list) else path).partition(".")[0]
        elif str(body["Properties"].get("Description", "")).startswith(_OF_CDK):
            yield name


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
