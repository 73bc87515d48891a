"""The result of a run; on the wire it has the names of ``events/schemas/result-document.json``."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType, convert, field

from power_tuner.tuning.cold_starts import ColdStarts
from power_tuner.tuning.floor import Floor
from power_tuner.tuning.real_bill import RealBill
from power_tuner.tuning.statistics import Spread
from power_tuner.tuning.target import Target

# Low and high bound, which hold a value in about 95 of 100 runs.
Interval: TypeAlias = tuple[float, float]


class Branch(Struct, frozen=True, kw_only=True, rename="camel"):
    """A memory size: a ``FailedBranch``, a ``MeasuredBranch`` or, in the smart mode, an ``EstimatedBranch``.

    Attributes:
        outcome: ``ok``, or in a word what went wrong.
        reason: what went wrong, None when nothing did.
        invocations: all of them, the failed ones too.
        samples: the invocations that were measured and kept.
        cold_samples: how many of the samples are cold starts.
        total_cost_usd: of all invocations.
        errors: how often the function raised what; unset if it raised nothing.
    """

    memory_mb: int = field(name="powerValue")
    outcome: str
    reason: str | None
    invocations: int
    samples: int
    cold_samples: int
    total_cost_usd: float
    errors: Mapping[str, int] | UnsetType = UNSET


class FailedBranch(Branch, frozen=True, kw_only=True, rename="camel"):
    """A memory size that could not be measured."""

    reason: str


class MeasuredBranch(Branch, frozen=True, kw_only=True, rename="camel"):
    """A memory size that was measured.

    Attributes:
        average_duration_ms: the mean that decides.
        average_cost_usd: the cost that decides.
        duration_ms: how the durations of the samples are spread.
        max_memory_used_mb: None when no REPORT said it.
        extensions_ms: how long extensions went on after the response, on average; only where Lambda tells.
        cold_duration_ms: what its cold calls took, initialization included, on average; unset if none was measured.
    """

    outcome: Literal["ok"] = "ok"
    reason: None = None
    average_duration_ms: float
    average_cost_usd: float
    duration_ms: Spread
    max_memory_used_mb: int | None
    extensions_ms: float | UnsetType = UNSET
    cold_duration_ms: float | UnsetType = UNSET


class EstimatedBranch(MeasuredBranch, frozen=True, kw_only=True, rename="camel"):
    """A memory size that was measured in the smart mode; its averages are estimates.

    Attributes:
        chance_of_best: the chance that no candidate is better.
    """

    duration_interval_ms: Interval
    cost_interval_usd: Interval
    chance_of_best: float


class Prediction(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the smart mode believes of a candidate that it did not invoke.

    Attributes:
        chance_of_best: the chance that no candidate is better.
    """

    memory_mb: int = field(name="powerValue")
    duration_ms: float
    duration_interval_ms: Interval
    cost_usd: float
    cost_interval_usd: Interval
    chance_of_best: float


class ClassicDecision(
    Struct, frozen=True, kw_only=True, rename="camel", tag_field="mode", tag="classic", omit_defaults=True
):
    """What a sweep chose.

    Attributes:
        meets_slo: whether it keeps to the limit; None but with strategy slo.
    """

    memory_mb: int = field(name="power")
    cost_usd: float
    duration_ms: float
    strategy: str
    meets_slo: bool | None = None


class SmartDecision(Struct, frozen=True, kw_only=True, rename="camel", tag_field="mode", tag="smart"):
    """What the decision engine chose.

    Attributes:
        confidence: the chance that no other candidate is better by more than 2 %.
        stopped_by: why it measured no more: sure enough, or which limit.
        model_fits: whether the measurements follow a power curve.
        chance_of_meeting_slo: None but with strategy slo.
        rounds: how often it measured and asked again.
        sweep_cost_usd: what ten invocations of every candidate would have cost.
        chance_as_before: the chance that the function is as in its earlier runs, up to its scale; unset if it was not
            asked of any.
        slower_calls: how many invocations of a sandbox of the chosen value likely took longer, because it still warmed
            up; unset if the function does not.
    """

    memory_mb: int = field(name="power")
    cost_usd: float
    duration_ms: float
    strategy: str
    confidence: float
    stopped_by: str
    model_fits: bool
    chance_of_meeting_slo: float | None
    rounds: int
    sweep_cost_usd: float
    chance_as_before: float | UnsetType = UNSET
    slower_calls: int | UnsetType = UNSET


Decision: TypeAlias = ClassicDecision | SmartDecision


