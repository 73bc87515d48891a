"""A Terraform configuration: its functions, with the tables, buckets and queues that they use, as a template."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.dependencies import what_to_install
from power_tuner_cli.projects.project import FunctionEntry, Prepared
from power_tuner_cli.projects.template_parameters import VAR_FILE
from power_tuner_cli.projects.terraform_functions import TerraformFunction, functions_of
from power_tuner_cli.projects.terraform_module import SUFFIX, Module, values_in
from power_tuner_cli.projects.terraform_resources import attributes_of, logical_id, resources_of
from power_tuner_cli.projects.terraform_rights import ANYTHING, Rights, rights_of
from power_tuner_cli.projects.terraform_terms import is_known

# Terraform's own defaults: https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_function
_MEMORY_MB, _TIMEOUT_S = 128, 3


@dataclass(frozen=True, slots=True)
class TerraformProject:
    """The Terraform files of a folder, under the name of one of them."""

    file: Path
    declared: Mapping[str, TerraformFunction]

    @classmethod
    def read(cls, file: Path, given: Mapping[str, str] | None = None) -> "TerraformProject":
        """Read a file, and those beside it, with the values that were given for variables.

        Raises:
            CliError: There is none, or one is no HCL.
        """
        if not file.is_file():
            raise CliError(f"There is no file {str(file)!r}.")
        return cls(file, _read(file.parent, given or {})[1])

    @property
    def folder(self) -> Path:
        """Return the folder of the root module."""
        return self.file.parent

    @property
    def functions(self) -> Mapping[str, FunctionEntry]:
        """Return the functions by their addresses."""
        return {
            address: FunctionEntry(address, _text(each.get("runtime")), _text(each.get("handler")), each.code)
            for address, each in self.declared.items()
        }

    def prepare(self, address: str, given: Mapping[str, str]) -> Prepared:
        """Return the configuration as a template.

        Raises:
            CliError: The function is declared several times, or its code is not on this machine.
        """
        root, declared = _read(self.folder, given)
        function = declared[address]
        if problem := function.problem:
            raise CliError(f"{function.block.file}: {address} {problem}")
        code = function.code or self.folder
        rights = rights_of(root, function, given) or Rights(ANYTHING, unread=["its role"])
        role = f"{logical_id(address)}Role"
        resources: dict[str, Any] = {role: rights.role()}
        for module in root.every():
            resources |= resources_of(module)
        resources[logical_id(address)] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": str(code.resolve()),
                "Handler": self._known(function, "handler", "bootstrap"),
                "Runtime": self._known(function, "runtime", None),
                "MemorySize": self._known(function, "memory_size", _MEMORY_MB),
                "Timeout": self._known(function, "timeout", _TIMEOUT_S),
                "Architectures": self._known(function, "architectures", ["x86_64"]),
                "Role": {"Fn::GetAtt": [role, "Arn"]},
                "Layers": function.get("layers") or [],
                "Environment": {"Variables": function.variables},
            },
        }
        variables = {block.labels[0] for block in root.of_kind("variable")}
        rest = {name: value for name, value in given.items() if name not in {*variables, VAR_FILE}}
        notes = (
            *(what_to_install(code) if code.is_dir() else ()),
            *_told_of(rights),
            *(
                f"{each} is not read here: give the variables that it makes with --env."
                for each in function.unread_variables
            ),
        )
        return Prepared({"Resources": resources}, self.folder, logical_id(address), rest, notes)

    def _known(self, function: TerraformFunction, name: str, default: Any) -> Any:
        """Return an attribute that has to be known before anything is made.

        Raises:
            CliError: It is not.
        """
        value = function.get(name)
        if value is None:
            return default
        if is_known(value):
            return value
        wanted = value.get("Fn::ImportValue") if isinstance(value, dict) else None
        advice = f" Give it with --parameter {wanted}=VALUE" if isinstance(wanted, str) else f" {function.by_folder}"
        raise CliError(f"{function.block.file}: the {name} of {function.address} is not known here.{advice}")


def without_functions(folder: Path) -> str:
    """Return why there is nothing to tune in a folder's Terraform files; empty if there are none.

    Raises:
        CliError: A file is no HCL.
    """
    if not any(folder.glob(f"*{SUFFIX}")):
        return ""
    root, _ = _read(folder, {})
    calls = [
        (block.labels[0], module.attribute(block, "source"))
        for module in root.every()
        for block in module.of_kind("module")
    ]
    remote = [
        f"{name} ({source})" for name, source in calls if isinstance(source, str) and not source.startswith((".", "/"))
    ]
    modules = f" Modules that are not on this machine are not read: {', '.join(remote)}." if remote else ""
    return (
        f"{folder} has Terraform files, and no function in them.{modules} The folder of a function's code can be "
        "tuned:\n  power-tuner tune FOLDER --handler FILE.FUNCTION"
    )


def terraform_file(folder: Path) -> Path | None:
    """Return the first file of a folder that declares a function in Terraform; None if none does.

    Raises:
        CliError: A file is no HCL.
    """
    if not any(folder.glob(f"*{SUFFIX}")):
        return None
    files = [each.block.file for each in _read(folder, {})[1].values()]
    own = sorted(file for file in files if file.parent == folder)
    return (own or [*sorted(folder.glob(f"*{SUFFIX}"))])[0] if files else None


def _read(folder: Path, given: Mapping[str, str]) -> tuple[Module, dict[str, TerraformFunction]]:
    """Return the root module, and the functions in it and in those that it calls by their addresses."""
    usual = [folder / "terraform.tfvars", folder / "terraform.tfvars.json"]
    automatic = sorted(file for form in ("*.auto.tfvars", "*.auto.tfvars.json") for file in folder.glob(form))
    files = [file for file in (*usual, *automatic) if file.is_file()]
    files += [Path(each) for each in given.get(VAR_FILE, "").split(os.pathsep) if each]
    values = {name: each for file in files for name, each in values_in(file).items()}
    root = Module.read(folder, folder, {**values, **given}, attributes_of)
    return root, {each.address: each for module in root.every() for each in functions_of(module)}


def _told_of(rights: Rights) -> Iterator[str]:
    if rights.unread:
        unread = ", ".join(rights.unread)
        yield f"Not all rights of its role are in these files: what {unread} would allow is not limited here."


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
