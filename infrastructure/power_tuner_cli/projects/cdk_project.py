"""What `cdk synth` leaves in cdk.out: templates whose code lies in assets beside them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.dependencies import newest_source
from power_tuner_cli.projects.exporting_stacks import with_exporting_stacks
from power_tuner_cli.projects.nested_stacks import STACK, flattened
from power_tuner_cli.projects.project import FunctionEntry, Prepared
from power_tuner_cli.projects.sam_project import asset_path, code_elsewhere, functions_of
from power_tuner_cli.projects.template_file import read_template

OUTPUT = "cdk.out"
SUFFIX = ".template.json"
# AWS's CDK names: a construct's path and, after it, eight digits of its hash.
_HASH = re.compile(r"[0-9A-F]{8}$")
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9]")
_BOOTSTRAP = "BootstrapVersion"
_ASSET_OF = {"AWS::Lambda::Function": "Code", "AWS::Lambda::LayerVersion": "Content"}


@dataclass(frozen=True, slots=True)
class CdkProject:
    """A template that CDK wrote."""

    file: Path
    document: dict[str, Any]

    @classmethod
    def read(cls, file: Path) -> "CdkProject":
        """Read a template of cdk.out.

        Raises:
            CliError: The file is none.
        """
        document = read_template(file)
        # Only there to check which version of CDK's bootstrap an account has.
        if isinstance(parameters := document.get("Parameters"), dict):
            parameters.pop(_BOOTSTRAP, None)
        document.pop("Rules", None)
        return cls(file, document)

    @property
    def folder(self) -> Path:
        """Return the folder of the app: that of cdk.out."""
        above = [each for each in self.file.parents if each.name == OUTPUT]
        return above[0].parent if above else self.file.parent

    @property
    def functions(self) -> Mapping[str, FunctionEntry]:
        """Return the stack's functions by logical id; CDK's own are left out."""
        return functions_of(self.document, self.file.parent)

    def prepare(self, logical_id: str, given: Mapping[str, str]) -> Prepared:
        """Return the template with the assets in place of their copies in S3.

        Raises:
            CliError: The function's code is not on this machine.
        """
        root = _root(self.file)
        document = with_exporting_stacks(self._whole(root), self._others(root))
        chosen = self._chosen(document, logical_id)
        for name, body in document["Resources"].items():
            key = _ASSET_OF.get(body["Type"])
            asset = asset_path(body)
            if key and asset:
                body["Properties"][key] = str((self.file.parent / asset).resolve())
            if name == chosen:
                self._require_code(name, body)
        (document.get("Parameters") or {}).pop(_BOOTSTRAP, None)
        document.pop("Rules", None)
        return Prepared(document, self.file.parent, chosen, given, tuple(self._notes()))

    def _whole(self, file: Path) -> dict[str, Any]:
        return flattened(read_template(file), self._nested)

    def _others(self, root: Path) -> dict[str, dict[str, Any]]:
        """Return the templates of the app's other stacks, by their names without what a logical id cannot have."""
        files = (each for each in sorted(root.parent.glob(f"*{SUFFIX}")) if each != root and _root(each) == each)
        return {_NOT_IN_AN_ID.sub("", file.name.removesuffix(SUFFIX)): self._whole(file) for file in files}

    def _nested(self, stack: Mapping[str, Any]) -> dict[str, Any] | None:
        file = self.file.parent / (asset_path(stack) or "")
        return self._whole(file) if file.is_file() else None

    def _chosen(self, document: Mapping[str, Any], logical_id: str) -> str:
        """Return the logical id of a function of this template in the one that all stacks are in."""
        same = [name for name in document["Resources"] if name.endswith(logical_id)]
        code = self.document["Resources"][logical_id].get("Metadata")
        return next((name for name in same if document["Resources"][name].get("Metadata") == code), logical_id)

    def _require_code(self, name: str, body: Mapping[str, Any]) -> None:
        if problem := code_elsewhere(body, {}):
            raise CliError(f"{self.file}: {name} {problem}")
        code = body["Properties"].get("Code")
        if isinstance(code, str) and not Path(code).exists():
            raise CliError(
                f"{self.file}: the code of {name} is to be in {code}, which does not exist: run `cdk synth`."
            )

    def _notes(self) -> list[str]:
        made = self.file.stat().st_mtime
        newest = newest_source(self.folder)
        if newest is None or newest[1] <= made:
            return []
        moment = datetime.fromtimestamp(made).astimezone()
        return [f"{OUTPUT} is of {moment:%Y-%m-%d %H:%M}, and {newest[0]} is newer: `cdk synth` brings it up to date."]


def without_hash(logical_id: str) -> str:
    """Return the name of a construct, as it is written in the app, of its logical id."""
    return _HASH.sub("", logical_id)


def _root(file: Path) -> Path:
    """Return the template of the stack that has this one nested in it, however deep; else this one."""
    others = (each for each in sorted(file.parent.glob(f"*{SUFFIX}")) if each.name != file.name)
    above = next((each for each in others if file.name in _children(each)), None)
    return _root(above) if above else file


def _children(file: Path) -> set[str]:
    """Return the names of the templates of the stacks that a template has nested in it."""
    try:
        resources = read_template(file)["Resources"]
    except CliError:
        return set()
    return {Path(asset_path(body) or "").name for body in resources.values() if body["Type"] == STACK}
