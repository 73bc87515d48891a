"""Reduce a run's samples to one result: branch by branch, then the decision."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from msgspec import UNSET
from msgspec.structs import asdict

from power_tuner.tuning.cold_starts import cold_starts_of
from power_tuner.tuning.errors_within import FUNCTION_ERROR, are_tolerated, count_errors, errors_text
from power_tuner.tuning.floor import Floor
from power_tuner.tuning.mixed_branch import mixed_branch
from power_tuner.tuning.outcome import MAX_REASON_CHARS, MEASURED_SHARE, BranchOutcome
from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.real_bill import real_bill_of
from power_tuner.tuning.result import (
    Branch,
    ClassicDecision,
    Comparison,
    Decision,
    Draft,
    EstimatedCost,
    FailedBranch,
    MeasuredBranch,
    MeasuredCost,
    Output,
    PowerStats,
    Prediction,
    Result,
    RunCost,
    Spent,
)
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.statistics import mean_over_payloads, spread
from power_tuner.tuning.strategies import Candidate
from power_tuner.tuning.visualization import visualization_url


def analyze_branch(
    memory_mb: int, samples: Sequence[Sample], outcome: BranchOutcome | None, plan: RunPlan, prices: Prices
) -> FailedBranch | MeasuredBranch:
    """Describe one memory size: its outcome, and its averages if it was measured.

    Args:
        memory_mb: the memory size.
        samples: all its invocations, the failed ones too.
        outcome: what ended the branch, None when nothing did.
        plan: the run's plan.
        prices: the plan's.
    """
    measured = [sample for sample in samples if sample.measured and plan.keeps(sample)]
    errors = count_errors(samples)
    failure = outcome or _too_many_errors(errors, samples, plan) or _too_few(len(measured), errors, samples, plan)
    durations_ms = [sample.total_duration_ms for sample in measured]
    discarded = plan.run_input.discard_top_bottom
    average_duration_ms = 0.0 if failure else mean_over_payloads(measured, durations_ms, discarded)
    if not average_duration_ms:
        # As in the peer, whose choice leaves such a memory size out.
        failure = failure or BranchOutcome(outcome="unmeasurable", reason="its average duration is 0 ms")
    cold_samples = sum(sample.cold for sample in measured)
    total_cost_usd = prices.invocations(memory_mb, sum(sample.billed_ms or 0 for sample in samples), len(samples))
    if failure:
        return FailedBranch(
            memory_mb=memory_mb,
            outcome=failure.outcome,
            reason=failure.reason,
            invocations=len(samples),
            samples=len(measured),
            cold_samples=cold_samples,
            total_cost_usd=total_cost_usd,
            errors=errors or UNSET,
        )
    billed_ms = [sample.billed_ms or 0 for sample in measured]
    memories_mb = [sample.max_memory_used_mb for sample in measured if sample.max_memory_used_mb is not None]
    extensions_ms = [sample.extensions_ms for sample in measured if sample.extensions_ms is not UNSET]
    mean_billed_ms = mean_over_payloads(measured, billed_ms, discarded)
    cold_ms = [sample.total_duration_ms for sample in samples if sample.measured and sample.cold]
    branch = MeasuredBranch(
        memory_mb=memory_mb,
        invocations=len(samples),
        samples=len(measured),
        cold_samples=cold_samples,
        total_cost_usd=total_cost_usd,
        errors=errors or UNSET,
        average_duration_ms=average_duration_ms,
        average_cost_usd=prices.average(memory_mb, mean_billed_ms),
        duration_ms=spread(durations_ms),
        max_memory_used_mb=max(memories_mb, default=None),
        extensions_ms=fmean(extensions_ms) if extensions_ms else UNSET,
        cold_duration_ms=fmean(cold_ms) if cold_ms else UNSET,
    )
    share = plan.run_input.cold_start_share
    if plan.smart or share is None or plan.run_input.only_cold_starts:
        # The engine mixes what it believes.
        return branch
    return mixed_branch(branch, share, measured, plan, prices)


def _too_many_errors(errors: Mapping[str, int], samples: Sequence[Sample], plan: RunPlan) -> BranchOutcome | None:
    """Return the outcome of a branch whose function failed too often, None when it did not."""
    invocations, share = len(samples), plan.run_input.tolerated_error_share
    if are_tolerated(sum(errors.values()), invocations, invocations, share):
        return None
    reason = f"{errors_text(errors, invocations)}; {share:.0%} are tolerated"
    return BranchOutcome(outcome=FUNCTION_ERROR, reason=reason[:MAX_REASON_CHARS])


def _too_few(
    measured: int, errors: Mapping[str, int], samples: Sequence[Sample], plan: RunPlan
) -> BranchOutcome | None:
    """Return the outcome of a branch that too few of its invocations speak for, None when they are enough."""
    invocations = len(samples)
    if measured >= max(1, MEASURED_SHARE * ((plan.run_input.num or 1) - sum(errors.values()))):
        return None
    what = "were cold starts" if plan.run_input.only_cold_starts else "have a REPORT that tells their duration"
    reason = f"only {measured} of {plan.run_input.num or invocations} invocations {what}"
    return BranchOutcome(outcome="unmeasurable", reason=reason)


def decide(branches: Sequence[Branch], plan: RunPlan) -> ClassicDecision:
    """Choose among the branches that were measured; there must be one. Of full equals the first of the input wins."""
    objective = plan.run_input.objective()
    place = {memory_mb: index for index, memory_mb in enumerate(plan.run_input.memories_mb)}
    best = objective.choose(sorted(candidates_of(branches), key=lambda each: place.get(each.memory_mb, len(place))))
    limit = objective.limit
    return ClassicDecision(
        memory_mb=best.memory_mb,
        cost_usd=best.cost_usd,
        duration_ms=best.duration_ms,
        strategy=objective.name,
        meets_slo=best.statistics_ms[limit.statistic] <= limit.max_ms if limit else None,
    )


def compare(branches: Sequence[Branch], decision: Decision, current_memory_mb: int) -> Comparison | None:
    """Relate the decision to the memory the function has now; None when that was not measured."""
    for candidate in candidates_of(branches):
        if candidate.memory_mb == current_memory_mb:
            return Comparison(
                current_memory_mb=current_memory_mb,
                cost_change=decision.cost_usd / candidate.cost_usd - 1,
                duration_change=decision.duration_ms / candidate.duration_ms - 1,
            )
    return None


def measured_of(branches: Sequence[Branch]) -> list[MeasuredBranch]:
    """Return the branches that were measured, in ascending order of power."""
    found = [branch for branch in branches if isinstance(branch, MeasuredBranch)]
    return sorted(found, key=lambda branch: branch.memory_mb)


def candidates_of(branches: Sequence[Branch]) -> list[Candidate]:
    """Return the measured branches as candidates, in ascending order of power."""
    return [
        Candidate(branch.memory_mb, branch.average_duration_ms, branch.average_cost_usd, asdict(branch.duration_ms))
        for branch in measured_of(branches)
    ]


def draft_result(
    plan: RunPlan,
    branches: Sequence[Branch],
    spent: Spent,
    *,
    predictions: tuple[Prediction, ...] = (),
    floor: Floor | None = None,
    decision: Decision | None,
    comparison: Comparison | None,
    sentence: str,
    visualization_base_url: str,
) -> Draft:
    """Build the result but for its end.

    Args:
        plan: the run's plan.
        branches: as ``analyze_branch`` returns them; one of them is measured.
        spent: what the run cost.
        predictions: what is believed of candidates that were not invoked.
        floor: what the decision has to keep to; None in a dry run.
        decision: what was chosen; None in a dry run.
        comparison: how it relates to the memory size that the function has now, None when that is not known.
        sentence: the answer for people.
        visualization_base_url: of the peer's viewer.
    """
    return Draft(
        run_id=plan.run_id,
        execution_arn=plan.execution_arn,
        started_at=plan.started_at,
        target=plan.target,
        run_input=plan.public_input(),
        decision=decision,
        comparison=comparison,
        sentence=sentence + (floor.warning if floor else ""),
        branches=tuple(branches),
        predictions=predictions,
        floor=floor or UNSET,
        cold_starts=cold_starts_of(plan) or UNSET,
        real_bill=real_bill_of(plan, comparison) or UNSET,
        visualization_url=visualization_url(candidates_of(branches), visualization_base_url, spent.currency),
        spent=spent,
    )


def finish_result(draft: Draft, *, finished_at: str, with_stats: bool) -> Result:
    """Complete the result, with the execution's output in the peer's shape.

    Args:
        draft: as ``draft_result`` returns it.
        finished_at: the time.
        with_stats: whether the output has the averages of each memory size.
    """
    known = {name: value for name, value in asdict(draft).items() if name != "visualization_url"}
    return Result(**known, finished_at=finished_at, output=_output(draft, with_stats=with_stats))


def _output(draft: Draft, *, with_stats: bool) -> Output:
    decision, spent = draft.decision, draft.spent
    measured = {branch.memory_mb: branch for branch in measured_of(draft.branches)}
    stats = tuple(
        PowerStats(
            memory_mb=branch.memory_mb,
            average_cost_usd=branch.average_cost_usd,
            average_duration_ms=branch.average_duration_ms,
        )
        for branch in (measured[each] for each in draft.candidates_mb if each in measured)
    )
    return Output(
        memory_mb=decision.memory_mb if decision else None,
        cost_usd=decision.cost_usd if decision else None,
        duration_ms=decision.duration_ms if decision else None,
        run_cost=RunCost(
            execution_cost_usd=spent.execution_cost_usd,
            lambda_cost_usd=spent.lambda_cost_usd,
            visualization_url=draft.visualization_url,
            measured=MeasuredCost(lambda_cost_usd=spent.lambda_cost_usd),
            estimated=EstimatedCost(
                execution_cost_usd=spent.execution_cost_usd,
                snap_start_cost_usd=spent.snap_start_cost_usd or 0.0,
                own_functions_cost_usd=spent.own_functions_cost_usd or 0.0,
            ),
        ),
        stats=stats if with_stats else None,
    )
