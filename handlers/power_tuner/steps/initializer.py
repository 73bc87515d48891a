"""Turn an input into a run: validate it, take the lease, read the target."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from power_tuner.automation.policy import TO_ALIAS, Policy
from power_tuner.automation.profile import Profile, settings_of
from power_tuner.automation.trigger import Origin, Trigger, read_trigger
from power_tuner.errors import InvalidInput, PowerTunerError, TargetBusy, TargetNotTunable, TargetStillBusy
from power_tuner.lambda_limits import MAX_PAYLOAD_BYTES
from power_tuner.operations.day_limit import require_reserved
from power_tuner.operations.reading_production import is_behind_api, read_production
from power_tuner.operations.recalling import earlier_durations
from power_tuner.operations.settling import settled
from power_tuner.ports import FunctionForbidden, FunctionNotFound
from power_tuner.settings import TARGET_TAG
from power_tuner.tuning.arn import canonical_arn, region_of
from power_tuner.tuning.ceiling import ceiling_of
from power_tuner.tuning.invocable import Invocable
from power_tuner.tuning.lease import LEASE_S, Lease, Original
from power_tuner.tuning.limits import limited
from power_tuner.tuning.payloads import WeightedPayload, as_json, read_payloads, split_s3_uri
from power_tuner.tuning.round import Batches, Round
from power_tuner.tuning.run_input import RunInput
from power_tuner.tuning.run_input_parser import COMMENT, STARTED_BY, parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.target import FunctionSnapshot, Target, require_tunable

if TYPE_CHECKING:
    from power_tuner.app import App

_MAX_ORIGIN_CHARS = 1000


@dataclass(frozen=True, slots=True)
class Execution:
    """Which execution a run is: its name is the run's id."""

    run_id: str
    arn: str
    started_at: str


class RunHead(Struct, frozen=True, kw_only=True, rename="camel"):
    """What every state of a run needs."""

    run_id: str
    target_arn: str
    max_concurrent_branches: int


class StartedRun(Struct, frozen=True, kw_only=True):
    """The state of a run that begins: small, however large its input is."""

    run: RunHead
    round: Round


