"""One run as it was asked for: what to tune, how to measure, how to choose."""

from dataclasses import dataclass

from power_tuner.tuning.arn import FunctionReference
from power_tuner.tuning.payloads import WeightedPayload
from power_tuner.tuning.statistics import DEFAULT_DISCARD
from power_tuner.tuning.strategies import (
    DEFAULT_BALANCED_WEIGHT,
    DEFAULT_STATISTIC,
    DEFAULT_STRATEGY,
    DEFAULT_TOLERANCE,
)

MIN_MEMORY_MB = 128
MAX_MEMORY_MB = 10240
# All cold starts of a power value are started at the same moment.
MAX_COLD_NUM = 100
CONFIDENCES = ("default", "high", "highest")


@dataclass(frozen=True, slots=True)
class RunInput:
    """One validated run: what to tune, how to measure, how to choose.

    Attributes:
        memories_mb: the power values to measure, in MB, ascending, without duplicates.
        num: invocations per power value; None leaves it to the decision engine (the smart mode).
        payloads: what to send; one entry unless the payload was weighted; empty when it lies in S3.
        statistic: what must stay under ``max_duration_ms`` with strategy slo: mean, p50, p90, p95 or p99.
        tolerance: with strategy tolerance, how much more than the cheapest the fastest may cost (0.05 is 5 %).
        confidence: how sure the smart mode gets before it decides: default, high or highest.
        discard_top_bottom: share of the fastest and of the slowest that is left out of averages.
        allowed_exceptions: error types of the target that count as success.
    """

    target: FunctionReference
    memories_mb: tuple[int, ...]
    num: int | None
    payloads: tuple[WeightedPayload, ...]
    payload_s3: str | None = None
    strategy: str = DEFAULT_STRATEGY
    balanced_weight: float = DEFAULT_BALANCED_WEIGHT
    statistic: str = DEFAULT_STATISTIC
    max_duration_ms: float | None = None
    tolerance: float = DEFAULT_TOLERANCE
    confidence: str = CONFIDENCES[0]
    max_invocations: int | None = None
    max_cost_usd: float | None = None
    max_duration_s: int | None = None
    parallel_invocation: bool = False
    discard_top_bottom: float = DEFAULT_DISCARD
    auto_optimize: bool = False
    auto_optimize_alias: str | None = None
    include_output_results: bool = False
    dry_run: bool = False
    only_cold_starts: bool = False
    pre_processor: str | None = None
    post_processor: str | None = None
    sleep_between_runs_ms: int = 0
    disable_payload_logs: bool = False
    allowed_exceptions: tuple[str, ...] = ()
