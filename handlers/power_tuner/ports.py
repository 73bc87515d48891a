"""What the steps need from the outside, and the errors that cross these ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from power_tuner.errors import PowerTunerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from power_tuner.automation.drift import Baseline
    from power_tuner.automation.profile import Profile
    from power_tuner.automation.trigger import Origin
    from power_tuner.tuning.lease import Lease
    from power_tuner.tuning.outcome import BranchOutcome
    from power_tuner.tuning.result import Draft, Result
    from power_tuner.tuning.run_plan import RunPlan
    from power_tuner.tuning.sample import Sample
    from power_tuner.tuning.target import FunctionSnapshot


class FunctionNotFound(PowerTunerError):
    """The function, version or alias does not exist."""


class UpdateInProgress(PowerTunerError):
    """Lambda refused a change because another one has not settled yet (409)."""


class RevisionMismatch(PowerTunerError):
    """The function is no longer the one that was read (412)."""


class MemoryRefused(PowerTunerError):
    """Lambda does not give this account that much memory."""


class VersionInUse(PowerTunerError):
    """Lambda refused to delete a version, because an alias points to it (409)."""


class ParameterRefused(PowerTunerError):
    """Parameter Store let this app neither read nor write a parameter."""


class InvocationThrottled(PowerTunerError):
    """Lambda had no concurrency for an invocation, for longer than we wait."""


@dataclass(frozen=True, slots=True)
class InvocationAnswer:
    """What Lambda answered to one invocation.

    Attributes:
        payload: the function's output or, with ``function_error``, its error document, as text.
        function_error: None when the function returned.
        log_tail: the decoded last 4 KB of its log, empty when Lambda sent none.
        executed_version: the version that ran.
    """

    payload: str
    function_error: str | None
    log_tail: str
    executed_version: str


# How long an invocation waits for room, unless its caller can wait better.
PATIENCE_S = 120.0


class Functions(Protocol):
    """Lambda's API, for targets in any region."""

    def get(self, function: str, qualifier: str | None = None) -> FunctionSnapshot:
        """Read the configuration of ``$LATEST`` or of a version or alias."""

    def set_memory(self, arn: str, memory_mb: int, revision_id: str) -> None:
        """Start to change the memory of ``$LATEST``, if it is still at that revision."""

    def publish(self, arn: str, code_sha256: str, description: str) -> FunctionSnapshot:
        """Publish ``$LATEST``; answers an existing version, with its own description, if nothing changed since."""

    def move_alias(self, arn: str, alias: str, version: str) -> str | None:
        """Point an alias to a version, creating it if need be; returns the version it pointed to before."""

    def alias_version(self, arn: str, alias: str) -> str | None:
        """Return the version that an alias points to, None when there is no such alias."""

    def delete_alias(self, arn: str, alias: str) -> None:
        """Delete an alias; that it is gone already is fine."""

    def delete_version(self, arn: str, version: str) -> None:
        """Delete one numbered version; that it is gone already is fine."""

    def versions_described(self, arn: str, description: str) -> list[str]:
        """List the numbers of the versions with exactly this description."""

    def invoke(
        self, arn: str, qualifier: str | None, payload: str, *, want_log: bool, patience_s: float = PATIENCE_S
    ) -> InvocationAnswer:
        """Invoke synchronously, waiting out throttles for so long, and transient failures."""

    def tags(self, arn: str) -> dict[str, str] | None:
        """Read a function's tags; None of one that is gone, or that this app may not read."""

    def only_streams(self, arn: str) -> bool:
        """Tell whether a function has URLs, and each of them streams the response."""


class Leases(Protocol):
    """The leases, one per target; each change is conditional on still holding it."""

    def take(self, lease: Lease) -> Lease | None:
        """Take the lease; None on success (also when this run holds it already), else whose it is."""

    def get(self, target_arn: str) -> Lease | None:
        """Read the lease on a target, consistently."""

    def renew(self, target_arn: str, run_id: str) -> Lease:
        """Extend an active lease and return it; LeaseLost when it is not this run's any more."""

    def save(self, lease: Lease) -> Lease:
        """Write an active lease's notes and extend it; LeaseLost when it is not this run's any more."""

    def fence(self, target_arn: str, run_id: str) -> Lease | None:
        """Set this run's lease to closing, so that its handlers stop; None when the run holds none."""

    def release(self, target_arn: str, run_id: str) -> None:
        """Delete this run's lease; that it is gone already is fine."""

    def held(self) -> Iterable[Lease]:
        """List all leases."""


class Documents(Protocol):
    """A run's documents: plan, samples, outcomes, results."""

    def save_plan(self, plan: RunPlan) -> None:
        """Keep the plan."""

    def plan(self, run_id: str) -> RunPlan:
        """Read the plan."""

    def save_samples(self, run_id: str, memory_mb: int, block: SampleBlock) -> None:
        """Keep one block of samples; the same block written twice counts once."""

    def samples(self, run_id: str) -> dict[int, list[SampleBlock]]:
        """Read all blocks, by power value, in the order of invocation; repeated calls leave overlapping ones."""

    def save_outcome(self, run_id: str, memory_mb: int, outcome: BranchOutcome) -> None:
        """Keep why a branch failed."""

    def outcomes(self, run_id: str) -> dict[int, BranchOutcome]:
        """Read the outcomes of the branches that failed, by power value."""

    def save_draft(self, draft: Draft) -> None:
        """Keep the analysis until it is recorded."""

    def draft(self, run_id: str) -> Draft:
        """Read the analysis."""

    def save_result(self, result: Result, day: str) -> str:
        """Keep the result; returns its key."""

    def save_report(self, run_id: str, html: str) -> str:
        """Keep the report page; returns its key."""

    def read_payload(self, bucket: str, key: str) -> str:
        """Read a payload from a bucket of the user's."""


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """Samples that one Executor call wrote together.

    Attributes:
        batch: which batch of the branch.
        first: index of the first invocation in the branch.
        call_id: the Executor's request id.
    """

    batch: int
    first: int
    call_id: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Begun:
    """What a run notes before it touches anything; the target is None until the input was accepted.

    Attributes:
        origin: where it comes from; None until its input was accepted.
    """

    target_arn: str | None
    started_at: str
    origin: Origin | None = None


