"""The functions of one account and region: their versions, aliases and states."""

import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from power_tuner_local.lambda_service.errors import ResourceConflictError, ResourceNotFoundError
from power_tuner_local.lambda_service.names import LATEST, FunctionName, is_version, read_function_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.lambda_service.arns import Arns
    from power_tuner_local.lambda_service.configuration import Configuration


def new_id() -> str:
    """Return a new revision id or request id."""
    return str(uuid.uuid4())


def now_text() -> str:
    """Return the current time in the API's format."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


@dataclass(slots=True)
class Version:
    """A published version, whose configuration never changes."""

    number: str
    configuration: "Configuration"
    description: str
    revision_id: str
    active_at_s: float
    modified: str = field(default_factory=now_text)
    generation: str = field(default_factory=new_id)
    update: int = 0

    def settle(self) -> None:
        """Make the version active if its time has come."""
        if self.active_at_s and time.monotonic() >= self.active_at_s:
            self.active_at_s = 0.0
            self.revision_id = new_id()


@dataclass(slots=True)
class Alias:
    """A name for a version, perhaps with a second version that receives a share of the invocations."""

    name: str
    version: str
    description: str = ""
    weights: "Mapping[str, float]" = field(default_factory=dict)
    revision_id: str = field(default_factory=new_id)

    def to_api(self, arn: str) -> dict[str, Any]:
        """Return an AliasConfiguration."""
        shown: dict[str, Any] = {
            "AliasArn": arn,
            "Name": self.name,
            "FunctionVersion": self.version,
            "Description": self.description,
            "RevisionId": self.revision_id,
        }
        return {**shown, "RoutingConfig": {"AdditionalVersionWeights": dict(self.weights)}} if self.weights else shown


@dataclass(slots=True)
class Policy:
    """The resource policy of a function, or of one of its versions or aliases."""

    statements: list[dict[str, Any]] = field(default_factory=list)
    revision_id: str = ""


@dataclass(slots=True)
class Function:
    """A function. Hold `lock` to read more than one field, or to change any.

    Attributes:
        configuration: $LATEST; while an update is in progress, already the new one.
        live: The configuration that invocations of $LATEST run with; None until the function is active.
        generation: A different one for each `live`.
        update: The number of updates of $LATEST; in a version, their number when it was published.
    """

    name: str
    arn: str
    configuration: "Configuration"
    settles_at_s: float
    live: "Configuration | None" = None
    generation: str = ""
    revision_id: str = field(default_factory=new_id)
    modified: str = field(default_factory=now_text)
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    next_version: int = 1
    update: int = 0
    reserved_concurrency: int | None = None
    recursive_loop: str = "Terminate"
    tags: dict[str, str] = field(default_factory=dict)
    policies: "dict[str, Policy]" = field(default_factory=dict)
    event_invoke: dict[str, dict[str, Any]] = field(default_factory=dict)
    urls: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def is_pending(self) -> bool:
        """Return whether the function is still being created."""
        return self.live is None

    def settle(self) -> None:
        """Complete the creation or update if its time has come; the caller holds the lock."""
        if self.settles_at_s and time.monotonic() >= self.settles_at_s:
            self.settles_at_s = 0.0
            self.live = self.configuration
            self.generation = new_id()
            self.revision_id = new_id()
        for version in self.versions.values():
            version.settle()

    def require_settled(self) -> None:
        """Raise Lambda's error while the function is being created or updated."""
        if self.is_pending:
            raise ResourceConflictError(
                "The operation cannot be performed at this time. "
                "The function is currently in the following state: Pending"
            )
        if self.settles_at_s:
            raise ResourceConflictError(
                f"The operation cannot be performed at this time. An update is in progress for resource: {self.arn}"
            )

    def change(self, configuration: "Configuration", settles_at_s: float) -> None:
        """Start an update of $LATEST."""
        self.configuration = configuration
        self.update += 1
        self.settles_at_s = settles_at_s
        self.revision_id = new_id()
        self.modified = now_text()

    def code_size(self) -> int:
        """Return the size of the deployment packages of $LATEST and all versions."""
        configurations = [self.configuration, *(version.configuration for version in self.versions.values())]
        return sum(len(each.code.content) for each in configurations)

    def version_of(self, qualifier: str | None) -> Version | None:
        """Return the published version behind a number or alias; None for $LATEST."""
        if qualifier is None:
            return None
        alias = self.aliases.get(qualifier)
        number = qualifier if alias is None else alias.version
        if number == LATEST:
            return None
        if number not in self.versions:
            raise ResourceNotFoundError(f"Function not found: {self.arn}:{qualifier}")
        return self.versions[number]

    def describe(self, qualifier: str | None) -> dict[str, Any]:
        """Return the FunctionConfiguration of $LATEST, a version or an alias."""
        version = self.version_of(qualifier)
        arn = f"{self.arn}:{qualifier}" if qualifier else self.arn
        return self.describe_latest(arn) if version is None else self.describe_version(version, arn)

    def describe_latest(self, arn: str) -> dict[str, Any]:
        """Return $LATEST as a FunctionConfiguration."""
        shown = self.configuration.to_api() | {
            "FunctionArn": arn,
            "Version": LATEST,
            "LastModified": self.modified,
            "RevisionId": self.revision_id,
            "SnapStart": {"ApplyOn": self.configuration.snap_start, "OptimizationStatus": "Off"},
        }
        if self.is_pending:
            return shown | {
                "State": "Pending",
                "StateReason": "The function is being created.",
                "StateReasonCode": "Creating",
            }
        if self.settles_at_s:
            return shown | {
                "State": "Active",
                "LastUpdateStatus": "InProgress",
                "LastUpdateStatusReason": "The function is being created.",
                "LastUpdateStatusReasonCode": "Creating",
            }
        return shown | {"State": "Active", "LastUpdateStatus": "Successful"}

    def describe_version(self, version: Version, arn: str | None = None) -> dict[str, Any]:
        """Return a published version as a FunctionConfiguration."""
        snap_start = version.configuration.snap_start
        shown = version.configuration.to_api() | {
            "FunctionArn": arn or f"{self.arn}:{version.number}",
            "Version": version.number,
            "Description": version.description,
            "LastModified": version.modified,
            "RevisionId": version.revision_id,
            "SnapStart": {
                "ApplyOn": snap_start,
                "OptimizationStatus": "On" if snap_start == "PublishedVersions" else "Off",
            },
        }
        if version.active_at_s:
            return shown | {
                "State": "Pending",
                "StateReason": "The function is being created.",
                "StateReasonCode": "Creating",
            }
        return shown | {"State": "Active", "LastUpdateStatus": "Successful"}


