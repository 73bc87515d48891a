"""The interfaces that the steps need, and the errors that their implementations raise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from power_tuner.errors import PowerTunerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from power_tuner.automation.drift import Baseline
    from power_tuner.automation.profile import Profile
    from power_tuner.automation.sequential_test import Errors
    from power_tuner.automation.trial import CanaryStage, Trial
    from power_tuner.automation.trigger import Origin
    from power_tuner.events import Event
    from power_tuner.tuning.applied import Applied, RolledBack
    from power_tuner.tuning.ceiling import Ceiling
    from power_tuner.tuning.lease import Lease
    from power_tuner.tuning.outcome import BranchOutcome
    from power_tuner.tuning.production import Production
    from power_tuner.tuning.result import Draft, Result
    from power_tuner.tuning.run_item import CompletedRun, FailedRun, RunItem, RunKey, SkippedRun
    from power_tuner.tuning.run_plan import RunPlan
    from power_tuner.tuning.sample import Sample
    from power_tuner.tuning.target import Alias, FunctionLog, FunctionSnapshot


class FunctionNotFound(PowerTunerError):
    """The function, version or alias does not exist."""


class DeploymentNotFound(PowerTunerError):
    """The stack or CodeDeploy deployment does not exist, or not any more."""


class FunctionForbidden(PowerTunerError):
    """The app may not do this with the function."""


class UpdateInProgress(PowerTunerError):
    """Lambda refused a change because another one has not settled yet (409)."""


class RevisionMismatch(PowerTunerError):
    """The function is no longer the one that was read (412)."""


class MemoryRefused(PowerTunerError):
    """Lambda does not allow this account that memory size."""


class VersionInUse(PowerTunerError):
    """Lambda refused to delete a version, because an alias points to it (409)."""


class ParameterRefused(PowerTunerError):
    """The app may not read or write this parameter."""


class SwitchedOff(PowerTunerError):
    """The function's reserved concurrency is 0, so no invocation of it is let through."""


class InvocationThrottled(PowerTunerError):
    """Lambda throttled an invocation for longer than it waits."""


@dataclass(frozen=True, slots=True)
class InvocationAnswer:
    """Lambda's response to one invocation.

    Attributes:
        payload: the function's output or, with ``function_error``, its error document, as text.
        function_error: None when the function returned.
        log_tail: the decoded last 4 KB of its log, empty when Lambda sent none.
        executed_version: the version that ran.
        request_id: the invocation's, which its REPORT has too.
    """

    payload: str
    function_error: str | None
    log_tail: str
    executed_version: str
    request_id: str = ""


# How long a throttled invocation waits, unless its caller asks for less.
PATIENCE_S = 120.0
# How many pages of a log a run reads of production.
MOST_PAGES = 16


class Functions(Protocol):
    """Lambda's API, for targets in any region."""

    def get(self, function: str, qualifier: str | None = None) -> FunctionSnapshot:
        """Return the configuration of ``$LATEST``, a version or an alias."""

    def set_memory(self, arn: str, memory_mb: int, revision_id: str) -> None:
        """Start to change the memory size of ``$LATEST``, if it is still at that revision."""

    def publish(self, arn: str, code_sha256: str, description: str) -> FunctionSnapshot:
        """Publish ``$LATEST`` and return the version; an existing one, with its own description, if nothing changed."""

    def move_alias(self, arn: str, alias: str, version: str, found: Alias | None) -> None:
        """Point an alias to a version, if it is still as it was found; create it if it was not there."""

    def set_weights(self, arn: str, alias: str, version: str, weights: Mapping[str, float], found: Alias) -> None:
        """Point an alias to a version and give others a share, if it is still as it was found."""

    def alias(self, arn: str, alias: str) -> Alias | None:
        """Return an alias, None when there is no such alias."""

    def delete_alias(self, arn: str, alias: str) -> None:
        """Delete an alias, if it exists."""

    def delete_version(self, arn: str, version: str) -> None:
        """Delete one numbered version, if it exists."""

    def versions_described(self, arn: str, description: str) -> list[str]:
        """Return the numbers of the versions with exactly this description."""

    def invoke(
        self, arn: str, qualifier: str | None, payload: str, *, want_log: bool, patience_s: float = PATIENCE_S
    ) -> InvocationAnswer:
        """Invoke synchronously and return the response; wait out throttles for so long, repeat transient failures."""

    def tags(self, arn: str) -> dict[str, str] | None:
        """Return a function's tags; None if it does not exist, or if the app may not read them."""

    def only_streams(self, arn: str) -> bool:
        """Return whether a function has URLs that all stream the response."""


