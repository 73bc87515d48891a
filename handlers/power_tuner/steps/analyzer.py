"""Analyze the samples of a run, and decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from power_tuner.errors import NothingMeasured, ProcessorFailed, TargetChanged
from power_tuner.operations.day_limit import reserve_invocations
from power_tuner.operations.settling import settled_after_run
from power_tuner.ports import FunctionNotFound, SampleBlock
from power_tuner.report.wording import comparison_sentence
from power_tuner.tuning.analysis import analyze_branch, compare, decide, draft_result, measured_of
from power_tuner.tuning.iso_time import epoch_s
from power_tuner.tuning.lease import foreign_change
from power_tuner.tuning.outcome import BranchOutcome
from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.result import Branch, Comparison, Decision, MeasuredBranch, Prediction
from power_tuner.tuning.round import Round
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.safe_sizes import barred_mb, floor_of
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.spending import spent_of
from power_tuner.tuning.transitions import Work

if TYPE_CHECKING:
    from power_tuner.app import App

# A cause holds 32 KB, and is part of the failure event and of the item too.
_MAX_CHARS = 4000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run decided: the decision, its comparison with the current memory size, branches and predictions."""

    decision: Decision | None
    comparison: Comparison | None
    branches: Sequence[Branch]
    predictions: tuple[Prediction, ...] = ()


@dataclass(frozen=True, slots=True)
class Analyzer:
    """The step Analyzer."""

    app: "App"

    def analyze(self, target_arn: str, run_id: str, round_number: int, *, publisher_calls: int) -> Round:
        """Turn samples and outcomes into the draft of the result, or return the next round.

        Args:
            target_arn: unqualified.
            run_id: the run.
            round_number: how many rounds were measured.
            publisher_calls: how often the Publisher was called, for the cost of the run.

        Returns:
            The next round, or this one as ``done``.

        Raises:
            TargetChanged: somebody deployed while it was measured.
            ProcessorFailed: a pre- or post-processor failed.
            NothingMeasured: no branch is left.
        """
        self._require_unchanged(target_arn, run_id)
        plan = self.app.documents.plan(run_id)
        prices = plan.prices
        blocks = self.app.documents.samples(run_id)
        outcomes = self.app.documents.outcomes(run_id)
        for outcome in outcomes.values():
            if outcome.ends_run:
                raise ProcessorFailed(outcome.reason)
        samples = {memory_mb: _in_order(of_memory) for memory_mb, of_memory in blocks.items()}
        branches = _branches(plan, samples, outcomes, prices)
        if plan.smart:
            verdict = self._ask(plan, samples, branches, prices, round_number)
        else:
            verdict = _classic_verdict(plan, branches)
        if isinstance(verdict, Round):
            return verdict
        work = _work(plan, round_number, publisher_calls, blocks, outcomes)
        draft = draft_result(
            plan,
            verdict.branches,
            spent_of(plan, samples, work, self.app.now() - epoch_s(plan.started_at)),
            predictions=verdict.predictions,
            floor=floor_of(plan, verdict.branches, verdict.decision.memory_mb) if verdict.decision else None,
            decision=verdict.decision,
            comparison=verdict.comparison,
            sentence=comparison_sentence(verdict.decision, verdict.comparison, plan.target.memory_mb),
            visualization_base_url=self.app.settings.visualization_url,
        )
        self.app.documents.save_draft(draft)
        return Round(done=True, number=round_number, batches=None)

    def _require_unchanged(self, target_arn: str, run_id: str) -> None:
        lease = self.app.leases.renew(target_arn, run_id)
        try:
            change = foreign_change(lease, settled_after_run(self.app, lease))
        except FunctionNotFound:
            change = "it was deleted"
        if change:
            raise TargetChanged(
                f"{target_arn} changed during the run: {change}. The measurements are no longer valid; start a new run."
            )

    def _ask(
        self,
        plan: RunPlan,
        samples: Mapping[int, Sequence[Sample]],
        branches: Sequence[Branch],
        prices: Prices,
        round_number: int,
    ) -> Verdict | Round:
        # Imported here, so that a classic run does not load the engine.
        from power_tuner.engine.question import Invoke  # noqa: PLC0415
        from power_tuner.tuning import smart  # noqa: PLC0415

        failed = frozenset(branch.memory_mb for branch in branches if not isinstance(branch, MeasuredBranch))
        elapsed_s = self.app.now() - epoch_s(plan.started_at)
        barred = barred_mb(plan, branches)
        step = smart.ask_engine(plan, samples, failed, prices, rounds=round_number, elapsed_s=elapsed_s, barred=barred)
        if isinstance(step, Invoke):
            batches = smart.batches_of(step, samples)
            if reserve_invocations(self.app, plan.run_id, plan.invocations(batches)):
                return Round(number=round_number + 1, batches=batches)
            step = smart.decide_now(
                plan, samples, failed, prices, rounds=round_number, elapsed_s=elapsed_s, barred=barred
            )
        if step.memory_mb is None:
            raise _nothing_measured(branches)
        judged = smart.estimated(branches, step)
        chosen = next(branch for branch in measured_of(judged) if branch.memory_mb == step.memory_mb)
        decision, comparison = smart.decision_of(step, plan, chosen), smart.comparison_of(step)
        return Verdict(decision, comparison, judged, smart.predictions_of(step))