class FunctionRegistry:
    """All functions of one account and region."""

    def __init__(self, arns: "Arns") -> None:
        self.arns = arns
        self._functions: dict[str, Function] = {}
        self._lock = threading.Lock()

    def add(self, function: Function) -> None:
        """Add a new function."""
        with self._lock:
            if function.name in self._functions:
                raise ResourceConflictError(f"Function already exist: {function.name}")
            self._functions[function.name] = function

    def find(self, target: FunctionName) -> Function:
        """Return a function, with its state up to date."""
        function = self._functions.get(target.name)
        if function is None:
            arn = self.arns.function(target.name, target.qualifier)
            raise ResourceNotFoundError(f"Function not found: {arn}")
        with function.lock:
            function.settle()
        return function

    def find_version(self, function_name: str, qualifier: str | None) -> tuple[Function, str]:
        """Return the function of a request, and its version or alias, which exists."""
        target = read_function_name(function_name, qualifier)
        function = self.find(FunctionName(target.name))
        with function.lock:
            function.version_of(target.qualifier)
        return function, target.qualifier or LATEST

    def remove(self, function: Function) -> None:
        """Remove a function."""
        with self._lock:
            self._functions.pop(function.name, None)

    def all(self) -> list[Function]:
        """Return every function, by name."""
        with self._lock:
            functions = sorted(self._functions.values(), key=lambda each: each.name)
        for function in functions:
            with function.lock:
                function.settle()
        return functions

    def alias(self, function: Function, name: str, missing: str = "Cannot find alias arn") -> Alias:
        """Return an alias of a function."""
        found = function.aliases.get(name)
        if found is None or is_version(name):
            raise ResourceNotFoundError(f"{missing}: {function.arn}:{name}")
        return found
