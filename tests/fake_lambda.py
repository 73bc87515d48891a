"""Lambda in memory: a stand-in for the port ``Functions``, with the traps of the real one and faults on demand."""

import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hooked_calls import HookedCalls
from power_tuner.ports import (
    PATIENCE_S,
    FunctionNotFound,
    InvocationAnswer,
    MemoryRefused,
    RevisionMismatch,
    UpdateInProgress,
    VersionInUse,
)
from power_tuner.tuning.arn import parse_function_reference
from power_tuner.tuning.target import Alias, FunctionSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fakes import FakeClock

TARGET_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
# Of every invocation.
REQUEST_ID = "8f5b"
_SMALLEST_MEMORY_MB = 128
# What a published version does not share with the configuration that it was published from.
_OF_A_VERSION = frozenset({"FunctionArn", "Version", "Description", "RevisionId", "LastUpdateStatus"})


@dataclass(frozen=True, slots=True)
class Asked:
    """One invocation as the target saw it."""

    arn: str
    version: str
    memory_mb: int
    payload: str
    want_log: bool


def report_line(duration_ms: float, billed_ms: int, memory_mb: int, more: str = "") -> str:
    """Write a REPORT as Lambda does."""
    return (
        f"REPORT RequestId: {REQUEST_ID}\tDuration: {duration_ms:.2f} ms\tBilled Duration: {billed_ms} ms\t"
        f"Memory Size: {memory_mb} MB\tMax Memory Used: 40 MB\t{more}\n"
    )


