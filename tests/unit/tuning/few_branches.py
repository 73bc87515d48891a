"""A plan, its prices and a few branches, for the tests of what becomes of them."""

from typing import Any

from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.result import FailedBranch, MeasuredBranch
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.statistics import Spread
from power_tuner.tuning.target import Target

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
# One USD per ms and 1024 MB, half a USD per request.
PRICES = Prices(gb_second=1000.0, request=0.5, transition=0.01, currency="USD")


def plan(**run_input: Any) -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=Target(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", 1024, 1024, 30),
        run_input=parse_run_input(
            {"lambdaARN": ARN, "num": 5, "powerValues": [128, 512, 1024], **run_input}, default_memories_mb=()
        ),
    )


def branch(memory_mb: int, duration_ms: float, cost_usd: float, *, p95_ms: float = 0.0) -> MeasuredBranch:
    quantiles = {"p25": p95_ms / 3, "p50": p95_ms / 3, "p75": p95_ms, "p90": p95_ms, "p95": p95_ms, "p99": p95_ms}
    return MeasuredBranch(
        memory_mb=memory_mb,
        invocations=5,
        samples=5,
        cold_samples=1,
        total_cost_usd=5 * cost_usd,
        average_duration_ms=duration_ms,
        average_cost_usd=cost_usd,
        duration_ms=Spread(min=0.0, max=2 * p95_ms, mean=duration_ms, stddev=0.0, **quantiles),
        max_memory_used_mb=70,
    )


FAILED = FailedBranch(
    memory_mb=128,
    outcome="out-of-memory",
    reason="the function needs more memory than this",
    invocations=1,
    samples=0,
    cold_samples=0,
    total_cost_usd=0.25,
)
