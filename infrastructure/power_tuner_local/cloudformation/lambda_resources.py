"""Lambda resources of a template, created through Lambda's API."""

import contextlib
from typing import TYPE_CHECKING, Any, Self

from power_tuner_local.cloudformation.deployment_packages import zip_text
from power_tuner_local.cloudformation.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

_WAIT = {"Delay": 0.05, "MaxAttempts": 600}
_SAME_NAMED = (
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "VpcConfig",
    "DeadLetterConfig",
    "TracingConfig",
    "Layers",
    "EphemeralStorage",
    "SnapStart",
    "LoggingConfig",
    "FileSystemConfigs",
)


class Function(Resource):
    """A function, with its code in S3 or inline."""

    resource_type = "AWS::Lambda::Function"
    name_property = "FunctionName"

    def put(self) -> None:
        """Create the function and wait until it is active."""
        client = self.client("lambda")
        arguments = self._configuration() | {"Code": self._code(), "Architectures": self._architectures()}
        if tags := self.properties.get("Tags"):
            arguments["Tags"] = {tag["Key"]: tag["Value"] for tag in tags}
        self._arn = client.create_function(**arguments)["FunctionArn"]
        client.get_waiter("function_active_v2").wait(FunctionName=self.name, WaiterConfig=_WAIT)
        self._put_concurrency()

    def update(self, properties: "Mapping[str, Any]") -> Self:
        """Update the code, then the configuration, as CloudFormation does."""
        client, before = self.client("lambda"), self.properties
        self.properties = properties
        waiter = client.get_waiter("function_updated_v2")
        if properties.get("Code") != before.get("Code") or self._architectures() != _architectures(before):
            client.update_function_code(FunctionName=self.name, Architectures=self._architectures(), **self._code())
            waiter.wait(FunctionName=self.name, WaiterConfig=_WAIT)
        client.update_function_configuration(**self._configuration())
        waiter.wait(FunctionName=self.name, WaiterConfig=_WAIT)
        self._put_concurrency()
        return self

    def remove(self) -> None:
        """Delete the function and all its versions."""
        self.client("lambda").delete_function(FunctionName=self.name)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return the function's ARN."""
        return str(self._arn) if attribute_name == "Arn" else super().get_cfn_attribute(attribute_name)

    def _architectures(self) -> list[str]:
        return _architectures(self.properties)

    def _code(self) -> dict[str, Any]:
        code = self.properties["Code"]
        if inline := code.get("ZipFile"):
            return {"ZipFile": zip_text("index.py", inline)}
        return _in_s3(code)

    def _configuration(self) -> dict[str, Any]:
        properties = self.properties
        arguments = {key: properties[key] for key in _SAME_NAMED if key in properties}
        arguments |= {key: int(properties[key]) for key in ("Timeout", "MemorySize") if key in properties}
        variables = properties.get("Environment", {}).get("Variables", {})
        arguments["Environment"] = {"Variables": {key: _text(value) for key, value in variables.items()}}
        if "KmsKeyArn" in properties:
            arguments["KMSKeyArn"] = properties["KmsKeyArn"]
        return arguments | {"FunctionName": self.name}

    def _put_concurrency(self) -> None:
        reserved = self.properties.get("ReservedConcurrentExecutions")
        if reserved is not None:
            self.client("lambda").put_function_concurrency(
                FunctionName=self.name, ReservedConcurrentExecutions=int(reserved)
            )


class Version(Resource):
    """A published version; it is kept when a newer version replaces it in the template."""

    resource_type = "AWS::Lambda::Version"

    def put(self) -> None:
        """Publish a version of the function and wait until it is active."""
        client, function = self.client("lambda"), self.properties["FunctionName"]
        published = client.publish_version(FunctionName=function, Description=self.properties.get("Description", ""))
        self.name, self._number = published["FunctionArn"], published["Version"]
        waiter = client.get_waiter("published_version_active")
        waiter.wait(FunctionName=function, Qualifier=self._number, WaiterConfig=_WAIT)

    def update(self, properties: "Mapping[str, Any]") -> Self:
        """Change nothing: a version is immutable."""
        self.properties = properties
        return self

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return the version's number or ARN."""
        return self._number if attribute_name == "Version" else self.name


