"""The smart mode puts a run to the engine as it will be billed."""

from dataclasses import replace
from typing import Any

import pytest

from power_tuner.engine.question import (
    Decision,
    Gain,
    Interval,
    Invoke,
    Limits,
    Measured,
    MemoryEstimate,
    Overhead,
    Progress,
    Question,
    Spent,
)
from power_tuner.errors import InvalidInput
from power_tuner.tuning.pricing import Prices, prices_for
from power_tuner.tuning.result import Comparison, EstimatedBranch, FailedBranch, MeasuredBranch, SmartDecision
from power_tuner.tuning.round import Batch
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.smart import (
    ask_engine,
    batches_of,
    comparison_of,
    decision_of,
    estimated,
    first_round,
    progress_of,
    question_of,
)
from power_tuner.tuning.statistics import spread
from power_tuner.tuning.strategies import Tolerance
from power_tuner.tuning.target import Target

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
MEMORIES_MB = (128, 256, 512, 1024, 1536, 3008)


def plan(**run_input: Any) -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=Target(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", 1024, 1024, 30),
        run_input=parse_run_input({"lambdaARN": ARN, **run_input}, default_memories_mb=MEMORIES_MB),
    )


def run(of: RunPlan, work_ms: float) -> tuple[Decision, dict[int, list[Sample]], int]:
    """Invoke what is asked for, on versions whose first call is cold; give the decision, the samples and the rounds."""
    samples: dict[int, list[Sample]] = {}
    prices = prices_for("eu-west-1", "arm64")
    rounds = 0
    while True:
        step = ask_engine(of, samples, frozenset(), prices, rounds=rounds, elapsed_s=10.0 * rounds)
        if isinstance(step, Decision):
            return step, samples, rounds
        rounds += 1
        for memory_mb, number in step.invocations.items():
            if memory_mb not in samples:
                samples[memory_mb] = [Sample(work_ms, round(work_ms) + 200, init_ms=199.0)]
            for _ in range(number):
                # every call a little different, the same in each run
                took = work_ms * (1 + 0.04 * (len(samples[memory_mb]) * 7 % 5 - 2)) * max(1.0, 512 / memory_mb)
                samples[memory_mb].append(Sample(took, int(took) + 1))


@pytest.mark.parametrize("most", [2, 3, 4, 7, 12])
def test_max_invocations_counts_cold_starts(most: int) -> None:
    """Each memory size's first call is cold: with it, no more is invoked than `maxInvocations`."""
    decision, samples, _ = run(plan(maxInvocations=most, strategy="speed"), 400.0)

    assert sum(map(len, samples.values())) <= most
    assert decision.memory_mb in samples


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"maxInvocations": 1}, r"^maxInvocations: 1 is not accepted\. Allowed: at least 2: "),
        ({"maxCostUsd": 0}, r"^maxCostUsd: 0.0 is not accepted\. Allowed: more than 0\."),
    ],
)
def test_a_limit_that_allows_no_measurement_is_refused(limit: dict[str, Any], message: str) -> None:
    """The one invocation would be a cold start, which does not count: the run does not begin."""
    with pytest.raises(InvalidInput, match=message):
        first_round(plan(**limit))

    assert {128: (Batch(0, 1),)} == first_round(plan(maxInvocations=1, onlyColdStarts=True))


@pytest.mark.parametrize("strategy", ["cost", "speed", "balanced"])
@pytest.mark.parametrize("work_ms", [3.0, 30_000.0])
def test_a_run_has_few_rounds_and_few_invocations(strategy: str, work_ms: float) -> None:
    """A round costs more than the calls of a quick function: it takes few, and far fewer calls than a sweep of 50.

    From 512 MB on all memory sizes are as fast: by speed it may take the eight rounds that a run may have.
    """
    _, samples, rounds = run(plan(strategy=strategy), work_ms)

    assert rounds <= (5 if work_ms < 10 and strategy != "speed" else 8)
    assert sum(map(len, samples.values())) <= 50 * len(MEMORIES_MB) / (4 if strategy == "speed" else 5)


# A gigabyte-second costs 7, so that a millisecond at 512 MB costs 0.0035; a request costs 3, a transition 0.25.
PRICES = Prices(gb_second=7.0, request=3.0, transition=0.25, currency="USD")


def test_a_run_becomes_a_question() -> None:
    """Sizes and prices, what is best, limits, and what asking costs: a round 5 transitions, a size in it 6 more."""
    asked = plan(
        powerValues=[512, 2048],
        strategy="tolerance",
        tolerance=0.125,
        balancedWeight=0.75,
        statistic="p90",
        maxDurationMs=444,
        confidence="high",
        maxInvocations=77,
        maxCostUsd=0.5,
        maxDurationSeconds=660,
    )

    assert Question(
        memories_mb=(512, 2048),
        price_per_ms_usd={512: 0.0035, 2048: 0.014},
        objective=Tolerance(tolerance=0.125),
        request_price_usd=3.0,
        current_memory_mb=1024,
        confidence="high",
        limits=Limits(77, 0.5, 660, 8),
        overhead=Overhead(round_usd=1.25, memory_usd=1.5, call_usd=0.125, lost_calls=1),
        start="warm",
        payload_weights={0: 1.0},
    ) == question_of(asked, PRICES)


def test_a_run_without_limits_asks_without_them() -> None:
    """But for the rounds."""
    question = question_of(plan(), PRICES)

    assert Limits(None, None, None, 8) == question.limits


def test_cold_starts_lose_no_invocation() -> None:
    """Where cold starts are measured, a version's first invocation counts."""
    question = question_of(plan(onlyColdStarts=True), PRICES)

    assert ("cold", 0) == (question.start, question.overhead.lost_calls)