class Leases(Protocol):
    """The leases, one per target; each change is conditional on holding the lease."""

    def take(self, lease: Lease) -> Lease | None:
        """Take the lease; return None if this run holds it now, else the lease of the holder."""

    def get(self, target_arn: str) -> Lease | None:
        """Return the lease on a target, by a consistent read."""

    def renew(self, target_arn: str, run_id: str) -> Lease:
        """Extend an active lease and return it; LeaseLost if this run no longer holds it."""

    def save(self, lease: Lease) -> Lease:
        """Write an active lease, extend it and return it; LeaseLost if this run no longer holds it."""

    def fence(self, target_arn: str, run_id: str) -> Lease | None:
        """Set this run's lease to closing, so that its functions stop, and return it; None if the run holds none."""

    def release(self, target_arn: str, run_id: str) -> None:
        """Delete this run's lease, if it exists."""

    def held(self) -> Iterable[Lease]:
        """Return all leases that can be read; then raise DamagedItem, which names the others."""


class Documents(Protocol):
    """A run's documents: plan, samples, outcomes, results."""

    def save_plan(self, plan: RunPlan) -> None:
        """Save the plan."""

    def plan(self, run_id: str) -> RunPlan:
        """Return the plan."""

    def earlier_plan(self, run_id: str) -> RunPlan | None:
        """Return the plan of an earlier run, None if it was deleted meanwhile."""

    def save_samples(self, run_id: str, memory_mb: int, block: SampleBlock) -> None:
        """Save one block of samples; the same block saved twice counts once."""

    def samples(self, run_id: str) -> dict[int, list[SampleBlock]]:
        """Return all blocks by memory size, in the order of invocation; repeated calls leave overlapping blocks."""

    def save_outcome(self, run_id: str, memory_mb: int, outcome: BranchOutcome) -> None:
        """Save why a branch failed."""

    def outcomes(self, run_id: str) -> dict[int, BranchOutcome]:
        """Return the outcomes of the branches that failed, by memory size."""

    def save_draft(self, draft: Draft) -> None:
        """Save the analysis until it is recorded."""

    def draft(self, run_id: str) -> Draft:
        """Return the analysis."""

    def save_result(self, result: Result, day: str) -> str:
        """Save the result and return its key."""

    def save_report(self, run_id: str, html: str) -> str:
        """Save the report page and return its key."""

    def save_fleet_page(self, html: str) -> str:
        """Save the page about all functions, over the one before, and return its key."""

    def read_payload(self, bucket: str, key: str) -> str:
        """Return a payload from a bucket of the user."""


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """Samples that one Executor call wrote together.

    Attributes:
        batch: which batch of the branch.
        first: index of the first invocation in the branch.
        call_id: the Executor's request id.
        first_try: whether it is the invocation that came before all others.
    """

    batch: int
    first: int
    call_id: str
    samples: tuple[Sample, ...]
    first_try: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """What a run records before it touches anything; the target is None until the input is accepted.

    Attributes:
        origin: what started it, with its settings and policy; None until its input is accepted.
        ceiling: what it may spend at most; None until its plan is made.
    """

    target_arn: str | None
    started_at: str
    origin: Origin | None = None
    ceiling: Ceiling | None = None


class DailyMetrics(Protocol):
    """What CloudWatch counted of functions, day by day."""

    def sums(self, metric: str, names: Sequence[str], since: datetime, until: datetime) -> dict[str, dict[str, float]]:
        """Return the sum of each day (YYYY-MM-DD, UTC) that has one, by the function's name."""

    def busiest(self, most: int, since: datetime, until: datetime) -> list[str]:
        """Return the names of so many functions at most that ran longest, those first; 14 days back at most."""

    def invocations(self, names: Sequence[str], days: int, now: datetime) -> dict[str, float]:
        """Return how often each function was invoked in the last days, today's part included."""


