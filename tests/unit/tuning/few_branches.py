"""A plan, its prices and a few branches, for the tests of what becomes of them."""

from typing import Any

from power_tuner.tuning.pricing import Prices
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import PlannedTarget, RunPlan

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
# One USD per ms and 1024 MB, half a USD per request.
PRICES = Prices(gb_second=1000.0, request=0.5, transition=0.01, currency="USD")


def plan(**run_input: Any) -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=PlannedTarget(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", 1024, 1024, 30),
        run_input=parse_run_input(
            {"lambdaARN": ARN, "num": 5, "powerValues": [128, 512, 1024], **run_input}, default_memories_mb=()
        ),
    )


def branch(memory_mb: int, duration_ms: float, cost_usd: float) -> dict[str, Any]:
    return {
        "powerValue": memory_mb,
        "outcome": "ok",
        "reason": None,
        "invocations": 5,
        "averageDurationMs": duration_ms,
        "averageCostUsd": cost_usd,
        "totalCostUsd": 5 * cost_usd,
    }


FAILED = {
    "powerValue": 128,
    "outcome": "out-of-memory",
    "reason": "the function needs more memory than this",
    "invocations": 1,
    "totalCostUsd": 0.25,
}
