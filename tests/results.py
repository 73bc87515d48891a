"""Results as the Analyzer makes them, for tests of what shows them."""

from collections.abc import Sequence

from msgspec.structs import asdict, replace

from power_tuner.tuning.result import (
    Branch,
    ClassicDecision,
    Comparison,
    Draft,
    EstimatedBranch,
    FailedBranch,
    Interval,
    MeasuredBranch,
    Output,
    Prediction,
    Result,
    RunCost,
    SmartDecision,
    Spent,
)
from power_tuner.tuning.statistics import Spread
from power_tuner.tuning.target import Target

PRICE_USD_PER_MB_MS = 1.33334e-5 / 1024 / 1000
SIX_VALUES = (128, 256, 512, 1024, 1536, 3008)


def branch(
    memory_mb: int, *, cpu_ms: float = 180.0, waiting_ms: float = 4.0, used_mb: int | None = 64
) -> MeasuredBranch:
    """Return a measured branch of a function with this much CPU time and waiting."""
    mean_ms = waiting_ms + cpu_ms / min(memory_mb / 1769, 1.0)
    cost_usd = round(mean_ms + 0.5) * memory_mb * PRICE_USD_PER_MB_MS
    return MeasuredBranch(
        memory_mb=memory_mb,
        invocations=10,
        samples=10,
        cold_samples=1,
        average_duration_ms=mean_ms,
        average_cost_usd=cost_usd,
        total_cost_usd=10 * cost_usd,
        duration_ms=Spread(
            min=mean_ms * 0.92,
            p25=mean_ms * 0.96,
            p50=mean_ms * 0.99,
            p75=mean_ms * 1.05,
            p90=mean_ms * 1.16,
            p95=mean_ms * 1.22,
            p99=mean_ms * 1.28,
            max=mean_ms * 1.3,
            mean=mean_ms * 1.01,
            stddev=mean_ms * 0.1,
        ),
        max_memory_used_mb=used_mb,
    )


def failed_branch(memory_mb: int, outcome: str = "out-of-memory", reason: str | None = None) -> FailedBranch:
    """Return a branch that measured nothing."""
    return FailedBranch(
        memory_mb=memory_mb,
        outcome=outcome,
        reason=reason or f"The function ran out of memory at {memory_mb} MB (Runtime.OutOfMemory).",
        invocations=3,
        samples=0,
        cold_samples=0,
        total_cost_usd=0.0,
    )


def classic_result(
    branches: Sequence[Branch] | None = None,
    *,
    chosen: int | None = 1536,
    current: int = 3008,
    name: str = "thumbnailer",
    strategy: str = "cost",
    sentence: str | None = None,
    run_id: str = "thumbnailer-20261123-120000-1a2b",
) -> Result:
    """Return the result of a classic run; the current value is compared only if it was measured."""
    found = [branch(memory_mb) for memory_mb in SIX_VALUES] if branches is None else branches
    measured = {each.memory_mb: each for each in found if isinstance(each, MeasuredBranch)}
    decision = comparison = None
    if chosen is not None:
        best = measured[chosen]
        decision = ClassicDecision(
            memory_mb=chosen, cost_usd=best.average_cost_usd, duration_ms=best.average_duration_ms, strategy=strategy
        )
        now = measured.get(current)
        if now:
            comparison = Comparison(
                current_memory_mb=current,
                cost_change=best.average_cost_usd / now.average_cost_usd - 1,
                duration_change=best.average_duration_ms / now.average_duration_ms - 1,
            )
    spent = Spent(
        invocations=sum(each.invocations for each in found),
        lambda_cost_usd=sum(each.total_cost_usd for each in found),
        execution_cost_usd=0.001125,
        state_transitions=45,
        currency="USD",
    )
    return Result(
        run_id=run_id,
        execution_arn=f"arn:aws:states:eu-west-1:123456789012:execution:power-tuner:{run_id}",
        started_at="2026-11-23T12:00:00Z",
        finished_at="2026-11-23T12:01:07Z",
        target=Target(
            arn=f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
            name=name,
            region="eu-west-1",
            architecture="arm64",
            runtime="python3.13",
            code_sha256="pmmT3g0kRXoP0w1lQ7m5bq0b0mXGZ6v1m3nJwB0n5pE=",
            memory_mb=current,
            latest_memory_mb=current,
            timeout_s=30,
        ),
        run_input={
            "mode": "classic",
            "num": 10,
            "powerValues": [each.memory_mb for each in found],
            "payloads": 1,
            "strategy": strategy,
            "balancedWeight": 0.5,
            "parallelInvocation": False,
            "onlyColdStarts": False,
            "discardTopBottom": 0.2,
        },
        decision=decision,
        comparison=comparison,
        sentence=sentence or _sentence(chosen, current, comparison),
        branches=tuple(found),
        spent=spent,
        output=Output(
            memory_mb=chosen,
            cost_usd=decision.cost_usd if decision else None,
            duration_ms=decision.duration_ms if decision else None,
            run_cost=RunCost(
                execution_cost_usd=spent.execution_cost_usd,
                lambda_cost_usd=spent.lambda_cost_usd,
                visualization_url="https://lambda-power-tuning.show/#;;",
            ),
        ),
    )