class Alias(Resource):
    """An alias of a function."""

    resource_type = "AWS::Lambda::Alias"

    def put(self) -> None:
        """Create the alias."""
        self.name = self.client("lambda").create_alias(**self._arguments())["AliasArn"]

    def update(self, properties: "Mapping[str, Any]") -> Self:
        """Point the alias to the template's version."""
        self.properties = properties
        self.client("lambda").update_alias(**self._arguments())
        return self

    def remove(self) -> None:
        """Delete the alias."""
        self.client("lambda").delete_alias(FunctionName=self.properties["FunctionName"], Name=self.properties["Name"])

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return the alias's ARN."""
        return self.name if attribute_name == "AliasArn" else super().get_cfn_attribute(attribute_name)

    def _arguments(self) -> dict[str, Any]:
        return {key: self.properties[key] for key in ("FunctionName", "Name", "FunctionVersion")}


class LayerVersion(Resource):
    """A version of a layer, with its content in S3."""

    resource_type = "AWS::Lambda::LayerVersion"
    name_property = "LayerName"
    _layer = ""

    def put(self) -> None:
        """Publish the version."""
        properties = self.properties
        told = ("Description", "CompatibleArchitectures", "CompatibleRuntimes", "LicenseInfo")
        self._layer = str(properties.get("LayerName") or self._layer or self.name)
        published = self.client("lambda").publish_layer_version(
            LayerName=self._layer,
            Content=_in_s3(properties["Content"]),
            **{key: properties[key] for key in told if key in properties},
        )
        self.name, self._number = published["LayerVersionArn"], published["Version"]

    def remove(self) -> None:
        """Delete the version."""
        self.client("lambda").delete_layer_version(LayerName=self._layer, VersionNumber=self._number)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return the version's ARN."""
        return self.name if attribute_name == "LayerVersionArn" else super().get_cfn_attribute(attribute_name)


class Permission(Resource):
    """A statement of a function's resource policy."""

    resource_type = "AWS::Lambda::Permission"
    name_property = "Id"

    def put(self) -> None:
        """Add the statement."""
        properties = self.properties
        same = (
            "Action",
            "Principal",
            "SourceArn",
            "SourceAccount",
            "FunctionName",
            "EventSourceToken",
            "PrincipalOrgID",
        )
        arguments = {key: properties[key] for key in same if key in properties}
        self.client("lambda").add_permission(StatementId=self.name, **arguments)

    def remove(self) -> None:
        """Remove the statement, if its function still exists."""
        client = self.client("lambda")
        with contextlib.suppress(client.exceptions.ResourceNotFoundException):
            client.remove_permission(FunctionName=self.properties["FunctionName"], StatementId=self.name)


class EventInvokeConfig(Resource):
    """A function's settings for asynchronous invocations: retries and destinations."""

    resource_type = "AWS::Lambda::EventInvokeConfig"

    def put(self) -> None:
        """Apply the settings."""
        numbers = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")
        arguments = {key: int(self.properties[key]) for key in numbers if key in self.properties}
        if "DestinationConfig" in self.properties:
            arguments["DestinationConfig"] = self.properties["DestinationConfig"]
        self.client("lambda").put_function_event_invoke_config(
            FunctionName=self.properties["FunctionName"], Qualifier=self.properties["Qualifier"], **arguments
        )

    def remove(self) -> None:
        """Restore the defaults."""
        self.client("lambda").delete_function_event_invoke_config(
            FunctionName=self.properties["FunctionName"], Qualifier=self.properties["Qualifier"]
        )


def _architectures(properties: "Mapping[str, Any]") -> list[str]:
    return list(properties.get("Architectures", ["x86_64"]))


def _in_s3(code: "Mapping[str, Any]") -> dict[str, Any]:
    return {key: value for key, value in code.items() if key in {"S3Bucket", "S3Key", "S3ObjectVersion"}}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