class History(Protocol):
    """The items of all runs."""

    def note_begun(
        self,
        run_id: str,
        target_arn: str | None,
        started_at: str,
        origin: Origin | None = None,
        ceiling: Ceiling | None = None,
    ) -> None:
        """Record that a run began and, once known, the target that it is about to touch; a recorded target stays."""

    def begun(self, run_id: str) -> Begun | None:
        """Return what a run recorded when it began, None if it recorded nothing."""

    def latest(self, target_arn: str, limit: int, *, with_skipped: bool = True) -> list[RunItem]:
        """Return the items of a target's runs, newest first; without the skipped ones, however many there are."""

    def of_day(self, date: str, limit: int) -> list[RunItem]:
        """Return the items of all runs that started on a date (YYYY-MM-DD, UTC), newest first."""

    def each_of_status(self, status: str) -> Iterable[RunItem]:
        """Return all runs of a status that can be read, newest first; then raise DamagedItem with the others."""

    def of_status(self, status: str, limit: int | None = None) -> list[RunItem]:
        """Return the items of all runs that are ``completed``, ``failed`` or ``skipped``, newest first."""

    def record(self, item: CompletedRun | SkippedRun, *, over_failure: bool = False) -> None:
        """Write a run's item, over an earlier one of the same run.

        Raises:
            LeaseLost: the earlier item is of a failed run, and ``over_failure`` is not set.
        """

    def record_failure(self, item: FailedRun) -> bool:
        """Write a failed run's item and return True; if its failure event was emitted already, return False."""

    def note_event_emitted(self, run: RunKey) -> None:
        """Record on a failed run's item that its event was emitted."""

    def item(self, run: RunKey) -> RunItem | None:
        """Return a run's item, None when there is none."""

    def note_rolled_back(self, run: RunKey, rolled_back: RolledBack) -> None:
        """Record on a run's item that its decision was rolled back."""

    def note_applying(self, run: RunKey, applying: Applied) -> None:
        """Record on a run's item what is about to be applied; LeaseLost if it was applied meanwhile, or has no item."""

    def note_applied(self, run: RunKey, applied: Applied) -> None:
        """Record on a run's item what was applied, unless that is recorded already or there is no item."""

    def forget_refusal(self, run: RunKey) -> None:
        """Take the note off a run's item that its decision was not applied, if that is what it says."""

    def note_applied_event_emitted(self, run: RunKey) -> None:
        """Record on a run's item that the applied event was emitted, if there is an item."""


@dataclass(frozen=True, slots=True)
class KnownExecution:
    """An execution that has this name already.

    Attributes:
        status: of Step Functions: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        started_at_s: epoch second.
    """

    status: str
    started_at_s: float


class Executions(Protocol):
    """The executions of the state machine."""

    def start(self, name: str, execution_input: Mapping[str, object]) -> KnownExecution | None:
        """Start an execution; return None if it runs with this input, else the execution that has this name already."""

    def stop(self, execution_arn: str, cause: str) -> None:
        """Stop an execution, if it runs."""

    def ended(self, execution_arn: str) -> str | None:
        """Return how an execution ended: SUCCEEDED, FAILED, TIMED_OUT or ABORTED; None while it runs."""


class Parameters(Protocol):
    """The parameters that infrastructure as code reads."""

    def put(self, name: str, value: str) -> None:
        """Set a parameter, creating it if needed; ParameterRefused if the app may not."""

    def get(self, name: str) -> str | None:
        """Return a parameter's value, None if it does not exist; ParameterRefused if the app may not read it."""

    def delete(self, name: str) -> None:
        """Delete a parameter, if it exists."""


class Profiles(Protocol):
    """The enrolled targets."""

    def get(self, target_arn: str) -> Profile | None:
        """Return a target's profile, None if it has none.

        Raises:
            InvalidInput: it is damaged.
        """

    def put(self, profile: Profile) -> None:
        """Write a profile, over an earlier one of the same target."""

    def delete(self, target_arn: str) -> None:
        """Delete a target's profile, if it exists."""

    def enrolled(self) -> Iterable[tuple[str, Profile | None]]:
        """Return all enrolled targets, each with its profile, or None if that is damaged."""


