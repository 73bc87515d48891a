"""Invoke the target, and save the samples from its REPORT lines."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from power_tuner.errors import BranchFailed, FunctionError, NothingMeasured, Throttled, Unmeasurable
from power_tuner.operations.day_limit import Allowance
from power_tuner.operations.invoking import invoke_once
from power_tuner.ports import PATIENCE_S, SampleBlock
from power_tuner.tuning.ceiling import MAX_BURSTS, MAX_TRIES_PER_WARM_SAMPLE
from power_tuner.tuning.errors_within import are_tolerated
from power_tuner.tuning.iso_time import epoch_s
from power_tuner.tuning.limits import reached, spent_usd
from power_tuner.tuning.outcome import MAX_REASON_CHARS, Invocation
from power_tuner.tuning.run_input import MAX_COLD_NUM
from power_tuner.tuning.run_plan import PARALLEL_BATCH_INVOCATIONS, RunPlan
from power_tuner.tuning.sample import Sample

if TYPE_CHECKING:
    from power_tuner.app import App

# How often samples are saved and the lease is renewed, so that a stopped run stops invoking.
CHECKPOINT_S = 5.0
# Time that an Executor keeps for saving before its own end.
MARGIN_S = 10.0
# A throttled Executor uses concurrency that others wait for, so it ends soon and is called again later.
SHORT_PATIENCE_S = 10.0
# The next invocation may take this much longer than the longest so far.
SLOWER_BY = 3.0
SHORTEST_ROOM_S = 5.0
# An error that says this may be gone at a larger memory size, so the first try does not end the run with it.
LACKS_MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class BatchItem:
    """The task of one Executor call: to continue one batch of a branch.

    Attributes:
        begin: index of the batch's first invocation in the branch.
        count: how many samples the batch needs.
        position: index of the next invocation; past ``begin`` when an earlier call ran out of time.
        kept: how many samples earlier calls measured, of the kind that the run needs; None when there was none but
            the first try, which is a cold start.
        failed: how many errors of the function earlier calls tolerated.
        spent: what earlier calls cost.
    """

    target_arn: str
    memory_mb: int
    version: str
    begin: int
    count: int
    position: int
    kept: int | None = None
    failed: int = 0
    spent: float = 0.0


class BatchProgress(Struct, frozen=True, kw_only=True):
    """How far a batch is, as the state machine carries it; the members are those of ``BatchItem``."""

    begin: int
    count: int
    position: int
    kept: int
    failed: int
    spent: float
    done: bool


@dataclass(frozen=True, slots=True)
class Executor:
    """The step Executor."""

    app: "App"

    def execute(self, run_id: str, item: BatchItem, call_id: str, remaining_s: Callable[[], float]) -> BatchProgress:
        """Invoke until the batch is done or the time is used up.

        Returns:
            The batch for the next call, unless it is ``done``.

        Raises:
            BranchFailed: the branch failed; all samples so far are saved.
            DayLimitReached: the stack makes no more invocations today; the same.
            LeaseLost: the run was stopped.
        """
        self.app.leases.renew(item.target_arn, run_id)
        plan = self.app.documents.plan(run_id)
        cycle = plan.payload_turns()
        position = saved = item.position
        kept, failed, spent = _kept_before(plan, item), item.failed, item.spent
        unsaved: list[Sample] = []
        longest_s = 0.0
        checked_s = self.app.now()

        def save() -> None:
            nonlocal saved
            if unsaved:
                block = SampleBlock(item.begin, saved, call_id, tuple(unsaved))
                self.app.documents.save_samples(run_id, item.memory_mb, block)
                unsaved.clear()
            saved = position

        try:
            # All of it is asked for at once: one write for a call, not one for each invocation.
            with (
                Allowance(self.app, run_id, item.count - (item.position - item.begin)) as allowance,
                ThreadPoolExecutor(max_workers=_side_by_side(plan, item)) as pool,
            ):
                while not _done(plan, item, position, kept):
                    if position > item.position and remaining_s() < self._room_s(plan, longest_s):
                        break
                    began_s = self.app.now()
                    wave = [cycle[index % len(cycle)] for index in _wave(plan, item, position, kept)]
                    invocations = self._invoke_wave(plan, item, wave, pool, allowance)
                    longest_s = max(longest_s, self.app.now() - began_s)
                    busy = next((each.failure for each in invocations if isinstance(each.failure, Throttled)), None)
                    if busy and len(wave) == 1:
                        if position > item.position:
                            break
                        raise busy
                    position += len(wave)
                    samples = [_kept(invocation.sample, plan) for invocation in invocations]
                    kept += sum(sample.measured and plan.keeps(sample) for sample in samples)
                    unsaved += samples
                    failures = [invocation.failure for invocation in invocations if invocation.failure]
                    failed += len(failures)
                    _require_few(failures, failed, position - item.begin, item, plan)
                    spent += spent_usd(plan, item.memory_mb, samples)
                    limit = reached(
                        plan,
                        item.count,
                        spent,
                        self.app.now() - epoch_s(plan.started_at),
                        invoked=position - item.begin,
                        stack_max_invocations=self.app.settings.max_invocations_per_run,
                    )
                    if limit and not _done(plan, item, position, kept):
                        raise Unmeasurable(f"{limit} after {position - item.begin} of {item.count} invocations")
                    if self.app.now() - checked_s > CHECKPOINT_S:
                        save()
                        self.app.leases.renew(item.target_arn, run_id)
                        checked_s = self.app.now()
        finally:
            # However the batch ends: what was invoked is billed, so it is counted.
            save()
        done = _done(plan, item, position, kept)
        return BatchProgress(
            begin=item.begin, count=item.count, position=position, kept=kept, failed=failed, spent=spent, done=done
        )

    def try_once(self, run_id: str, item: BatchItem, call_id: str) -> None:
        """Make the first invocation of a run, before all others; it is the first of its batch.

        Raises:
            NothingMeasured: the function raised an error, which no other memory size would cure.
            Throttled: nothing was invoked.
            DayLimitReached: the stack makes no more invocations today.
            LeaseLost: the run was stopped.
        """
        self.app.leases.renew(item.target_arn, run_id)
        plan = self.app.documents.plan(run_id)
        with Allowance(self.app, run_id, 1) as allowance, ThreadPoolExecutor(max_workers=1) as pool:
            (invocation,) = self._invoke_wave(plan, item, plan.payload_turns()[:1], pool, allowance)
        failure = invocation.failure
        if isinstance(failure, Throttled):
            raise failure
        block = SampleBlock(item.begin, item.begin, call_id, (_kept(invocation.sample, plan),), first_try=True)
        self.app.documents.save_samples(run_id, item.memory_mb, block)
        if isinstance(failure, FunctionError) and LACKS_MEMORY not in str(failure).casefold():
            raise NothingMeasured(
                f"No memory size was measured, because the function already failed when it was first tried, at "
                f"{item.memory_mb} MB: {failure}"
            )

    def _room_s(self, plan: RunPlan, longest_s: float) -> float:
        expected_s = max(SHORTEST_ROOM_S, SLOWER_BY * longest_s)
        if not (plan.run_input.pre_processor or plan.run_input.post_processor):
            expected_s = min(float(plan.target.timeout_s), expected_s)
        return expected_s + plan.run_input.sleep_between_runs_ms / 1000 + MARGIN_S

    def _invoke_wave(
        self, plan: RunPlan, item: BatchItem, wave: Sequence[int], pool: ThreadPoolExecutor, allowance: Allowance
    ) -> list[Invocation]:
        """Invoke with several payloads at once, if the day has room for it."""
        allowance.require(len(wave))
        invocations = list(pool.map(lambda index: self._invoke(plan, item, index), wave))
        allowance.use(sum(not isinstance(each.failure, Throttled) for each in invocations))
        return invocations

    def _invoke(self, plan: RunPlan, item: BatchItem, payload_index: int) -> Invocation:
        patience_s = _patience_s(plan, item)
        invocation = invoke_once(
            self.app,
            plan,
            item.target_arn,
            item.version,
            payload_index,
            memory_mb=item.memory_mb,
            patience_s=patience_s,
        )
        if plan.run_input.sleep_between_runs_ms and not plan.run_input.parallel_invocation:
            self.app.sleep(plan.run_input.sleep_between_runs_ms / 1000)
        return invocation


def _require_few(
    failures: Sequence[BranchFailed], failed: int, invocations: int, item: BatchItem, plan: RunPlan
) -> None:
    """Raise the failure that ends the branch: any but an error of the function, or one error too many."""
    final = next((failure for failure in failures if not isinstance(failure, FunctionError)), None)
    share = plan.run_input.tolerated_error_share
    if final is None and failures and not are_tolerated(failed, invocations, item.count, share):
        final = failures[-1]
        if failed > 1:
            what = f"{failed} of {invocations} invocations failed, and {share:.0%} are tolerated; the last: {final}"
            final = FunctionError(what[:MAX_REASON_CHARS])
    if final is not None:
        raise final


def _kept_before(plan: RunPlan, item: BatchItem) -> int:
    if item.kept is not None:
        return item.kept
    return item.position - item.begin if plan.sample_kind == "cold" else 0


def _side_by_side(plan: RunPlan, item: BatchItem) -> int:
    """Return how many invocations run at the same time.

    Invocations at the same moment cannot share a sandbox, so all cold starts of a memory size are one burst. A later
    burst finds the sandboxes of the earlier ones warm, so it is larger by their number.
    """
    if plan.run_input.only_cold_starts:
        return min(item.begin + item.count, MAX_COLD_NUM)
    return PARALLEL_BATCH_INVOCATIONS if plan.run_input.parallel_invocation else 1


def _patience_s(plan: RunPlan, item: BatchItem) -> float:
    """Return how long a throttled invocation waits; invocations that started together wait together."""
    return PATIENCE_S if _side_by_side(plan, item) > 1 else SHORT_PATIENCE_S


def _wave(plan: RunPlan, item: BatchItem, position: int, kept: int) -> range:
    """Return the indices of the invocations that start now."""
    size = _side_by_side(plan, item)
    if plan.sample_kind == "any":
        size = min(size, item.begin + item.count - position)
    elif plan.sample_kind == "warm":
        size = min(size, item.count - kept)
    return range(position, position + size)


def _done(plan: RunPlan, item: BatchItem, position: int, kept: int) -> bool:
    invoked = position - item.begin
    if plan.sample_kind == "any":
        return invoked >= item.count
    if plan.sample_kind == "cold":
        return kept >= item.count or invoked >= MAX_BURSTS * _side_by_side(plan, item)
    return kept >= item.count or invoked >= MAX_TRIES_PER_WARM_SAMPLE * (item.count + 1)


def _kept(sample: Sample, plan: RunPlan) -> Sample:
    if plan.run_input.only_cold_starts and sample.measured and not sample.cold:
        return replace(sample, status="warm")
    return sample