def smart_branch(
    memory_mb: int, samples: int, chance: float, *, cpu_ms: float = 180.0, waiting_ms: float = 4.0
) -> EstimatedBranch:
    """Return a branch of the smart mode: the more samples, the narrower its intervals."""
    found = branch(memory_mb, cpu_ms=cpu_ms, waiting_ms=waiting_ms)
    width = 0.3 / samples**0.5
    mean_ms, cost_usd = found.average_duration_ms, found.average_cost_usd
    counts = {"invocations": samples + 1, "samples": samples, "cold_samples": 0}
    return EstimatedBranch(
        **{**asdict(found), **counts, "total_cost_usd": (samples + 1) * cost_usd},
        duration_interval_ms=(mean_ms * (1 - width), mean_ms * (1 + 1.6 * width)),
        cost_interval_usd=(cost_usd * (1 - width), cost_usd * (1 + 1.6 * width)),
        chance_of_best=chance,
    )


def prediction(memory_mb: int) -> Prediction:
    """Return what the smart mode believes of a memory size that it did not invoke."""
    found = branch(memory_mb)
    mean_ms, cost_usd = found.average_duration_ms, found.average_cost_usd
    return Prediction(
        memory_mb=memory_mb,
        duration_ms=mean_ms,
        duration_interval_ms=(mean_ms * 0.7, mean_ms * 1.5),
        cost_usd=cost_usd,
        cost_interval_usd=(cost_usd * 0.7, cost_usd * 1.5),
        chance_of_best=0.01,
    )


def smart_result(
    branches: Sequence[Branch] | None = None,
    *,
    chosen: int = 1536,
    current: int = 3008,
    candidates: tuple[int, ...] = SIX_VALUES,
    significant: bool = True,
    confidence: float = 0.97,
    stopped_by: str = "sure",
    model_fits: bool = True,
    chance_of_meeting_slo: float | None = None,
    run_id: str = "thumbnailer-20261123-120000-1a2b",
) -> Result:
    """Return the result of a run of the smart mode: 256 and 1024 MB are not tried."""
    tried = branches or [
        smart_branch(128, 1, 0.0),
        smart_branch(512, 2, 0.04),
        smart_branch(1536, 6, 0.96),
        smart_branch(3008, 2, 0.0),
    ]
    result = classic_result(tried, chosen=chosen, current=current, run_id=run_id)
    assert result.decision
    comparison = result.comparison
    if comparison:
        comparison = replace(
            comparison,
            cost_change_interval=_around(comparison.cost_change),
            duration_change_interval=_around(comparison.duration_change),
            significant=significant,
        )
    invoked = {each.memory_mb for each in tried}
    return replace(
        result,
        predictions=tuple(prediction(each) for each in candidates if each not in invoked),
        decision=SmartDecision(
            memory_mb=chosen,
            cost_usd=result.decision.cost_usd,
            duration_ms=result.decision.duration_ms,
            strategy=result.decision.strategy,
            confidence=confidence,
            stopped_by=stopped_by,
            model_fits=model_fits,
            chance_of_meeting_slo=chance_of_meeting_slo,
            rounds=4,
            sweep_cost_usd=3.4e-4,
        ),
        comparison=comparison,
        run_input={
            **result.run_input,
            "mode": "smart",
            "num": None,
            "powerValues": list(candidates),
            "confidence": "default",
            "maxInvocations": None,
            "maxCostUsd": None,
            "maxDurationSeconds": None,
        },
    )


def draft_of(result: Result) -> Draft:
    """Return the draft that became a result."""
    known = {name: value for name, value in asdict(result).items() if name in Draft.__struct_fields__}
    return Draft(**known, visualization_url=result.output.run_cost.visualization_url)


def paid_in(result: Result, currency: str) -> Result:
    """Return the same result in another currency."""
    return replace(result, spent=replace(result.spent, currency=currency))


def _around(change: float) -> Interval:
    return change - 0.08, change + 0.11


def _sentence(chosen: int | None, current: int | None, comparison: Comparison | None) -> str:
    if chosen is None:
        return "No memory size could be measured."
    if comparison is None:
        return f"{chosen} MB is the cheapest measured value; the current one ({current} MB) was not measured."
    cost, duration = comparison.cost_change, comparison.duration_change
    cheaper = f"{abs(cost):.0%} {'cheaper' if cost < 0 else 'dearer'}".replace("%", " %")
    slower = f"{abs(duration):.0%} {'faster' if duration < 0 else 'slower'}".replace("%", " %")
    return f"{chosen} MB: {cheaper} and {slower} than now ({current} MB)."