class Comparison(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The decision against the memory that the function has; -0.31 is 31 % less.

    Attributes:
        cost_change_interval: None but in the smart mode, as what follows.
        significant: the choice is better than the present memory with a chance of at least 95 %.
    """

    current_memory_mb: int = field(name="currentPower")
    cost_change: float
    duration_change: float
    cost_change_interval: Interval | None = None
    duration_change_interval: Interval | None = None
    significant: bool | None = None


class Spent(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the run itself cost; the names say Usd whatever the currency is.

    Attributes:
        lambda_cost_usd: measured: what Lambda said that it bills.
        billed_ms: measured: the milliseconds of all invocations; unset in results of earlier versions, as what follows.
        invocations_without_report: of which only the request is counted.
        execution_cost_usd: estimated: the states that were entered, without retries.
        snap_start_cost_usd: estimated: snapshots, cached for as long as is billed at least and restored at cold starts;
            unset where none is billed.
        own_functions_cost_usd: estimated: the tuner's own functions, from how long the run took.
    """

    invocations: int
    lambda_cost_usd: float
    state_transitions: int
    execution_cost_usd: float
    currency: str
    billed_ms: int | UnsetType = UNSET
    invocations_without_report: int | UnsetType = UNSET
    snap_start_cost_usd: float | UnsetType = UNSET
    own_functions_cost_usd: float | UnsetType = UNSET


class MeasuredCost(Struct, frozen=True, kw_only=True):
    """The measured part of a run's cost, in the execution's output."""

    lambda_cost_usd: float = field(name="lambdaCost")


class EstimatedCost(Struct, frozen=True, kw_only=True):
    """The estimated part of a run's cost, in the execution's output."""

    execution_cost_usd: float = field(name="executionCost")
    snap_start_cost_usd: float = field(name="snapStartCost")
    own_functions_cost_usd: float = field(name="ownFunctionsCost")


class RunCost(Struct, frozen=True, kw_only=True):
    """What the run cost and a link to its curves, under the names of aws-lambda-power-tuning; two parts are our own."""

    execution_cost_usd: float = field(name="executionCost")
    lambda_cost_usd: float = field(name="lambdaCost")
    visualization_url: str = field(name="visualization")
    measured: MeasuredCost | UnsetType = UNSET
    estimated: EstimatedCost | UnsetType = UNSET


class PowerStats(Struct, frozen=True, kw_only=True):
    """The averages of one memory size, under the names of aws-lambda-power-tuning."""

    memory_mb: int = field(name="value")
    average_cost_usd: float = field(name="averagePrice")
    average_duration_ms: float = field(name="averageDuration")


class Output(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The execution's output, in the shape of aws-lambda-power-tuning.

    Attributes:
        memory_mb: None in a dry run, as cost and duration.
        stats: None unless they were asked for.
    """

    memory_mb: int | None = field(name="power", default=None)
    cost_usd: float | None = field(name="cost", default=None)
    duration_ms: float | None = field(name="duration", default=None)
    run_cost: RunCost = field(name="stateMachine")
    stats: tuple[PowerStats, ...] | None = None


class _Analysis(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is known once all was measured.

    Attributes:
        run_input: what the table of fields shows of the input: payloads are only counted.
        decision: None in a dry run.
        comparison: None when the memory that the function has was not measured.
        sentence: the answer for people.
        predictions: of the candidates that were not invoked; none in a classic run.
        floor: what the decision has to keep to; unset in a dry run, and in results of earlier versions.
        real_bill: what production pays; unset if that is not known.
        cold_starts: the share of cold calls that the decision is for; unset where cold starts were measured alone.
    """

    schema_version: Literal[1] = 1
    run_id: str
    execution_arn: str
    started_at: str
    target: Target
    run_input: Mapping[str, object] = field(name="input")
    decision: Decision | None
    comparison: Comparison | None
    sentence: str
    branches: tuple[Branch, ...]
    predictions: tuple[Prediction, ...] = ()
    floor: Floor | UnsetType = UNSET
    cold_starts: ColdStarts | UnsetType = UNSET
    real_bill: RealBill | UnsetType = UNSET
    spent: Spent

    @property
    def candidates_mb(self) -> tuple[int, ...]:
        """Return the memory sizes that the run chose among."""
        return convert(self.run_input["powerValues"], tuple[int, ...])


class Draft(_Analysis, frozen=True, kw_only=True, rename="camel"):
    """The result before the run has ended."""

    visualization_url: str = field(name="visualization")


class Result(_Analysis, frozen=True, kw_only=True, rename="camel"):
    """The result of a run that completed."""

    status: Literal["completed"] = "completed"
    finished_at: str
    output: Output