def cpu_bound(asked: Asked) -> InvocationAnswer:
    """Answer like a function that needs 102.4 ms of CPU time at 1024 MB."""
    duration_ms = 102_400 / asked.memory_mb
    log = report_line(duration_ms, -int(-duration_ms // 1), asked.memory_mb)
    return InvocationAnswer(payload="{}", function_error=None, log_tail=log, executed_version=asked.version)


@dataclass(slots=True)
class FakeFunction:
    """One function: its ``$LATEST``, its versions and aliases."""

    latest: dict[str, Any]
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    weighted: set[str] = field(default_factory=set)
    weights: dict[str, dict[str, float]] = field(default_factory=dict)
    alias_revisions: dict[str, int] = field(default_factory=dict)
    published: int = 0
    revisions: int = 0
    busy_until_s: float = 0.0
    tags: dict[str, str] | None = field(default_factory=dict)
    url_modes: list[str] = field(default_factory=list)
    behaviour: "Callable[[Asked], InvocationAnswer]" = cpu_bound

    def point(self, alias: str, version: str, weights: "Mapping[str, float] | None" = None) -> None:
        """Point an alias to a version, and give others a share; without one, the shares stay as they are."""
        self.aliases[alias] = version
        if weights is not None:
            self.weights[alias] = dict(weights)
        self.alias_revisions[alias] = self.alias_revisions.get(alias, 0) + 1

    def touch(self) -> None:
        """Give ``$LATEST`` a new revision."""
        self.revisions += 1
        self.latest["RevisionId"] = f"revision-{self.revisions}"


class FakeFunctions(HookedCalls):
    """Lambda in memory: asynchronous updates, revisions, de-duplicated versions, and faults on demand.

    Args:
        clock: what an update takes its time from.
        update_s: how long an update of the configuration is in progress.
        largest_memory_mb: what the account allows.
    """

    def __init__(self, clock: "FakeClock", *, update_s: float = 0.5, largest_memory_mb: int = 10_240) -> None:
        super().__init__()
        self.clock = clock
        self.update_s = update_s
        self.largest_memory_mb = largest_memory_mb
        self.functions: dict[str, FakeFunction] = {}
        self.patience_s = PATIENCE_S
        self.asked: list[Asked] = []

    # what users and their pipelines do

    def add(self, arn: str = TARGET_ARN, *, memory_mb: int = 1024, **configuration: Any) -> FakeFunction:
        """Deploy a function."""
        reference = parse_function_reference(arn)
        function = FakeFunction(
            {
                "FunctionName": reference.name if reference else arn,
                "FunctionArn": arn,
                "Version": "$LATEST",
                "Runtime": "python3.13",
                "Handler": "app.handler",
                "CodeSha256": "code-1",
                "Description": "Makes thumbnails",
                "Timeout": 30,
                "MemorySize": memory_mb,
                "Architectures": ["arm64"],
                "Environment": {"Variables": {"STAGE": "prod"}},
                "State": "Active",
                "LastUpdateStatus": "Successful",
                **configuration,
            }
        )
        function.touch()
        self.functions[arn] = function
        return function

    def deploy(self, arn: str = TARGET_ARN, **changes: Any) -> None:
        """Change a function as its owner: code, memory, environment."""
        function = self.functions[arn]
        function.latest |= changes
        function.touch()

    def publish_as_owner(self, arn: str = TARGET_ARN, description: str = "release") -> str:
        """Publish a version as the owner."""
        return str(self._publish(self.functions[arn], description)["Version"])

    def remove(self, arn: str = TARGET_ARN) -> None:
        """Delete a function as its owner."""
        del self.functions[arn]

    # the port

    def get(self, function: str, qualifier: str | None = None) -> FunctionSnapshot:
        """Read the configuration of ``$LATEST`` or of a version or alias."""
        self._note("get", function, qualifier or "")
        found = self._find(function)
        return self._done("get", FunctionSnapshot.from_configuration(self._configuration(found, qualifier)))

    def set_memory(self, arn: str, memory_mb: int, revision_id: str) -> None:
        """Start to change the memory of ``$LATEST``, if it is still at that revision."""
        self._note("set_memory", arn, str(memory_mb))
        if memory_mb < _SMALLEST_MEMORY_MB:
            raise ValueError(f"MemorySize, value: {memory_mb}, valid min value: {_SMALLEST_MEMORY_MB}")
        function = self._find(arn)
        if function.latest["RevisionId"] != revision_id:
            raise RevisionMismatch(f"{arn} is at another revision")
        if memory_mb > self.largest_memory_mb:
            raise MemoryRefused(f"Lambda refuses {memory_mb} MB in this account")
        self._refuse_while_updating(function, arn)
        function.latest["MemorySize"] = memory_mb
        function.touch()
        function.busy_until_s = self.clock.now() + self.update_s
        self._done("set_memory", None)

    def publish(self, arn: str, code_sha256: str, description: str) -> FunctionSnapshot:
        """Publish ``$LATEST``; answers an existing version, with its own description, if nothing changed since."""
        self._note("publish", arn, description)
        function = self._find(arn)
        if function.latest["CodeSha256"] != code_sha256:
            raise RevisionMismatch(f"{arn} has other code")
        self._refuse_while_updating(function, arn)
        return self._done("publish", FunctionSnapshot.from_configuration(self._publish(function, description)))

    def move_alias(self, arn: str, alias: str, version: str, found: Alias | None) -> None:
        """Point an alias to a version, if it is still as it was found; create it if it was not there."""
        self._note("move_alias", arn, alias, version)
        self._note("create_alias" if found is None else "update_alias", arn, alias, version)
        function = self._find(arn)
        now = function.aliases.get(alias)
        if found is None and now is not None:
            raise UpdateInProgress(f"the alias {arn}:{alias} exists already")
        if version not in function.versions or (found is not None and now is None):
            raise FunctionNotFound(f"{arn}:{alias} or version {version} does not exist")
        if found is not None and self._alias(function, alias) != found:
            raise RevisionMismatch(f"{arn}:{alias} was moved meanwhile")
        function.point(alias, version)
        self._done("move_alias", None)

    def set_weights(self, arn: str, alias: str, version: str, weights: "Mapping[str, float]", found: Alias) -> None:
        """Point an alias to a version and give others a share, if it is still as it was found."""
        self._note("set_weights", arn, alias, version)
        function = self._find(arn)
        if alias not in function.aliases or not {version, *weights} <= function.versions.keys():
            raise FunctionNotFound(f"{arn}:{alias} or one of its versions does not exist")
        if self._alias(function, alias) != found:
            raise RevisionMismatch(f"{arn}:{alias} was changed meanwhile")
        function.point(alias, version, weights)
        self._done("set_weights", None)

    def alias(self, arn: str, alias: str) -> Alias | None:
        """Return an alias, None when there is no such alias."""
        self._note("alias", arn, alias)
        function = self.functions.get(arn)
        return self._done("alias", self._alias(function, alias) if function else None)

    def delete_alias(self, arn: str, alias: str) -> None:
        """Delete an alias; that it is gone already is fine."""
        self._note("delete_alias", arn, alias)
        self._find(arn).aliases.pop(alias, None)
        self._done("delete_alias", None)

    def delete_version(self, arn: str, version: str) -> None:
        """Delete one numbered version; that it is gone already is fine."""
        self._note("delete_version", arn, version)
        if not version.isdecimal():
            raise ValueError(f"{version!r} is not a version number")
        function = self.functions.get(arn)
        if function is not None:
            if version in function.aliases.values():
                raise VersionInUse(f"an alias points to {arn}:{version}")
            function.versions.pop(version, None)
        self._done("delete_version", None)

    def versions_described(self, arn: str, description: str) -> list[str]:
        """List the numbers of the versions with exactly this description."""
        self._note("versions_described", arn, description)
        function = self.functions.get(arn)
        versions = function.versions if function else {}
        found = [number for number, version in versions.items() if version["Description"] == description]
        return self._done("versions_described", found)

    def invoke(
        self, arn: str, qualifier: str | None, payload: str, *, want_log: bool, patience_s: float = PATIENCE_S
    ) -> InvocationAnswer:
        """Invoke synchronously."""
        self.patience_s = patience_s
        self._note("invoke", arn, qualifier or "")
        function = self._find(arn)
        configuration = self._configuration(function, qualifier)
        asked = Asked(arn, configuration["Version"], configuration["MemorySize"], payload, want_log)
        self.asked.append(asked)
        answer = replace(function.behaviour(asked), request_id=REQUEST_ID)
        return self._done("invoke", answer if want_log else replace(answer, log_tail=""))

    def tags(self, arn: str) -> dict[str, str] | None:
        """Read a function's tags; None of one that is gone, or whose tags may not be read."""
        self._note("tags", arn)
        function = self.functions.get(arn)
        return self._done("tags", None if function is None or function.tags is None else dict(function.tags))

    def only_streams(self, arn: str) -> bool:
        """Tell whether a function has URLs, and each of them streams the response."""
        self._note("only_streams", arn)
        modes = self._find(arn).url_modes
        return self._done("only_streams", bool(modes) and set(modes) == {"RESPONSE_STREAM"})

    def _publish(self, function: FakeFunction, description: str) -> dict[str, Any]:
        newest = function.versions.get(str(function.published))
        if newest is not None and _content(newest) == _content(function.latest):
            return newest
        function.published += 1
        number = str(function.published)
        function.versions[number] = copy.deepcopy(function.latest) | {
            "FunctionArn": f"{function.latest['FunctionArn']}:{number}",
            "Version": number,
            "Description": description,
            "RevisionId": f"version-{number}",
        }
        return function.versions[number]

    @staticmethod
    def _alias(function: FakeFunction, alias: str) -> Alias | None:
        version = function.aliases.get(alias)
        weights = {"9": 0.1} if alias in function.weighted else function.weights.get(alias, {})
        revision = f"{version}-{function.alias_revisions.get(alias, 0)}"
        return Alias(version, revision, dict(weights)) if version else None

    def _find(self, function: str) -> FakeFunction:
        for arn, found in self.functions.items():
            if function in {arn, arn.rsplit(":", 1)[1]}:
                return found
        raise FunctionNotFound(f"{function} does not exist")

    def _configuration(self, function: FakeFunction, qualifier: str | None) -> dict[str, Any]:
        if qualifier in {None, "$LATEST"}:
            return self._shown(function)
        version = function.aliases.get(str(qualifier), str(qualifier))
        if version not in function.versions:
            raise FunctionNotFound(f"{function.latest['FunctionArn']}:{qualifier}")
        return function.versions[version]

    def _shown(self, function: FakeFunction) -> dict[str, Any]:
        busy = self.clock.now() < function.busy_until_s
        return {**function.latest, **({"LastUpdateStatus": "InProgress"} if busy else {})}

    def _refuse_while_updating(self, function: FakeFunction, arn: str) -> None:
        if self._shown(function)["LastUpdateStatus"] == "InProgress":
            raise UpdateInProgress(f"an update is in progress for {arn}")


def _content(configuration: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in configuration.items() if name not in _OF_A_VERSION}
