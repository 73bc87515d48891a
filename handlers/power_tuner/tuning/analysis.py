"""Reduce a run's samples to one result: branch by branch, then the decision."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from power_tuner.report.wording import comparison_sentence
from power_tuner.tuning.outcome import MEASURED_SHARE
from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.statistics import mean_over_payloads, price_of_mean, spread
from power_tuner.tuning.strategies import Candidate, choose, choose_tolerant, choose_within
from power_tuner.tuning.visualization import visualization_url


def analyze_branch(
    memory_mb: int, samples: Sequence[Sample], outcome: Mapping[str, Any] | None, plan: RunPlan, prices: Prices
) -> dict[str, Any]:
    """Describe one power value: its outcome, and its averages if it was measured.

    Args:
        memory_mb: the power value.
        samples: all its invocations, the failed ones too.
        outcome: what ended the branch, None when nothing did.
        plan: the run's plan.
        prices: of the target's region and architecture.
    """
    measured = [sample for sample in samples if sample.measured and plan.keeps(sample)]
    branch: dict[str, Any] = {
        "powerValue": memory_mb,
        "outcome": outcome["outcome"] if outcome else "ok",
        "reason": outcome["reason"] if outcome else None,
        "invocations": len(samples),
        "samples": len(measured),
        "coldSamples": sum(sample.cold for sample in measured),
        "totalCostUsd": prices.invocations(memory_mb, sum(sample.billed_ms or 0 for sample in samples), len(samples)),
    }
    if outcome:
        return branch
    if len(measured) < MEASURED_SHARE * (plan.run_input.num or 1):
        branch["outcome"] = "unmeasurable"
        what = "were cold starts" if plan.run_input.only_cold_starts else "have a REPORT that tells their duration"
        branch["reason"] = f"only {len(measured)} of {plan.run_input.num or len(samples)} invocations {what}"
        return branch
    durations_ms = [sample.total_duration_ms for sample in measured]
    billed_ms = [sample.billed_ms or 0 for sample in measured]
    memories_mb = [sample.max_memory_used_mb for sample in measured if sample.max_memory_used_mb is not None]
    mean_billed_ms = mean_over_payloads(measured, billed_ms, plan.run_input.discard_top_bottom)
    branch["averageDurationMs"] = mean_over_payloads(measured, durations_ms, plan.run_input.discard_top_bottom)
    branch["averageCostUsd"] = price_of_mean(mean_billed_ms, prices.per_ms(memory_mb))
    branch["durationMs"] = spread(durations_ms)
    branch["maxMemoryUsedMb"] = max(memories_mb, default=None)
    return branch


def decide(branches: Sequence[Mapping[str, Any]], plan: RunPlan) -> dict[str, Any]:
    """Choose among the branches that were measured; there must be one."""
    run_input = plan.run_input
    candidates = candidates_of(branches)
    decision: dict[str, Any] = {"strategy": run_input.strategy, "mode": "classic"}
    if run_input.strategy == "slo":
        # The parser refuses strategy slo without a limit.
        limit_ms = cast("float", run_input.max_duration_ms)
        statistic_ms = {b["powerValue"]: b["durationMs"][run_input.statistic] for b in branches if b["outcome"] == "ok"}
        best = choose_within(candidates, statistic_ms, limit_ms)
        decision["meetsSlo"] = statistic_ms[best.memory_mb] <= limit_ms
    elif run_input.strategy == "tolerance":
        best = choose_tolerant(candidates, run_input.tolerance)
    else:
        best = choose(candidates, run_input.strategy, run_input.balanced_weight)
    return {"power": best.memory_mb, "costUsd": best.cost_usd, "durationMs": best.duration_ms, **decision}


def compare(
    branches: Sequence[Mapping[str, Any]], decision: Mapping[str, Any], current_memory_mb: int
) -> dict[str, Any] | None:
    """Relate the decision to the memory the function has now; None when that was not measured.

    Returns:
        ``currentPower`` and the relative changes ``costChange`` and ``durationChange`` (-0.31 is 31 % less).
    """
    for candidate in candidates_of(branches):
        if candidate.memory_mb == current_memory_mb:
            return {
                "currentPower": current_memory_mb,
                "costChange": decision["costUsd"] / candidate.cost_usd - 1,
                "durationChange": decision["durationMs"] / candidate.duration_ms - 1,
            }
    return None


def candidates_of(branches: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    """Return the measured branches as candidates, in ascending order of power."""
    measured = [
        Candidate(branch["powerValue"], branch["averageDurationMs"], branch["averageCostUsd"])
        for branch in branches
        if branch["outcome"] == "ok"
    ]
    return sorted(measured, key=lambda candidate: candidate.memory_mb)


def draft_result(
    plan: RunPlan,
    branches: Sequence[Mapping[str, Any]],
    prices: Prices,
    *,
    decision: Mapping[str, Any] | None,
    comparison: Mapping[str, Any] | None,
    transitions: int,
    visualization_base_url: str,
) -> dict[str, Any]:
    """Build the result document, but for its end.

    Args:
        plan: the run's plan.
        branches: as ``analyze_branch`` gives them; one of them is ok.
        prices: of the target's region and architecture.
        decision: what was chosen; None in a dry run.
        comparison: how it relates to the power value that the function has now, None when that is not known.
        transitions: state transitions of the execution, without retries.
        visualization_base_url: of the peer's viewer.
    """
    return {
        "schemaVersion": 1,
        "runId": plan.run_id,
        "executionArn": plan.execution_arn,
        "startedAt": plan.started_at,
        "target": {
            "arn": plan.target.arn,
            "name": plan.target.name,
            "region": plan.target.region,
            "architecture": plan.target.architecture,
            "runtime": plan.target.runtime,
            "codeSha256": plan.target.code_sha256,
            "memoryMb": plan.target.memory_mb,
            "latestMemoryMb": plan.target.latest_memory_mb,
            "timeoutS": plan.target.timeout_s,
        },
        "input": plan.public_input(),
        "decision": decision,
        "comparison": comparison,
        "sentence": comparison_sentence(decision, comparison, plan.target.memory_mb),
        "branches": branches,
        "visualization": visualization_url(candidates_of(branches), visualization_base_url),
        "spent": {
            "invocations": sum(branch["invocations"] for branch in branches),
            "lambdaCostUsd": sum(branch["totalCostUsd"] for branch in branches),
            "stateTransitions": transitions,
            "executionCostUsd": transitions * prices.transition,
            "currency": prices.currency,
        },
    }


def finish_result(draft: Mapping[str, Any], *, finished_at: str, with_stats: bool) -> dict[str, Any]:
    """Complete the result document, with the execution's output in the peer's shape.

    Args:
        draft: as ``draft_result`` gives it.
        finished_at: the time.
        with_stats: whether the output has the averages of each power value.
    """
    spent = draft["spent"]
    result = {**draft, "status": "completed", "finishedAt": finished_at}
    visualization = result.pop("visualization")
    decision = draft["decision"]
    output: dict[str, Any] = {}
    if decision:
        output = {"power": decision["power"], "cost": decision["costUsd"], "duration": decision["durationMs"]}
    output["stateMachine"] = {
        "executionCost": spent["executionCostUsd"],
        "lambdaCost": spent["lambdaCostUsd"],
        "visualization": visualization,
    }
    if with_stats:
        output["stats"] = [
            {"value": c.memory_mb, "averagePrice": c.cost_usd, "averageDuration": c.duration_ms}
            for c in candidates_of(draft["branches"])
        ]
    result["output"] = output
    return result
