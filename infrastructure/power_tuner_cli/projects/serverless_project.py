"""A serverless.yml of the Serverless Framework: its functions and resources as a SAM template."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from power_tuner_cli.errors import CliError
from power_tuner_cli.projects.dependencies import missing_node, missing_python, newest_source
from power_tuner_cli.projects.project import FunctionEntry, Prepared
from power_tuner_cli.projects.serverless_package import package_of, patterns_of
from power_tuner_cli.projects.serverless_variables import Variables
from power_tuner_cli.projects.template_file import SAM_TRANSFORM, read_document

FILE_NAMES = ("serverless.yml", "serverless.yaml", "serverless.json")
PROGRAMS = ("serverless.ts", "serverless.js")
# The framework's own defaults and names: https://www.serverless.com/framework/docs/providers/aws/guide/functions
_MEMORY_MB, _TIMEOUT_S = 1024, 6
_ROLE = "IamRoleLambdaExecution"
# What the framework makes of events, under names that a file may refer to.
_OF_THE_FRAMEWORK = {
    "ApiGatewayRestApi": "AWS::ApiGateway::RestApi",
    "HttpApi": "AWS::ApiGatewayV2::Api",
    "WebsocketsApi": "AWS::ApiGatewayV2::Api",
}
_PYTHON_PLUGIN = "serverless-python-requirements"
# What it makes of requirements.txt with `layer: true`: https://www.serverless.com/plugins/serverless-python-requirements
_PYTHON_LAYER, _PYTHON_LAYER_FILE = "PythonRequirementsLambdaLayer", ".serverless/pythonRequirements.zip"
_MODULES = (".py", ".js", ".mjs", ".cjs", ".rb")
_TO_BUILD = (".ts", ".mts", ".tsx")
_CODE_ROLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True, slots=True)
class ServerlessProject:
    """A file of the Serverless Framework."""

    file: Path
    document: dict[str, Any]

    @classmethod
    def read(cls, file: Path) -> "ServerlessProject":
        """Read a file.

        Raises:
            CliError: It is none of the Serverless Framework's.
        """
        document = read_document(file)
        if not isinstance(document, dict) or not isinstance(document.get("provider"), str | dict):
            raise CliError(f"{file} is not a file of the Serverless Framework: it has no provider.")
        if isinstance(document["provider"], str):
            document["provider"] = {"name": document["provider"]}
        if document["provider"].get("name", "aws") != "aws":
            raise CliError(
                f"{file}: the provider is {document['provider']['name']}; only functions on AWS can be tuned."
            )
        return cls(file, document)

    @property
    def folder(self) -> Path:
        """Return the folder of the service."""
        return self.file.parent

    @property
    def functions(self) -> Mapping[str, FunctionEntry]:
        """Return the functions under their names in the file."""
        service = _Service(self, {})
        return {
            name: FunctionEntry(
                name,
                str(each.get("runtime", service.provider.get("runtime", ""))),
                _handler(each),
                self.folder / str(each.get("module", ".")),
            )
            for name, each in service.functions.items()
        }

    def prepare(self, name: str, given: Mapping[str, str]) -> Prepared:
        """Return the template for one function: packaged by the framework if that is up to date, else as it is.

        Raises:
            CliError: It has to be packaged, or its code is not on this machine.
        """
        service = _Service(self, given)
        document = service.template()
        packaged, note = service.code_of(name)
        document["Resources"][service.logical_id(name)]["Properties"]["CodeUri"] = packaged
        rest = {key: value for key, value in given.items() if key not in service.variables.used}
        return Prepared(document, self.folder, service.logical_id(name), rest, note)


class _Service:
    """A file with its variables resolved."""

    def __init__(self, project: ServerlessProject, given: Mapping[str, str]) -> None:
        from power_tuner_local import LocalAwsConnection

        self._file, self._folder = project.file, project.folder
        self.variables = Variables(
            project.document,
            project.folder,
            given,
            region=LocalAwsConnection.region,
            account_id=LocalAwsConnection.account_id,
        )
        self._document: dict[str, Any] = self.variables.resolve(project.document)
        self.provider: dict[str, Any] = self._document["provider"]
        self.functions = {
            name: each for name, each in _merged(self._document.get("functions")).items() if isinstance(each, dict)
        }

    def logical_id(self, name: str) -> str:
        """Return the logical id that the framework gives a function."""
        return f"{_normalized(name)}LambdaFunction"

    def template(self) -> dict[str, Any]:
        """Return the service as a SAM template."""
        own = self._document.get("resources")
        sections = [each for each in (own if isinstance(own, list) else [own]) if isinstance(each, dict)]
        resources = {
            name: {**body, "Properties": body.get("Properties") or {}}
            for each in sections
            for name, body in _merged(each.get("Resources")).items()
            if isinstance(body, dict) and isinstance(body.get("Type"), str)
        }
        text = json.dumps(self._document)
        for name, kind in _OF_THE_FRAMEWORK.items():
            if name not in resources and re.search(rf"\b{name}\b", text):
                resources[name] = {"Type": kind, "Properties": {}}
        for name, each in _merged(self._document.get("layers")).items():
            layer = {"ContentUri": str(each.get("path", "."))} if isinstance(each, dict) else {}
            resources[f"{_normalized(name)}LambdaLayer"] = {
                "Type": "AWS::Serverless::LayerVersion",
                "Properties": layer,
            }
        if re.search(rf"\b{_PYTHON_LAYER}\b", text):
            resources[_PYTHON_LAYER] = {
                "Type": "AWS::Serverless::LayerVersion",
                "Properties": {"ContentUri": _PYTHON_LAYER_FILE},
            }
        for name, each in self.functions.items():
            resources[self.logical_id(name)] = {
                "Type": "AWS::Serverless::Function",
                "Properties": self._properties(each),
            }
        resources.setdefault(_ROLE, {"Type": "AWS::IAM::Role", "Properties": self._role()})
        others = {
            key: {name: each for section in sections for name, each in _merged(section.get(key)).items()}
            for key in ("Parameters", "Mappings", "Conditions", "Outputs")
        }
        return {
            "Transform": SAM_TRANSFORM,
            "Resources": resources,
            **{key: each for key, each in others.items() if each},
        }

    def code_of(self, name: str) -> tuple[str, tuple[str, ...]]:
        """Return the path of a function's code, and what the reader should know of it."""
        function = self.functions[name]
        if "image" in function:
            raise CliError(
                f"{self._file}: {name} is a container image, which is not run here. Deploy it, and tune it by its name "
                "on AWS."
            )
        if artifact := _artifact(function) or _artifact(self._document):
            if not (self._folder / artifact).is_file():
                raise CliError(f"{self._file}: the package of {name} is to be {artifact}, which does not exist.")
            return artifact, ()
        if _PYTHON_LAYER in json.dumps(function) and not (self._folder / _PYTHON_LAYER_FILE).is_file():
            raise self._to_type(f"{name} has a layer of its requirements, which is not built yet", "serverless package")
        packages = [f".serverless/{each}.zip" for each in (name, self._document.get("service"))]
        package = next((each for each in packages if (self._folder / each).is_file()), None)
        newest = newest_source(self._folder)
        if package and newest and (self._folder / package).stat().st_mtime >= newest[1]:
            return package, (f"The code is that of `serverless package`, in {self._folder / package}.",)
        folder = self._folder / str(function.get("module", "."))
        self._require_runnable(name, function, folder, newest[0] if package and newest else None)
        if "module" not in function and (filtered := package_of(folder, patterns_of(self._document, function))):
            return str(filtered), ()
        return str(function.get("module", ".")), ()

    def _require_runnable(self, name: str, function: Mapping[str, Any], folder: Path, changed: Path | None) -> None:
        """Check that a function's code runs as it is.

        Raises:
            CliError: It has to be built first, or there is none.
        """
        state = f"{changed} is newer than the last package" if changed else "is not built yet"
        if missing := missing_node(self._folder):
            raise self._to_type(f"{name} needs {', '.join(missing)}, which {state}", "npm install")
        if missing := missing_python(folder) or missing_python(self._folder):
            has_plugin = _PYTHON_PLUGIN in _texts(self._document.get("plugins"))
            command = "serverless package" if has_plugin else "python -m pip install -r requirements.txt -t ."
            raise self._to_type(f"{name} needs {', '.join(missing)}, which {state}", command)
        module, _, called = _handler(function).rpartition(".")
        if not module or not called:
            raise CliError(f"{self._file}: {name} has the handler {_handler(function)!r}: it is to be FILE.FUNCTION.")
        stems = {folder / module, folder / module.replace(".", "/")}
        if any(stem.with_name(stem.name + suffix).is_file() for stem in stems for suffix in _MODULES):
            return
        if any(stem.with_name(stem.name + suffix).is_file() for stem in stems for suffix in _TO_BUILD):
            raise self._to_type(f"{name} is written in TypeScript, and {state}", "serverless package")
        raise CliError(f"{self._file}: the handler of {name} is to be in {folder / module}, and there is no such file.")

    def _to_type(self, why: str, command: str) -> CliError:
        if self._folder.resolve() != Path.cwd():
            command = f"(cd {shlex.quote(str(self._folder))} && {command})"
        return CliError(f"{self._file}: {why}. Build it, and tune again:\n  {command}")

    def _properties(self, function: Mapping[str, Any]) -> dict[str, Any]:
        def setting(key: str, default: Any) -> Any:
            return function.get(key, self.provider.get(key, default))

        variables = {**_merged(self.provider.get("environment")), **_merged(function.get("environment"))}
        properties = {
            "CodeUri": ".",
            "Handler": _handler(function),
            "Runtime": setting("runtime", None),
            "MemorySize": setting("memorySize", _MEMORY_MB),
            "Timeout": setting("timeout", _TIMEOUT_S),
            "Architectures": [setting("architecture", "x86_64")],
            "Layers": setting("layers", None),
            "Role": self._role_of(function),
            "Environment": {"Variables": {key: _value(each) for key, each in variables.items() if each is not None}},
        }
        return {key: value for key, value in properties.items() if value is not None}

    def _role_of(self, function: Mapping[str, Any]) -> Any:
        iam = self.provider.get("iam")
        own = iam.get("role") if isinstance(iam, dict) else None
        role = function.get("role", self.provider.get("role", own if isinstance(own, str) else _ROLE))
        is_name = isinstance(role, str) and not role.startswith("arn:")
        return {"Fn::GetAtt": [role, "Arn"]} if is_name else role

    def _role(self) -> dict[str, Any]:
        """Return the role that the framework makes, with the rights of single functions too."""
        iam = self.provider.get("iam")
        own = iam.get("role") if isinstance(iam, dict) else None
        own = own if isinstance(own, dict) else {}
        statements = [
            *_list(own.get("statements")),
            *_list(self.provider.get("iamRoleStatements")),
            *(each for function in self.functions.values() for each in _list(function.get("iamRoleStatements"))),
        ]
        policy = {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
        managed = [*_list(own.get("managedPolicies")), *_list(self.provider.get("iamManagedPolicies"))]
        role: dict[str, Any] = {"AssumeRolePolicyDocument": _CODE_ROLE, "ManagedPolicyArns": managed}
        return role | ({"Policies": [policy]} if statements else {})


def _normalized(name: str) -> str:
    return name[:1].upper() + name[1:].replace("-", "Dash").replace("_", "Underscore")


def _value(value: Any) -> Any:
    """Return a variable's value; text with ${AWS::...} or ${Resource} in it is CloudFormation's to fill in."""
    return {"Fn::Sub": value} if isinstance(value, str) and re.search(r"\$\{[A-Za-z:.]+\}", value) else value


def _handler(function: Mapping[str, Any]) -> str:
    handler = function.get("handler")
    return handler if isinstance(handler, str) else ""


def _artifact(section: Mapping[str, Any]) -> str | None:
    package = section.get("package")
    found = package.get("artifact") if isinstance(package, dict) else None
    return found if isinstance(found, str) else None


def _merged(section: Any) -> dict[str, Any]:
    """Return a section that may be written as an object or as a list of objects."""
    parts = section if isinstance(section, list) else [section]
    return {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [each for each in _list(value) if isinstance(each, str)]
