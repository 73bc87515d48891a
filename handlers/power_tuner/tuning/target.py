"""Describe a function as Lambda shows it, and say whether it can be tuned."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from power_tuner.errors import TargetNotTunable

# What changes by itself, or by our own updates; everything else belongs to whoever deployed the function.
_VOLATILE = frozenset(
    {
        "CodeSize",
        "ConfigSha256",
        "FunctionArn",
        "LastModified",
        "LastUpdateStatus",
        "LastUpdateStatusReason",
        "LastUpdateStatusReasonCode",
        "MasterArn",
        "MemorySize",
        "ResponseMetadata",
        "RevisionId",
        "RuntimeVersionConfig",
        "State",
        "StateReason",
        "StateReasonCode",
        "Version",
    }
)
_NOT_IN_A_VERSION = frozenset({"Description", "SnapStart"})


class Target(Struct, frozen=True, rename="camel"):
    """The target of a run as it was when the run began.

    Attributes:
        arn: unqualified.
        memory_mb: the memory its callers get (of the version an alias points to, if one was named).
        latest_memory_mb: the memory of ``$LATEST``.
    """

    arn: str
    name: str
    region: str
    architecture: str
    runtime: str
    code_sha256: str
    memory_mb: int
    latest_memory_mb: int
    timeout_s: int


@dataclass(frozen=True, slots=True)
class FunctionSnapshot:
    """One answer of Lambda about a function or a version.

    Attributes:
        arn: as answered; qualified when a qualifier was asked for.
        update_in_progress: an asynchronous update has not settled yet.
        fingerprint: a digest of everything that a deployment can change except the memory.
        version_fingerprint: the same without what a published version has of its own (its description).
    """

    arn: str
    version: str
    memory_mb: int
    timeout_s: int
    architecture: str
    runtime: str
    code_sha256: str
    description: str
    revision_id: str
    state: str
    update_in_progress: bool
    fingerprint: str
    version_fingerprint: str
    obstacle: str | None

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> "FunctionSnapshot":
        """Read a FunctionConfiguration, the answer of most Lambda calls."""
        settled = {name: value for name, value in configuration.items() if name not in _VOLATILE}
        in_version = {name: value for name, value in settled.items() if name not in _NOT_IN_A_VERSION}
        return cls(
            arn=configuration["FunctionArn"],
            version=configuration["Version"],
            memory_mb=configuration["MemorySize"],
            timeout_s=configuration["Timeout"],
            architecture=(configuration.get("Architectures") or ["x86_64"])[0],
            runtime=configuration.get("Runtime", configuration.get("PackageType", "Zip")),
            code_sha256=configuration["CodeSha256"],
            description=configuration.get("Description", ""),
            revision_id=configuration["RevisionId"],
            state=configuration.get("State", "Active"),
            update_in_progress=configuration.get("LastUpdateStatus") == "InProgress",
            fingerprint=_digest(settled),
            version_fingerprint=_digest(in_version),
            obstacle=_obstacle(configuration),
        )


def require_tunable(snapshot: FunctionSnapshot, name: str) -> None:
    """Refuse a function that this app cannot measure by publishing versions.

    Raises:
        TargetNotTunable: with the reason and what to do.
    """
    if snapshot.obstacle is not None:
        raise TargetNotTunable(f"{name} cannot be tuned: {snapshot.obstacle}.")


def _obstacle(configuration: Mapping[str, Any]) -> str | None:
    if configuration.get("CapacityProviderConfig"):
        return "it runs on managed instances, which are not billed by memory and duration"
    if configuration.get("DurableConfig"):
        return "it is a durable function, whose REPORT tells of one replay and not of the whole execution"
    if configuration.get("TenancyConfig"):
        return "it isolates tenants and needs a tenant id with each invocation"
    state = configuration.get("State", "Active")
    if state in {"Active", "Inactive"}:
        if configuration.get("LastUpdateStatus") == "Failed":
            reason = configuration.get("LastUpdateStatusReason", "no reason given")
            return f"its last update failed ({reason}); deploy it again first"
        return None
    reason = configuration.get("StateReason", "no reason given")
    return f"its state is {state} ({reason}); wait until it is Active, or deploy it again"


def _digest(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