def _in_order(blocks: Sequence[SampleBlock]) -> list[Sample]:
    """Return every sample; of each planned invocation, at most one counts as measured.

    A call of the Executor that Step Functions repeated begins where the lost call began. The invocations of both are
    billed, but must not count twice in an average.
    """
    samples: list[Sample] = []
    seen: set[int] = set()
    for block in blocks:
        for index, sample in enumerate(block.samples, block.first):
            samples.append(replace(sample, status="repeated") if index in seen else sample)
            if sample.measured:
                seen.add(index)
    return samples


def _branches(
    plan: RunPlan,
    samples: Mapping[int, Sequence[Sample]],
    outcomes: Mapping[int, BranchOutcome],
    prices: Prices,
) -> list[Branch]:
    """Return a branch for each memory size; in the smart mode only for those that were invoked."""
    tried = [
        memory_mb
        for memory_mb in sorted(plan.run_input.memories_mb)
        if not plan.smart or memory_mb in samples or memory_mb in outcomes
    ]
    return [
        analyze_branch(memory_mb, samples.get(memory_mb, ()), outcomes.get(memory_mb), plan, prices)
        for memory_mb in tried
    ]


def _classic_verdict(plan: RunPlan, branches: Sequence[Branch]) -> Verdict:
    if not measured_of(branches):
        raise _nothing_measured(branches)
    if plan.run_input.dry_run:
        return Verdict(None, None, branches)
    decision = decide(branches, plan)
    return Verdict(decision, compare(branches, decision, plan.target.memory_mb), branches)


def _nothing_measured(branches: Sequence[Branch]) -> NothingMeasured:
    memories_mb: dict[tuple[str, str | None], list[str]] = {}
    for branch in branches:
        memories_mb.setdefault((branch.outcome, branch.reason), []).append(f"{branch.memory_mb} MB")
    reasons = [f"{', '.join(of_reason)} {outcome}: {reason}" for (outcome, reason), of_reason in memories_mb.items()]
    return NothingMeasured(("No memory size could be measured. " + " | ".join(reasons))[:_MAX_CHARS])


def _work(
    plan: RunPlan,
    rounds: int,
    publisher_calls: int,
    blocks: Mapping[int, Sequence[SampleBlock]],
    outcomes: Mapping[int, BranchOutcome],
) -> Work:
    calls = {memory_mb: _calls(of_memory) for memory_mb, of_memory in blocks.items()}
    batches = {memory_mb: len({batch for batch, _ in of_memory}) for memory_mb, of_memory in calls.items()}
    return Work(
        rounds=rounds,
        publisher_calls=publisher_calls,
        # A round of the smart mode is one batch of a branch; the batches of a classic branch share its child.
        branches=sum(batches.values()) if plan.smart else len(batches),
        executor_calls=sum(len(of_memory) for of_memory in calls.values()),
        finished_batches=sum(count - (memory_mb in outcomes) for memory_mb, count in batches.items()),
        failed_executor_calls=sum(memory_mb in calls for memory_mb in outcomes),
        first_tries=int(any(block.first_try for of_memory in blocks.values() for block in of_memory)),
    )


def _calls(blocks: Sequence[SampleBlock]) -> set[tuple[int, int]]:
    """Return each Executor state that was entered, as its batch and the index of its first invocation.

    A repeated call begins where the lost call began, and both are one entered state.
    """
    began: dict[tuple[int, str], int] = {}
    for block in blocks:
        if block.first_try:
            continue
        call = block.batch, block.call_id
        began[call] = min(block.first, began.get(call, block.first))
    return {(batch, first) for (batch, _), first in began.items()}
