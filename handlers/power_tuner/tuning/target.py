"""Describe a function as Lambda shows it, and say whether it can be tuned."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import Struct, convert

from power_tuner.errors import TargetNotTunable
from power_tuner.lambda_limits import MAX_TIMEOUT_S
from power_tuner.tuning.arn import name_of, region_of

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
_NO_REASON = "no reason given"


class Target(Struct, frozen=True, rename="camel", omit_defaults=True):
    """The target of a run as it was when the run began.

    Attributes:
        arn: unqualified.
        memory_mb: the memory its callers get (of the version an alias points to, if one was named).
        latest_memory_mb: the memory of ``$LATEST``.
        snapshots_billed: SnapStart caches each version, at a price.
        tells_runtime: its log tells how long the runtime took of each invocation.
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
    snapshots_billed: bool = False
    tells_runtime: bool = False


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """Where a function logs.

    Attributes:
        function_name: whose streams count; in a log group of their own choice many functions can share it.
        group: the log group.
    """

    function_name: str
    group: str

    @property
    def is_shared(self) -> bool:
        """Return whether it is not the group that Lambda makes for this function alone."""
        return self.group != f"/aws/lambda/{self.function_name}"


@dataclass(frozen=True, slots=True)
class FunctionSnapshot:
    """One answer of Lambda about a function or a version.

    Attributes:
        arn: as answered; qualified when a qualifier was asked for.
        update_in_progress: an asynchronous update or creation has not settled yet.
        fingerprint: a digest of everything that a deployment can change except the memory.
        version_fingerprint: the same without what a published version has of its own (its description).
        log: where it logs.
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
    log: FunctionLog
    obstacle: str | None
    snapshots_billed: bool
    tells_runtime: bool

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, object]) -> "FunctionSnapshot":
        """Read a FunctionConfiguration, the answer of most Lambda calls."""
        settled = {name: _of_everybody(value) for name, value in configuration.items() if name not in _VOLATILE}
        in_version = {name: value for name, value in settled.items() if name not in _NOT_IN_A_VERSION}
        answer = convert(configuration, _FunctionConfiguration)
        return cls(
            arn=answer.function_arn,
            version=answer.version,
            memory_mb=answer.memory_size,
            timeout_s=answer.timeout,
            architecture=(answer.architectures or ("x86_64",))[0],
            runtime=answer.runtime or answer.package_type,
            code_sha256=answer.code_sha256,
            description=answer.description,
            revision_id=answer.revision_id,
            state=answer.state,
            update_in_progress=answer.last_update_status == "InProgress" or answer.state == "Pending",
            fingerprint=_digest(settled),
            version_fingerprint=_digest(in_version),
            log=_log_of(answer),
            obstacle=_obstacle(answer),
            snapshots_billed=_snapshots_billed(answer),
            tells_runtime=_tells_runtime(answer),
        )


@dataclass(frozen=True, slots=True)
class Alias:
    """Where an alias points.

    Attributes:
        weights: the shares of the invocations that other versions get.
    """

    version: str
    revision_id: str
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_weighted(self) -> bool:
        """Return whether a second version gets a share of the invocations."""
        return bool(self.weights)


def require_tunable(snapshot: FunctionSnapshot, name: str, *, call_s: int = MAX_TIMEOUT_S) -> None:
    """Refuse a function that this app cannot measure by publishing versions.

    Args:
        snapshot: the function.
        name: what it is called.
        call_s: how long a call of the Executor may take, and with it an invocation of the function.

    Raises:
        TargetNotTunable: with the reason and what to do.
    """
    if snapshot.obstacle is not None:
        raise TargetNotTunable(f"{name} cannot be tuned: {snapshot.obstacle}.")
    if snapshot.timeout_s > call_s:
        raise TargetNotTunable(
            f"{name} cannot be tuned: its timeout is {snapshot.timeout_s} s, and a call of the tuner may take {call_s} "
            "s (totalExecutionTimeout); set a shorter timeout, or deploy the tuner with a longer one."
        )


class _LoggingConfig(Struct, frozen=True, rename="pascal"):
    """How a function logs."""

    log_group: str = ""
    log_format: str = "Text"
    system_log_level: str = "INFO"


class _SnapStart(Struct, frozen=True, rename="pascal"):
    """Whether versions are snapshots."""

    apply_on: str = "None"


class _FunctionConfiguration(Struct, frozen=True, kw_only=True, rename="pascal"):
    """What Lambda answers, as far as it is read."""

    function_arn: str
    version: str
    memory_size: int
    timeout: int
    code_sha256: str
    revision_id: str
    architectures: tuple[str, ...] = ()
    runtime: str | None = None
    package_type: str = "Zip"
    description: str = ""
    state: str = "Active"
    state_reason: str = _NO_REASON
    last_update_status: str | None = None
    last_update_status_reason: str = _NO_REASON
    logging_config: _LoggingConfig = _LoggingConfig()
    snap_start: _SnapStart = _SnapStart()
    master_arn: str = ""
    capacity_provider_config: object = None
    durable_config: object = None
    tenancy_config: object = None
    accelerator_config: object = None


def _log_of(answer: _FunctionConfiguration) -> FunctionLog:
    name = name_of(answer.function_arn)
    return FunctionLog(name, answer.logging_config.log_group or f"/aws/lambda/{name}")


def _snapshots_billed(answer: _FunctionConfiguration) -> bool:
    return answer.snap_start.apply_on == "PublishedVersions" and not (answer.runtime or "").startswith("java")


def _tells_runtime(answer: _FunctionConfiguration) -> bool:
    # platform.runtimeDone: lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    return answer.logging_config.log_format == "JSON" and answer.logging_config.system_log_level == "DEBUG"


def _obstacle(answer: _FunctionConfiguration) -> str | None:
    return _obstacle_of_kind(answer) or _obstacle_of_state(answer)


def _obstacle_of_kind(answer: _FunctionConfiguration) -> str | None:
    logging, master = answer.logging_config, answer.master_arn
    obstacles = (
        (answer.capacity_provider_config, "it runs on managed instances, which are not billed by memory and duration"),
        (
            answer.durable_config,
            "it is a durable function, whose REPORT tells of one replay and not of the whole execution",
        ),
        (
            master and region_of(master) != region_of(answer.function_arn),
            f"it is a replica of {master}, made by Lambda@Edge, and has no settings of its own; tune that function",
        ),
        (answer.accelerator_config, "it has an accelerator, which the prices of memory and duration do not tell"),
        (answer.tenancy_config, "it isolates tenants and needs a tenant id with each invocation"),
        (
            logging.log_format == "JSON" and logging.system_log_level == "WARN",
            (
                "its log has no reports of successful invocations (LoggingConfig: SystemLogLevel WARN), which "
                "are what is measured; set SystemLogLevel to INFO"
            ),
        ),
    )
    return next((obstacle for present, obstacle in obstacles if present), None)


def _obstacle_of_state(answer: _FunctionConfiguration) -> str | None:
    if answer.state not in {"Active", "Inactive", "Pending"}:
        return f"its state is {answer.state} ({answer.state_reason}); wait until it is Active, or deploy it again"
    if answer.last_update_status == "Failed":
        return f"its last update failed ({answer.last_update_status_reason}); deploy it again first"
    return None


def _of_everybody(value: object) -> object:
    """Return a part of the configuration without what AWS answers differently to each caller.

    Whoever may not decrypt the variables of a function with a customer KMS key gets ``Error`` instead of them, with
    the name of its own role.
    """
    if isinstance(value, Mapping) and "Error" in value:
        return {name: inner for name, inner in value.items() if name != "Error"}
    return value


def _digest(value: Mapping[str, object]) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