@dataclass(frozen=True, slots=True)
class Initializer:
    """The step Initializer."""

    app: "App"

    def initialize(self, raw: object, execution: Execution) -> StartedRun:
        """Validate the input and take the lease on its target.

        The lease is taken before the target is read, so that another run's test memory size is never mistaken for the
        function's own.

        Returns:
            The state of the run, which is small however large the input is.

        Raises:
            InvalidInput: the input was refused; nothing was touched.
            TargetNotTunable: the function was refused; nothing was touched.
            DayLimitReached: the stack makes no more invocations today.
            TargetBusy: another run holds the lease.
            TargetStillBusy: the same for a run that no person started; it is tried again.
        """
        self.app.history.note_begun(execution.run_id, None, execution.started_at)
        trigger = read_trigger(raw)
        profile = self._profile(trigger) if trigger else None
        asked: Any = profile.full_input() if profile else raw  # type: ignore[explicit-any]  # what a person sent
        run_input = limited(
            parse_run_input(asked, self.app.settings.default_memories_mb), self.app.settings.max_invocations_per_run
        )
        arn = canonical_arn(run_input.target, like=execution.arn)
        self._require_invocable(run_input, arn, like=execution.arn)
        said = profile.policy if profile else _by_hand(asked, run_input)
        policy = self.app.settings.stack_policy.complete(said, run_input.target.name)
        self.app.settings.stack_policy.require_allowed(policy, "apply" if profile else "autoOptimize")
        run_input = structs.replace(
            run_input,
            auto_optimize=policy.automatic,
            auto_optimize_alias=policy.alias if policy.apply in TO_ALIAS else None,
        )
        origin = Origin(
            trigger=trigger.kind if trigger else "direct",
            settings=None if run_input.dry_run else settings_of(asked),
            policy=policy,
            started_by=_text(asked.get(STARTED_BY)),
            comment=_text(asked.get(COMMENT)),
        )
        self.app.history.note_begun(execution.run_id, arn, execution.started_at, origin)
        try:
            lease = self._take_lease(arn, execution)
        except TargetBusy as error:
            if trigger:
                raise TargetStillBusy(str(error)) from error
            raise
        try:
            latest = self._latest(run_input, arn)
            target = self._planned_target(run_input, arn, latest)
            plan = RunPlan(
                run_id=execution.run_id,
                execution_arn=execution.arn,
                started_at=execution.started_at,
                target=target,
                run_input=run_input
                if run_input.payloads
                else structs.replace(run_input, payloads=self._payloads_from_s3(run_input)),
                fingerprint=latest.fingerprint,
                production=None if run_input.dry_run else read_production(self.app, arn, latest.log),
                behind_api=is_behind_api(self.app, arn, run_input, latest.timeout_s),
                past=earlier_durations(self.app, target, run_input),
            )
            first = _first_round(plan)
            ceiling = ceiling_of(plan)
            require_reserved(self.app, execution.run_id, plan.invocations(first))
            self.app.history.note_begun(execution.run_id, arn, execution.started_at, origin, ceiling)
            self.app.documents.save_plan(plan)
            self.app.leases.save(structs.replace(lease, original=_original(latest)))
        except PowerTunerError:
            self.app.leases.release(arn, execution.run_id)
            raise
        return StartedRun(
            run=RunHead(
                run_id=execution.run_id,
                target_arn=arn,
                max_concurrent_branches=self.app.settings.max_concurrent_branches,
            ),
            round=Round(number=1, batches=first),
        )

    def _require_invocable(self, run_input: RunInput, arn: str, *, like: str) -> None:
        # The stack's bus has the stack's name.
        invocable = Invocable(self.app.settings.event_bus_name, self.app.settings.processor_resource)
        invocable.require_target("lambdaARN", arn)
        for field, processor in (
            ("preProcessorARN", run_input.pre_processor),
            ("postProcessorARN", run_input.post_processor),
        ):
            if processor is not None:
                invocable.require_processor(field, processor, like=like)

    def _profile(self, trigger: Trigger) -> Profile:
        profile = self.app.profiles.get(trigger.target_arn)
        if profile is None:
            raise InvalidInput(
                field="lambdaARN",
                value=trigger.target_arn,
                allowed="an enrolled function; its enrolment was deleted meanwhile (power-tuner enroll restores it)",
            )
        return profile

    def _take_lease(self, arn: str, execution: Execution) -> Lease:
        lease = Lease(
            run_id=execution.run_id,
            execution_arn=execution.arn,
            target_arn=arn,
            until_s=int(self.app.now()) + LEASE_S,
        )
        holder = self.app.leases.take(lease)
        if holder is not None:
            left_behind = holder.expired(self.app.now()) or holder.phase == "closing"
            what = "is being cleaned up after" if left_behind else "is being tuned by"
            raise TargetBusy(f"{arn} {what} run {holder.run_id}. Try again when that is done.")
        return lease

    def _latest(self, run_input: RunInput, arn: str) -> FunctionSnapshot:
        try:
            latest = settled(self.app, arn)
        except FunctionForbidden as error:
            tag = self.app.settings.target_tag
            tagged = f" with the tag {TARGET_TAG}={tag} (its parameter targetTag)" if tag else ""
            raise TargetNotTunable(
                f"{run_input.target.name} cannot be tuned: this stack may tune functions of its parameter "
                f"lambdaResource{tagged} only, and it is none of them, or does not exist. {error}"
            ) from error
        except FunctionNotFound:
            raise InvalidInput(
                field="lambdaARN",
                value=run_input.target.unqualified,
                allowed=f"a function that exists; {arn} does not",
            ) from None
        require_tunable(latest, run_input.target.name, call_s=self.app.settings.call_s)
        if self.app.functions.only_streams(arn):
            raise TargetNotTunable(
                f"{run_input.target.name} cannot be tuned: its function URL streams the response (InvokeMode "
                "RESPONSE_STREAM), and the tuner measures by Invoke, which waits for the whole of it; duration and "
                "bill would not be those of production."
            )
        return latest

    def _planned_target(self, run_input: RunInput, arn: str, latest: FunctionSnapshot) -> Target:
        return Target(
            arn=arn,
            name=run_input.target.name,
            region=region_of(arn),
            architecture=latest.architecture,
            runtime=latest.runtime,
            code_sha256=latest.code_sha256,
            memory_mb=self._called_memory_mb(run_input, arn, latest),
            latest_memory_mb=latest.memory_mb,
            timeout_s=latest.timeout_s,
            snapshots_billed=latest.snapshots_billed,
            tells_runtime=latest.tells_runtime,
        )

    def _called_memory_mb(self, run_input: RunInput, arn: str, latest: FunctionSnapshot) -> int:
        qualifier = run_input.target.qualifier
        if qualifier is None:
            return latest.memory_mb
        try:
            called = self.app.functions.get(arn, qualifier)
        except FunctionNotFound:
            raise InvalidInput(
                field="lambdaARN",
                value=f"{run_input.target.name}:{qualifier}",
                allowed="a version or alias that exists",
            ) from None
        if called.code_sha256 != latest.code_sha256:
            raise TargetNotTunable(
                f"{run_input.target.name}:{qualifier} cannot be tuned: its code is that of version {called.version}, "
                f"which is no longer the code of $LATEST, and only $LATEST can be published at other memory sizes. "
                f"Tune right after deploying, or pass the function without a qualifier."
            )
        return called.memory_mb

    def _payloads_from_s3(self, run_input: RunInput) -> tuple[WeightedPayload, ...]:
        text = self.app.documents.read_payload(*split_s3_uri(str(run_input.payload_s3)))
        payloads = read_payloads(text)
        largest = max(len(as_json(each.payload).encode()) for each in payloads)
        if largest > MAX_PAYLOAD_BYTES:
            raise InvalidInput(
                field="payloadS3",
                value=run_input.payload_s3,
                allowed=f"payloads of at most {MAX_PAYLOAD_BYTES} bytes, which is what Lambda takes; one has {largest}",
            )
        if run_input.num is not None and len(payloads) > run_input.num and not run_input.dry_run:
            raise InvalidInput(
                field="num",
                value=run_input.num,
                allowed=f"at least {len(payloads)}, the number of weighted payloads",
            )
        return payloads


def _text(value: object) -> str | None:
    """Return what an input says of itself, as text of bounded length."""
    if value is None:
        return None
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except RecursionError:
        text = "(nested too deep)"
    # Half of a character is no UTF-8, which DynamoDB and EventBridge take alone.
    return text[:_MAX_ORIGIN_CHARS].encode(errors="replace").decode()


def _by_hand(asked: Mapping[str, object], run_input: RunInput) -> Policy:
    """Return the policy of a run that a person or a pipeline started."""
    silent = asked.get("autoOptimize") is None and not run_input.dry_run
    return Policy.of_run(
        auto_optimize=None if silent else run_input.auto_optimize,
        alias=run_input.auto_optimize_alias,
        canary=run_input.auto_optimize_canary,
    )


def _first_round(plan: RunPlan) -> Batches | None:
    """Return the engine's first batches; None in the classic mode."""
    if not plan.smart:
        return None
    # Imported here, so that a classic run does not load the engine.
    from power_tuner.tuning.smart import first_round  # noqa: PLC0415

    return first_round(plan)


def _original(latest: FunctionSnapshot) -> Original:
    return Original(latest.memory_mb, latest.fingerprint, latest.code_sha256, latest.version_fingerprint)
