"""A function's code and configuration, as an immutable value."""

import base64
import hashlib
import json
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Self

from power_tuner_local.lambda_service.errors import InvalidParameterError, ValidationError
from power_tuner_local.lambda_service.limits import MAX_TIMEOUT_OF_MANAGED_S, MAX_TIMEOUT_S, MIN_MEMORY_MB
from power_tuner_local.lambda_service.runtimes import require_runtime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.lambda_service.layers import LayerVersion

_ENVIRONMENT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Code:
    """A deployment package."""

    content: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Return the package's hash, as the API shows it."""
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()


@dataclass(frozen=True, slots=True)
class Configuration:
    """The configuration that an invocation runs with.

    Attributes:
        rest: Settings that are only stored and returned: VpcConfig, KMSKeyArn, EphemeralStorage, ...
    """

    name: str
    role: str
    code: Code
    code_sha256: str
    handler: str = ""
    runtime: str = ""
    description: str = ""
    memory_mb: int = MIN_MEMORY_MB
    timeout_s: int = 3
    environment: "Mapping[str, str] | None" = None
    architecture: str = "x86_64"
    package_type: str = "Zip"
    tracing: str = "PassThrough"
    snap_start: str = "None"
    dead_letter_arn: str = ""
    layers: "tuple[LayerVersion, ...]" = ()
    logging: "Mapping[str, str]" = field(default_factory=dict)
    rest: "Mapping[str, Any]" = field(default_factory=dict)

    @property
    def log_group(self) -> str:
        """Return the CloudWatch log group."""
        return self.logging.get("LogGroup") or f"/aws/lambda/{self.name}"

    @property
    def unserved(self) -> "str | None":
        """Return the setting with which the local AWS cannot invoke a function; None if there is none."""
        return next((name for name in _KEPT_ONLY if name in self.rest), None)

    @property
    def logs_json(self) -> bool:
        """Return whether the log format is JSON."""
        return self.logging.get("LogFormat") == "JSON"

    def with_code(self, code: Code, architecture: str | None = None) -> Self:
        """Return a copy with another deployment package."""
        return replace(self, code=code, code_sha256=code.sha256, architecture=architecture or self.architecture)

    def same_as(self, other: "Configuration") -> bool:
        """Return whether all that a version holds is equal."""
        return all(
            getattr(self, each.name) == getattr(other, each.name) for each in fields(self) if each.name != "code"
        )

    def to_api(self) -> dict[str, Any]:
        """Return the fields of a FunctionConfiguration that $LATEST and versions share."""
        shown: dict[str, Any] = {
            "FunctionName": self.name,
            "Role": self.role,
            "CodeSize": len(self.code.content),
            "CodeSha256": self.code_sha256,
            "Description": self.description,
            "MemorySize": self.memory_mb,
            "Timeout": self.timeout_s,
            "PackageType": self.package_type,
            "Architectures": [self.architecture],
            "TracingConfig": {"Mode": self.tracing},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": self.log_group, **self.logging},
            "EphemeralStorage": {"Size": 512},
            **self.rest,
        }
        if self.package_type == "Zip":
            shown |= {"Handler": self.handler, "Runtime": self.runtime}
        if self.environment is not None:
            shown["Environment"] = {"Variables": dict(self.environment)}
        if self.layers:
            shown["Layers"] = [{"Arn": each.arn, "CodeSize": len(each.code.content)} for each in self.layers]
        if self.dead_letter_arn:
            shown["DeadLetterConfig"] = {"TargetArn": self.dead_letter_arn}
        return shown


_KEPT_ONLY = ("AcceleratorConfig", "CapacityProviderConfig", "DurableConfig", "TenancyConfig")
_KEPT = (
    *_KEPT_ONLY,
    "VpcConfig",
    "KMSKeyArn",
    "EphemeralStorage",
    "FileSystemConfigs",
    "ImageConfig",
    "RuntimeConfig",
    "RuntimeVersionConfig",
)


def apply(
    configuration: Configuration,
    request: "Mapping[str, Any]",
    *,
    memory_cap_mb: int,
    layers: "tuple[LayerVersion, ...] | None" = None,
) -> Configuration:
    """Return the configuration that a CreateFunction or UpdateFunctionConfiguration request asks for.

    Args:
        configuration: The configuration before.
        request: The request.
        memory_cap_mb: The account's largest memory size.
        layers: The layers that the request names; None if it names none.

    Raises:
        ValidationError: A value violates the API's constraints.
        InvalidParameterError: A value is not valid here.
    """
    changes: dict[str, Any] = {
        name: request[key]
        for name, key in (
            ("role", "Role"),
            ("handler", "Handler"),
            ("runtime", "Runtime"),
            ("description", "Description"),
            ("package_type", "PackageType"),
        )
        if request.get(key) is not None
    }
    if layers is not None:
        changes["layers"] = layers
    if "runtime" in changes:
        require_runtime(changes["runtime"])
    rest = {**configuration.rest, **_kept(request)}
    max_timeout_s = MAX_TIMEOUT_OF_MANAGED_S if "CapacityProviderConfig" in rest else MAX_TIMEOUT_S
    for name, key, most in (("memory_mb", "MemorySize", memory_cap_mb), ("timeout_s", "Timeout", max_timeout_s)):
        if request.get(key) is not None:
            changes[name] = _at_most(key, request[key], most)
    if (environment := request.get("Environment")) is not None:
        changes["environment"] = _environment(environment.get("Variables") or {})
    if architectures := request.get("Architectures"):
        changes["architecture"] = architectures[0]
    for name, key, member in (
        ("tracing", "TracingConfig", "Mode"),
        ("snap_start", "SnapStart", "ApplyOn"),
        ("dead_letter_arn", "DeadLetterConfig", "TargetArn"),
    ):
        if (given := (request.get(key) or {}).get(member)) is not None:
            changes[name] = given
    if (logging := request.get("LoggingConfig")) is not None:
        changes["logging"] = _logging({**configuration.logging, **logging})
    return replace(configuration, **changes, rest=rest)


def _kept(request: "Mapping[str, Any]") -> dict[str, Any]:
    """Return a request's settings that are only stored."""
    kept = {key: request[key] for key in _KEPT if request.get(key) is not None}
    if (vpc := kept.get("VpcConfig")) is not None:
        kept["VpcConfig"] = _vpc(vpc)
    return kept


def _at_most(name: str, value: Any, most: int) -> int:
    number = int(value)
    if number > most:
        raise ValidationError(
            f"'{name}' value failed to satisfy constraint: Member must have value less than or equal to {most}"
        )
    return number


def _environment(variables: "Mapping[str, Any]") -> dict[str, str]:
    read = {name: str(value) for name, value in variables.items()}
    measured = json.dumps(read, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > _ENVIRONMENT_BYTES:
        raise InvalidParameterError(
            "Lambda was unable to configure your environment variables because the environment variables you "
            f"have provided exceeded the 4KB limit. String measured: {measured}"
        )
    return read


def _vpc(given: "Mapping[str, Any]") -> dict[str, Any]:
    shown = {"SubnetIds": [], "SecurityGroupIds": [], "Ipv6AllowedForDualStack": False, **given}
    return shown if shown["SubnetIds"] else {**shown, "VpcId": ""}


def _logging(logging: "Mapping[str, str]") -> dict[str, str]:
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    if logging.get("LogFormat") == "JSON":
        return {**levels, **logging}
    return {key: value for key, value in logging.items() if key not in levels}
