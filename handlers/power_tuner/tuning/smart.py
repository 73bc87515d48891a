"""Put a run to the decision engine, and its answer into the result: the smart mode (no ``num``)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from msgspec import UNSET, structs
from msgspec.structs import asdict

from power_tuner.engine import question as engine
from power_tuner.engine.decide import next_step
from power_tuner.engine.question import (
    Invoke,
    Limits,
    Measured,
    Overhead,
    Progress,
    Question,
)
from power_tuner.errors import InvalidInput
from power_tuner.tuning.ceiling import MAX_ROUNDS
from power_tuner.tuning.cold_starts import cold_starts_of
from power_tuner.tuning.earlier_calls import past_of, production_calls
from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.result import (
    Branch,
    Comparison,
    EstimatedBranch,
    Interval,
    MeasuredBranch,
    Prediction,
    SmartDecision,
)
from power_tuner.tuning.round import Batch, Batches
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.safe_sizes import barred_mb, candidates_mb
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.sandbox_places import sandbox_places
from power_tuner.tuning.snap_start import restoring_usd
from power_tuner.tuning.transitions import Work, count_transitions

# What an invocation takes beside its bill, its seconds and the load on what the target calls, in state transitions.
CALL_TRANSITIONS = 0.5


def ask_engine(
    plan: RunPlan,
    samples: Mapping[int, Sequence[Sample]],
    failed: frozenset[int],
    prices: Prices,
    *,
    rounds: int,
    elapsed_s: float,
    barred: frozenset[int] = frozenset(),
) -> Invoke | engine.Decision:
    """Ask what to invoke next, or for the decision.

    Args:
        plan: the run's plan.
        samples: all invocations so far, by memory size.
        failed: memory sizes whose branch failed.
        prices: the plan's.
        rounds: how many rounds were measured.
        elapsed_s: seconds since the run began.
        barred: memory sizes that must not be chosen.
    """
    side_by_side = plan.run_input.parallel_invocation
    progress = progress_of(samples, failed, prices, rounds=rounds, elapsed_s=elapsed_s, side_by_side=side_by_side)
    return next_step(replace(question_of(plan, prices, failed), barred_mb=barred), progress)


def decide_now(
    plan: RunPlan,
    samples: Mapping[int, Sequence[Sample]],
    failed: frozenset[int],
    prices: Prices,
    *,
    rounds: int,
    elapsed_s: float,
    barred: frozenset[int] = frozenset(),
) -> engine.Decision:
    """Ask for the decision, because no more may be invoked today; the arguments are those of ``ask_engine``."""
    limited = replace(plan, run_input=structs.replace(plan.run_input, max_invocations=1))
    step = ask_engine(limited, samples, failed, prices, rounds=rounds, elapsed_s=elapsed_s, barred=barred)
    if isinstance(step, Invoke):
        raise AssertionError("the engine asks for more than it may")  # noqa: TRY004 - a fault of ours
    return replace(step, stopped_by="day")


def progress_of(
    samples: Mapping[int, Sequence[Sample]],
    failed: frozenset[int],
    prices: Prices,
    *,
    rounds: int,
    elapsed_s: float,
    side_by_side: bool = False,
) -> Progress:
    """Return what was observed so far, as the engine reads it; what was invoked for nothing is only paid for."""
    measured = {
        memory_mb: [
            _measured(sample, place)
            for sample, place in zip(of_memory, sandbox_places(of_memory, side_by_side=side_by_side), strict=True)
            if sample.measured
        ]
        for memory_mb, of_memory in samples.items()
    }
    wasted = {memory_mb: [s for s in of_memory if not s.measured] for memory_mb, of_memory in samples.items()}
    for memory_mb in failed:
        wasted[memory_mb] = list(samples.get(memory_mb, ()))
        measured.pop(memory_mb, None)
    return Progress(
        samples=measured,
        rounds=rounds,
        elapsed_s=elapsed_s,
        failed=failed,
        wasted_invocations=sum(len(of_memory) for of_memory in wasted.values()),
        wasted_cost_usd=sum(
            prices.invocations(memory_mb, sum(s.billed_ms or 0 for s in of_memory), len(of_memory))
            for memory_mb, of_memory in wasted.items()
        ),
    )


def first_round(plan: RunPlan) -> Batches:
    """Return the batches that the engine begins with.

    Raises:
        InvalidInput: a limit allows no measurement at all.
    """
    step = ask_engine(plan, {}, frozenset(), plan.prices, rounds=0, elapsed_s=0.0, barred=barred_mb(plan))
    if isinstance(step, Invoke):
        return batches_of(step, {})
    if plan.run_input.max_cost_usd == 0:
        raise InvalidInput(field="maxCostUsd", value=plan.run_input.max_cost_usd, allowed="more than 0")
    raise InvalidInput(
        field="maxInvocations",
        value=plan.run_input.max_invocations,
        allowed="at least 2: the first invocation of a version is a cold start, the next one counts",
    )


def batches_of(step: Invoke, samples: Mapping[int, Sequence[Sample]]) -> Batches:
    """Return the batches of a round; those of a memory size begin behind what was invoked."""
    return {
        memory_mb: (Batch(len(samples.get(memory_mb, ())), count),) for memory_mb, count in step.invocations.items()
    }


def decision_of(decision: engine.Decision, plan: RunPlan, chosen: MeasuredBranch) -> SmartDecision:
    """Describe the engine's decision as results do.

    Args:
        decision: with a choice.
        plan: the run's plan.
        chosen: the branch of the chosen memory size.
    """
    return SmartDecision(
        memory_mb=chosen.memory_mb,
        cost_usd=chosen.average_cost_usd,
        duration_ms=chosen.average_duration_ms,
        strategy=plan.run_input.strategy,
        confidence=decision.confidence,
        stopped_by=decision.stopped_by,
        model_fits=decision.model_fits,
        chance_of_meeting_slo=decision.meets_slo,
        rounds=decision.spent.rounds,
        sweep_cost_usd=decision.spent.sweep_cost_usd,
        chance_as_before=UNSET if decision.as_before is None else decision.as_before,
        slower_calls=UNSET if decision.slower_calls is None else decision.slower_calls,
    )


def comparison_of(decision: engine.Decision) -> Comparison | None:
    """Describe the gain over the memory size that the function has now, with its intervals."""
    gain = decision.gain
    if gain is None:
        return None
    return Comparison(
        current_memory_mb=gain.current_memory_mb,
        cost_change=gain.cost_change.estimate,
        duration_change=gain.duration_change.estimate,
        cost_change_interval=_bounds(gain.cost_change),
        duration_change_interval=_bounds(gain.duration_change),
        significant=gain.significant,
    )


def estimated(branches: Sequence[Branch], decision: engine.Decision) -> list[Branch]:
    """Return the branches with what the engine knows of those that were measured."""
    estimates = {estimate.memory_mb: estimate for estimate in decision.estimates}
    return [
        _estimated(branch, estimates[branch.memory_mb])
        if isinstance(branch, MeasuredBranch) and branch.memory_mb in estimates
        else branch
        for branch in branches
    ]


def predictions_of(decision: engine.Decision) -> tuple[Prediction, ...]:
    """Describe what the engine believes of the memory sizes that were not measured."""
    return tuple(
        Prediction(
            memory_mb=belief.memory_mb,
            duration_ms=belief.duration_ms.estimate,
            duration_interval_ms=_bounds(belief.duration_ms),
            cost_usd=belief.cost_usd.estimate,
            cost_interval_usd=_bounds(belief.cost_usd),
            chance_of_best=belief.chance_of_best,
        )
        for belief in decision.predictions
    )


def _estimated(branch: MeasuredBranch, estimate: engine.MemoryEstimate) -> EstimatedBranch:
    averages = {
        "average_duration_ms": estimate.duration_ms.estimate,
        "average_cost_usd": estimate.cost_usd.estimate,
    }
    return EstimatedBranch(
        **{**asdict(branch), **averages},
        duration_interval_ms=_bounds(estimate.duration_ms),
        cost_interval_usd=_bounds(estimate.cost_usd),
        chance_of_best=estimate.chance_of_best,
    )


def question_of(plan: RunPlan, prices: Prices, failed: frozenset[int] = frozenset()) -> Question:
    """Return what a run asks of the engine, the same in each round until all that is safe has failed."""
    run_input, memories_mb = plan.run_input, candidates_mb(plan, failed)
    return Question(
        memories_mb=memories_mb,
        price_per_ms_usd={memory_mb: prices.per_ms(memory_mb) for memory_mb in memories_mb},
        objective=run_input.objective(),
        request_price_usd=prices.request,
        current_memory_mb=plan.target.memory_mb,
        confidence=cast("engine.Confidence", run_input.confidence),
        limits=Limits(run_input.max_invocations, run_input.max_cost_usd, run_input.max_duration_s, MAX_ROUNDS),
        overhead=_overhead(plan, prices),
        start="cold" if run_input.only_cold_starts else "warm",
        cold_starts=_cold_starts(plan, prices, memories_mb),
        past=past_of(plan.past, production_calls(plan)) if plan.past else None,
        payload_weights={index: each.weight for index, each in enumerate(run_input.payloads)},
    )


def _cold_starts(plan: RunPlan, prices: Prices, memories_mb: Sequence[int]) -> engine.ColdStarts | None:
    found = cold_starts_of(plan)
    if found is None or not found.share:
        return None
    restore_usd = {memory_mb: restoring_usd(plan.target, prices, memory_mb, 1) for memory_mb in memories_mb}
    return engine.ColdStarts(found.share, restore_usd)


def _overhead(plan: RunPlan, prices: Prices) -> Overhead:
    """Return what a round costs beside the target's bill: its transitions, and the cold start of each new version."""
    nothing = Work(rounds=0, publisher_calls=0, branches=0, executor_calls=0, finished_batches=0)
    a_round = replace(nothing, rounds=1, publisher_calls=1)
    a_branch = replace(nothing, branches=1, executor_calls=1, finished_batches=1)
    begun = count_transitions(nothing)
    return Overhead(
        round_usd=(count_transitions(a_round) - begun) * prices.transition,
        memory_usd=(count_transitions(a_branch) - begun) * prices.transition,
        call_usd=CALL_TRANSITIONS * prices.transition,
        lost_calls=0 if plan.run_input.only_cold_starts else 1,
    )


def _measured(sample: Sample, place: int) -> Measured:
    return Measured(
        duration_ms=sample.total_duration_ms,
        billed_ms=float(sample.billed_ms or 0),
        cold=sample.cold,
        payload=sample.payload_index,
        place=place,
    )


def _bounds(interval: engine.Interval) -> Interval:
    return interval.low, interval.high