class History(Protocol):
    """The items of all runs."""

    def note_begun(self, run_id: str, target_arn: str | None, started_at: str, origin: Origin | None = None) -> None:
        """Note that a run began and, once it is known, which target it is about to touch; a target stays noted."""

    def begun(self, run_id: str) -> Begun | None:
        """Return what a run noted, None when it never came that far."""

    def latest(self, target_arn: str, limit: int) -> list[dict[str, Any]]:
        """Return the items of a target's runs, newest first."""

    def of_day(self, date: str, limit: int) -> list[dict[str, Any]]:
        """Return the items of all runs that started on a date (YYYY-MM-DD, UTC), newest first."""

    def of_status(self, status: str, limit: int) -> list[dict[str, Any]]:
        """Return the items of all runs that are ``completed``, ``failed`` or ``skipped``, newest first."""

    def record(self, item: Mapping[str, Any], *, over_failure: bool = False) -> None:
        """Write a run's item, over an earlier one of the same run.

        Raises:
            LeaseLost: an earlier one says that the run has failed, and ``over_failure`` is not set.
        """

    def record_failure(self, item: Mapping[str, Any]) -> bool:
        """Write a failed run's item; False, and nothing written, when the bus was told of its failure already."""

    def note_told(self, item: Mapping[str, Any]) -> None:
        """Note on a failed run's item that the bus was told."""

    def item(self, target_arn: str, started_at: str, run_id: str) -> dict[str, Any] | None:
        """Return a run's item, None when there is none."""

    def note_rolled_back(self, item: Mapping[str, Any], rolled_back: Mapping[str, Any]) -> None:
        """Note on a run's item that what it applied was taken back."""

    def note_applying(self, run: Mapping[str, Any], applying: Mapping[str, Any]) -> None:
        """Note on a run's item what is about to be applied; LeaseLost when it was applied meanwhile, or is gone."""

    def note_applied(self, run: Mapping[str, Any], applied: Mapping[str, Any]) -> None:
        """Note on a run's item what was applied; nothing when there is a note already, or no item."""

    def note_applied_told(self, run: Mapping[str, Any]) -> None:
        """Note on a run's item that the bus was told what was applied; nothing when there is no item."""


@dataclass(frozen=True, slots=True)
class KnownExecution:
    """An execution that has this name already.

    Attributes:
        status: as Step Functions says it: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        started_at_s: epoch second.
    """

    status: str
    started_at_s: float


class Executions(Protocol):
    """The executions of the state machine."""

    def start(self, name: str, execution_input: Mapping[str, Any]) -> KnownExecution | None:
        """Start an execution; None when it is under way with this input, else the one that has this name already."""

    def stop(self, execution_arn: str, cause: str) -> None:
        """Stop an execution; that it has ended already is fine."""

    def ended(self, execution_arn: str) -> str | None:
        """Return how an execution ended: SUCCEEDED, FAILED, TIMED_OUT or ABORTED; None while it is under way."""


class Parameters(Protocol):
    """The parameters that infrastructure as code reads."""

    def put(self, name: str, value: str) -> None:
        """Set a parameter, creating it if need be; ParameterRefused when this app may not."""

    def get(self, name: str) -> str | None:
        """Return a parameter's value, None when there is none; ParameterRefused when this app may not."""

    def delete(self, name: str) -> None:
        """Delete a parameter; that it is gone already is fine."""


class Profiles(Protocol):
    """The enrolled targets."""

    def get(self, target_arn: str) -> Profile | None:
        """Read a target's profile, None when it has none."""

    def put(self, profile: Profile) -> None:
        """Write a profile, over an earlier one of the same target."""

    def delete(self, target_arn: str) -> None:
        """Delete a target's profile; that it is gone already is fine."""

    def all(self) -> Iterable[Profile]:
        """List all profiles."""


class Baselines(Protocol):
    """What each target was when it was accepted."""

    def get(self, target_arn: str) -> Baseline | None:
        """Read a target's baseline, None when it has none."""

    def put(self, target_arn: str, baseline: Baseline) -> None:
        """Write a target's baseline, over an earlier one."""


class ProductionLogs(Protocol):
    """What production measured by itself."""

    def durations_ms(self, function_name: str, memory_mb: int, since_s: float, limit: int) -> list[float]:
        """Return the durations of warm, successful invocations at a memory since an epoch second."""


class DeploymentTargets(Protocol):
    """Which functions a deployment means that does not name them."""

    def of_stack(self, stack_id: str) -> list[str]:
        """List the names of a CloudFormation stack's functions."""

    def of_code_deploy(self, deployment_id: str) -> list[str]:
        """List the names of the functions that a CodeDeploy deployment shifted."""


class Events(Protocol):
    """The bus that tells the world."""

    def emit(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Put one event."""