def test_the_weights_of_the_payloads_are_told() -> None:
    """The mean that counts is that over the payloads by the weights of the run."""
    weighted = [{"payload": "a", "weight": 1}, {"payload": "b", "weight": 4}]

    assert {0: 1.0, 1: 4.0} == question_of(plan(payload=weighted), PRICES).payload_weights


def test_what_was_invoked_for_nothing_is_paid_for() -> None:
    """Samples that tell nothing, and all of a memory size that failed, are in the bill and not in the samples."""
    samples = {
        512: [
            Sample(12.5, 413, init_ms=400.25),
            Sample(11.0, 12, payload_index=1),
            Sample(None, None, status="unmeasurable"),
        ],
        1024: [Sample(5.5, 6), Sample(3000.0, 3000, status="timeout")],
        2048: [Sample(4.0, 0)],
    }
    progress = progress_of(samples, frozenset({1024, 3008}), PRICES, rounds=3, elapsed_s=17.5)

    assert (
        Progress(
            samples={
                512: [Measured(412.75, 413.0, cold=True, payload=0, place=0), Measured(11.0, 12.0, payload=1, place=1)],
                2048: [Measured(4.0, 0.0, payload=0, place=0)],
            },
            rounds=3,
            elapsed_s=17.5,
            failed=frozenset({1024, 3008}),
            wasted_invocations=3,
            wasted_cost_usd=progress.wasted_cost_usd,
        )
        == progress
    )
    assert 3006 * 0.007 + 3 * 3.0 == pytest.approx(progress.wasted_cost_usd)


def test_a_run_begins_when_it_begins() -> None:
    """A limit of one second is not used up before the first round."""

    assert first_round(plan(maxDurationSeconds=1))


def test_a_round_goes_on_behind_what_was_invoked() -> None:
    """Of a memory size that was invoked three times the next index is 3; of a new one it is 0."""
    samples = {512: [Sample(1.0, 1), Sample(None, None), Sample(1.0, 1)]}

    assert {512: (Batch(3, 4),), 2048: (Batch(0, 7),)} == batches_of(Invoke({512: 4, 2048: 7}), samples)


DECISION = Decision(
    memory_mb=512,
    confidence=0.93,
    stopped_by="cost",
    estimates=(
        MemoryEstimate(512, 9, Interval(2e-6, 1e-6, 4e-6), Interval(200.5, 190.25, 230.0), 0.93),
        MemoryEstimate(2048, 5, Interval(5e-6, 4.5e-6, 8e-6), Interval(90.5, 80.25, 99.0), 0.07),
    ),
    gain=Gain(2048, Interval(-0.6, -0.7, -0.4), Interval(1.2, 1.1, 1.6), significant=True),
    spent=Spent(invocations=17, cost_usd=0.003, rounds=4, sweep_cost_usd=0.021),
    model_fits=False,
    meets_slo=0.875,
)


def branch(memory_mb: int) -> MeasuredBranch:
    return MeasuredBranch(
        memory_mb=memory_mb,
        invocations=10,
        samples=9,
        cold_samples=0,
        total_cost_usd=2.5e-5,
        average_duration_ms=201.5,
        average_cost_usd=2.25e-6,
        duration_ms=spread([190.0, 213.0]),
        max_memory_used_mb=None,
    )


def test_a_decision_is_described() -> None:
    """Cost and duration are those of the chosen branch; how sure it is, and why it ended, are the engine's."""

    assert SmartDecision(
        memory_mb=512,
        cost_usd=2.25e-6,
        duration_ms=201.5,
        strategy="speed",
        confidence=0.93,
        stopped_by="cost",
        model_fits=False,
        chance_of_meeting_slo=0.875,
        rounds=4,
        sweep_cost_usd=0.021,
    ) == decision_of(DECISION, plan(strategy="speed"), branch(512))


def test_a_gain_is_described_with_its_intervals() -> None:
    """Against the memory that the function has."""

    assert Comparison(
        current_memory_mb=2048,
        cost_change=-0.6,
        duration_change=1.2,
        cost_change_interval=(-0.7, -0.4),
        duration_change_interval=(1.1, 1.6),
        significant=True,
    ) == comparison_of(DECISION)


def test_without_a_comparison_there_is_no_gain() -> None:
    """The present memory may not have been measured."""

    assert comparison_of(replace(DECISION, gain=None)) is None


def test_a_measured_branch_gets_what_the_engine_knows() -> None:
    """Its averages become estimates with their intervals; what was invoked stays."""

    assert [
        EstimatedBranch(
            memory_mb=2048,
            invocations=10,
            samples=9,
            cold_samples=0,
            total_cost_usd=2.5e-5,
            average_duration_ms=90.5,
            average_cost_usd=5e-6,
            duration_ms=spread([190.0, 213.0]),
            max_memory_used_mb=None,
            duration_interval_ms=(80.25, 99.0),
            cost_interval_usd=(4.5e-6, 8e-6),
            chance_of_best=0.07,
        )
    ] == estimated([branch(2048)], DECISION)


def test_a_branch_that_the_engine_does_not_know_stays() -> None:
    """One that failed, even if it was estimated before, and one that it has no estimate of."""
    failed = FailedBranch(
        memory_mb=512,
        outcome="timeout",
        reason="3 s",
        invocations=1,
        samples=0,
        cold_samples=0,
        total_cost_usd=1e-6,
    )

    assert [failed, branch(1024)] == estimated([failed, branch(1024)], DECISION)