class DailyInvocations(Protocol):
    """How many invocations all runs and checks of a day make."""

    def take(self, day: str, invocations: int, most: int) -> bool:
        """Count invocations that are about to be made, and return True; return False if the day has no room for all."""

    def reserve(self, run_id: str, day: str, invocations: int, most: int) -> bool:
        """Take invocations for a run, and return True; return False if the day has no room for all."""

    def spend(self, run_id: str, day: str, invocations: int, most: int) -> bool:
        """Use what a run reserved of a day, take what is missing, and return True; False if the day has no room."""

    def unspend(self, run_id: str, day: str, invocations: int) -> None:
        """Take back what a run was about to invoke, and did not."""

    def close(self, run_id: str, day: str) -> None:
        """Give back what a run that has ended reserved of a day and did not use."""


class Baselines(Protocol):
    """The baseline of each target."""

    def get(self, target_arn: str) -> Baseline | None:
        """Return a target's baseline, None if it has none."""

    def put(self, target_arn: str, baseline: Baseline) -> None:
        """Write a target's baseline, over an earlier one."""


class ProductionLogs(Protocol):
    """The REPORT lines of invocations in production."""

    def durations_ms(self, log: FunctionLog, memory_mb: int, since_s: float, limit: int) -> list[float]:
        """Return the durations of warm, successful invocations at a memory size, since an epoch second."""

    def production(
        self,
        log: FunctionLog,
        since_s: float,
        until_s: float,
        *,
        apart: Sequence[tuple[float, float]] = (),
        pages: int = MOST_PAGES,
    ) -> Production:
        """Return what production measured in a window, without the invocations of runs that went on ``apart``."""

    def of_versions(
        self, log: FunctionLog, memories_mb: Mapping[str, int], since_s: float, until_s: float, longest_s: float
    ) -> dict[str, list[float]]:
        """Return the durations of warm, successful invocations that ended in a time, by version.

        Args:
            log: where the function logs.
            memories_mb: the memory size of each version that counts.
            since_s: epoch second of the first moment that counts.
            until_s: epoch second of the first moment that does not count any more.
            longest_s: how long before its end an invocation may have begun.
        """


class AliasCalls(Protocol):
    """What CloudWatch counted of an alias whose calls several versions share."""

    def of_versions(
        self, function_name: str, alias: str, versions: Sequence[str], since_s: float, until_s: float
    ) -> dict[str, Errors]:
        """Return how many calls each version had, and how many of them failed."""


class Canaries(Protocol):
    """The canaries that are under way, one per target, and the stages of all; each change is conditional."""

    def begin(self, trial: Trial) -> Trial | None:
        """Note a canary; return None if that is the target's, else the one that the target has."""

    def get(self, target_arn: str) -> Trial | None:
        """Return the canary of a target, by a consistent read."""

    def save(self, trial: Trial) -> Trial:
        """Write a canary and return it; LeaseLost if somebody else has written or ended it meanwhile."""

    def end(self, trial: Trial) -> None:
        """Delete a canary, if it is still that of this run."""

    def held(self) -> Iterable[Trial]:
        """Return all canaries that can be read; then raise DamagedItem, which names the others."""

    def note_stage(self, stage: CanaryStage) -> None:
        """Record a stage; one that is recorded already is written again."""

    def stages(self, run_id: str) -> list[CanaryStage]:
        """Return the stages of a run's canary, in order."""


class ResourcePolicies(Protocol):
    """Who may call a function."""

    def services(self, arn: str, qualifier: str | None) -> frozenset[str]:
        """Return the AWS services that may call a function, a version or an alias, as far as that can be seen."""


class DeploymentTargets(Protocol):
    """Finds the functions of a deployment whose event does not name them."""

    def of_stack(self, stack_id: str) -> list[str]:
        """Return the names of a CloudFormation stack's functions."""

    def of_code_deploy(self, deployment_id: str) -> list[str]:
        """Return the names of the functions that a CodeDeploy deployment shifted."""


class Events(Protocol):
    """The app's event bus."""

    def emit(self, event: Event) -> None:
        """Emit one event."""
