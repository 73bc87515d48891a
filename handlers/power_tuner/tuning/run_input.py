"""One run as it was asked for, and the one table of its fields.

Each attribute of ``RunInput`` is a row. The parser, the options of ``power-tuner tune`` and ``enroll``, the schemas,
docs/compatibility.md, profiles, results and the report follow from it; ``make generate`` writes what is a file.
"""

from typing import Annotated, get_args

from msgspec import Struct

from power_tuner.engine.question import Confidence
from power_tuner.lambda_limits import MAX_MEMORY_MB, MAX_TIMEOUT_S, MEMORY_STEP_MB, MIN_MEMORY_MB
from power_tuner.tuning import field_kinds as kinds
from power_tuner.tuning import strategies
from power_tuner.tuning.arn import FunctionReference
from power_tuner.tuning.payloads import WeightedPayload
from power_tuner.tuning.run_field import AFTER, BEST, HOW, LIMITS, MEASURED, SMART, RunField, fields_of
from power_tuner.tuning.statistics import DEFAULT_DISCARD, MAX_DISCARD

# All cold starts of a memory size are started at the same moment.
DEFAULT_TOLERATED_ERRORS = 0.1
MAX_COLD_NUM = 100
DEFAULT_MEMORY_HEADROOM = 0.15


class RunInput(Struct, frozen=True, kw_only=True):
    """One validated run: what to tune, how to measure, how to choose."""

    target: Annotated[
        FunctionReference,
        RunField(
            "lambdaARN",
            kinds.Function(),
            "Name or ARN of the function, with or without a version or alias.",
            in_profile=False,
        ),
    ]
    num: Annotated[
        int | None,
        RunField(
            "num",
            kinds.WholeNumber(1, 10_000, parsed=True),
            "Invocations per memory size; without it the tuner decides itself what to invoke (smart mode).",
            unset="smart mode",
            panel=MEASURED,
            label="Invocations per memory size",
        ),
    ] = None
    memories_mb: Annotated[
        tuple[int, ...],
        RunField(
            "powerValues",
            kinds.PowerValues(MIN_MEMORY_MB, MAX_MEMORY_MB, MEMORY_STEP_MB),
            "Memory sizes in MB to measure.",
            help="Memory sizes in MB, as in 128,256,512, or ALL.",
            unset="the stack's",
            panel=MEASURED,
            label="Memory sizes (MB)",
            in_events=False,
        ),
    ]
    payloads: Annotated[
        tuple[WeightedPayload, ...],
        RunField(
            "payload",
            kinds.Payload(),
            "What each invocation gets: any JSON, or weighted: a list of objects with payload and weight.",
            help="What the function receives.",
            metavar="JSON|@FILE",
            panel=MEASURED,
            label="Payloads",
            public_name="payloads",
        ),
    ] = (WeightedPayload(None, 1.0),)
    payload_s3: Annotated[
        str | None,
        RunField(
            "payloadS3",
            kinds.S3Object(),
            "Where the payload lies, in place of `payload`.",
            help="The same, from S3, however large.",
            metavar="s3://BUCKET/KEY",
            panel=MEASURED,
        ),
    ] = None
    strategy: Annotated[
        str,
        RunField(
            "strategy", kinds.OneOf(tuple(strategies.STRATEGIES)), strategies.meanings(), panel=BEST, label="Strategy"
        ),
    ] = strategies.DEFAULT_STRATEGY
    balanced_weight: Annotated[
        float,
        RunField(
            "balancedWeight",
            kinds.Number(0, 1),
            "For balanced: 0 is all speed, 1 is all cost.",
            panel=BEST,
            label="Weight (0 speed, 1 cost)",
        ),
    ] = strategies.DEFAULT_BALANCED_WEIGHT
    max_duration_ms: Annotated[
        float | None,
        RunField(
            "maxDurationMs",
            kinds.Number(0, 1000 * MAX_TIMEOUT_S, above=True),
            "For slo: how long an invocation may take.",
            panel=BEST,
            strategy="slo",
            label="At most (ms)",
        ),
    ] = None
    statistic: Annotated[
        str,
        RunField(
            "statistic",
            kinds.OneOf(strategies.STATISTICS),
            "For slo: what of the duration must stay below.",
            panel=BEST,
            strategy="slo",
            label="What is limited",
        ),
    ] = strategies.DEFAULT_STATISTIC
    tolerance: Annotated[
        float,
        RunField(
            "tolerance",
            kinds.Number(0, 10),
            "For tolerance: how much more than the cheapest the fastest may cost, 0.05 being 5 %.",
            help="For tolerance: 0.05 is 5 %.",
            panel=BEST,
            strategy="tolerance",
            label="May cost more than the cheapest by",
        ),
    ] = strategies.DEFAULT_TOLERANCE
    memory_headroom: Annotated[
        float,
        RunField(
            "memoryHeadroom",
            kinds.Number(0, 0.9),
            "Share of a memory size that the most memory used, in production and in the run, has to leave free.",
            help="Share of a memory size that has to stay free: 0.15 is 15 %.",
            panel=BEST,
            label="Memory that stays free",
        ),
    ] = DEFAULT_MEMORY_HEADROOM
    caller_timeout_s: Annotated[
        float | None,
        RunField(
            "callerTimeout",
            kinds.Number(0, MAX_TIMEOUT_S, above=True),
            "Seconds after which the caller gives up, such as the 29 of an API; the longest call stays clear of it.",
            help="Seconds after which the caller gives up, such as the 29 of an API.",
            unset="29 behind an API, else the function's timeout",
            panel=BEST,
            label="Caller gives up after (s)",
        ),
    ] = None
    cold_start_share: Annotated[
        float | None,
        RunField(
            "coldStartShare",
            kinds.ObservedShare(0, 1),
            "Share of the calls that are cold: cost, duration and limits are those of warm and cold calls together.",
            help="Share of the calls that are cold, such as 0.06.",
            unset="what production shows; 0 with `num`",
            panel=BEST,
            label="Share of cold calls",
        ),
    ] = None
    confidence: Annotated[
        str,
        RunField(
            "confidence",
            kinds.OneOf(get_args(Confidence)),
            "How sure to get; surer takes more invocations.",
            panel=SMART,
            mode="smart",
            label="Confidence wanted",
        ),
    ] = "default"
    ignore_history: Annotated[
        bool,
        RunField(
            "ignoreHistory",
            kinds.Flag(),
            "Leave the function's earlier runs out of account; they spare invocations if it did not change.",
            help="Leave the function's earlier runs out of account.",
            panel=SMART,
            mode="smart",
            label="Earlier runs ignored",
        ),
    ] = False
    max_invocations: Annotated[
        int | None,
        RunField(
            "maxInvocations",
            kinds.WholeNumber(1, 1_000_000),
            "The smart mode stops there with the best answer so far; more by `num` are refused.",
            panel=LIMITS,
            label="At most invocations",
        ),
    ] = None
    max_cost_usd: Annotated[
        float | None,
        RunField(
            "maxCostUsd",
            kinds.Number(0, 1_000_000),
            "Stop at this cost of invocations: the smart mode with the best answer so far, with `num` each batch.",
            panel=LIMITS,
            label="At most spent",
        ),
    ] = None
    max_duration_s: Annotated[
        int | None,
        RunField(
            "maxDurationSeconds",
            kinds.WholeNumber(1, 86_400),
            "Stop after this long: the smart mode with the best answer so far, with `num` each batch.",
            panel=LIMITS,
            label="At most seconds",
        ),
    ] = None
    parallel_invocation: Annotated[
        bool,
        RunField(
            "parallelInvocation",
            kinds.Flag(),
            "Invoke in parallel; most are then cold.",
            option="parallel",
            panel=HOW,
            label="Invocations in parallel",
        ),
    ] = False
    only_cold_starts: Annotated[
        bool,
        RunField(
            "onlyColdStarts",
            kinds.Flag(),
            "Measure cold starts alone; `num` is then at most 100.",
            help="Measure cold starts alone.",
            panel=HOW,
            label="Cold starts only",
        ),
    ] = False
    discard_top_bottom: Annotated[
        float,
        RunField(
            "discardTopBottom",
            kinds.Number(0, MAX_DISCARD),
            "With `num`: share of samples discarded at each end; none is with `onlyColdStarts`.",
            help="With --num: share of samples discarded at each end.",
            panel=HOW,
            label="Discarded at top and bottom",
        ),
    ] = DEFAULT_DISCARD
    tolerated_error_share: Annotated[
        float,
        RunField(
            "toleratedErrorShare",
            kinds.Number(0, 1),
            "Share of a memory size's invocations that may fail with an error of the function; a single one may, "
            "unless it is 0.",
            help="Share of invocations that may fail with an error of the function.",
            panel=HOW,
        ),
    ] = DEFAULT_TOLERATED_ERRORS
    sleep_between_runs_ms: Annotated[
        float, RunField("sleepBetweenRunsMs", kinds.Pause(0, 600_000), "Pause between two invocations.", panel=HOW)
    ] = 0.0
    dry_run: Annotated[
        bool,
        RunField("dryRun", kinds.Flag(), "Invoke once per memory size, decide nothing.", panel=HOW, in_profile=False),
    ] = False
    allowed_exceptions: Annotated[
        tuple[str, ...],
        RunField(
            "allowedExceptions",
            kinds.Texts("a list of error names"),
            "An error of the function that counts as success.",
            option="allowed-exception",
            metavar="NAME",
            panel=HOW,
        ),
    ] = ()
    pre_processor: Annotated[
        str | None,
        RunField(
            "preProcessorARN",
            kinds.FunctionName(),
            "Invoked before each invocation with the payload; a non-empty output replaces it.",
            help="Invoked before each invocation; may give its payload.",
            option="pre-processor",
            panel=HOW,
        ),
    ] = None
    post_processor: Annotated[
        str | None,
        RunField(
            "postProcessorARN",
            kinds.FunctionName(),
            "Invoked after each invocation with its output.",
            option="post-processor",
            panel=HOW,
        ),
    ] = None
    disable_payload_logs: Annotated[
        bool,
        RunField(
            "disablePayloadLogs",
            kinds.Flag(),
            "Keep what the function says out of logs and errors.",
            panel=HOW,
            is_setting=False,
        ),
    ] = False
    include_output_results: Annotated[
        bool,
        RunField(
            "includeOutputResults",
            kinds.Flag(),
            "List all averages in the execution's output.",
            panel=AFTER,
            is_setting=False,
        ),
    ] = False
    auto_optimize: Annotated[
        bool,
        RunField(
            "autoOptimize",
            kinds.Flag(),
            "Set the function to the best value afterwards.",
            unset="the stack's autoApply",
            panel=AFTER,
            in_profile=False,
        ),
    ] = False
    auto_optimize_alias: Annotated[
        str | None,
        RunField(
            "autoOptimizeAlias",
            kinds.Text(128, "(?![0-9]+$)[a-zA-Z0-9-_]+", "letters, digits, - and _, and not digits alone"),
            "With `autoOptimize`: publish a version and point this alias to it.",
            help="With it: publish a version and point this alias to it.",
            metavar="NAME",
            panel=AFTER,
            in_profile=False,
        ),
    ] = None
    auto_optimize_canary: Annotated[
        bool,
        RunField(
            "autoOptimizeCanary",
            kinds.Flag(),
            "With `autoOptimizeAlias`: by and by, as production's calls show that it is no worse.",
            panel=AFTER,
            in_profile=False,
        ),
    ] = False

    def objective(self) -> strategies.Strategy:
        """Return the strategy with its numbers."""
        return strategies.strategy_named(self.strategy, lambda attribute: getattr(self, attribute))


FIELDS = fields_of(RunInput)
