"""The smart mode puts a run to the engine as it will be billed."""

from typing import Any

import pytest

from power_tuner.engine.question import Decision
from power_tuner.errors import InvalidInput
from power_tuner.tuning.pricing import prices_for
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import PlannedTarget, RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.smart import MAX_ROUNDS, ask_engine, first_round

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
POWER_VALUES = (128, 256, 512, 1024, 1536, 3008)


def plan(**wanted: Any) -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=PlannedTarget(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", 1024, 1024, 30),
        wanted=parse_run_input({"lambdaARN": ARN, **wanted}, default_power_values=POWER_VALUES),
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
        for power, number in step.invocations.items():
            if power not in samples:
                samples[power] = [Sample(work_ms, round(work_ms) + 200, init_ms=199.0)]
            for _ in range(number):
                # every call a little different, the same in each run
                took = work_ms * (1 + 0.04 * (len(samples[power]) * 7 % 5 - 2)) * max(1.0, 512 / power)
                samples[power].append(Sample(took, int(took) + 1))


@pytest.mark.parametrize("most", [2, 3, 4, 7, 12])
def test_max_invocations_counts_cold_starts(most: int) -> None:
    """Each power value's first call is cold: with it, no more is invoked than `maxInvocations`."""
    decision, samples, _ = run(plan(maxInvocations=most, strategy="speed"), 400.0)

    assert sum(map(len, samples.values())) <= most
    assert decision.choice_mb in samples


@pytest.mark.parametrize(
    ("limit", "message"), [({"maxInvocations": 1}, "at least 2"), ({"maxCostUsd": 0}, "more than 0")]
)
def test_a_limit_that_allows_no_measurement_is_refused(limit: dict[str, Any], message: str) -> None:
    """The one invocation would be a cold start, which does not count: the run does not begin."""
    with pytest.raises(InvalidInput, match=message):
        first_round(plan(**limit))

    assert first_round(plan(maxInvocations=1, onlyColdStarts=True)) == {"128": [[0, 1]]}


@pytest.mark.parametrize("strategy", ["cost", "speed", "balanced"])
@pytest.mark.parametrize("work_ms", [3.0, 30_000.0])
def test_a_run_has_few_rounds_and_few_invocations(strategy: str, work_ms: float) -> None:
    """A round costs more than the calls of a quick function: it takes few, and far fewer calls than a sweep of 50."""
    _, samples, rounds = run(plan(strategy=strategy), work_ms)

    assert rounds <= (5 if work_ms < 10 else MAX_ROUNDS)
    assert sum(map(len, samples.values())) <= 50 * len(POWER_VALUES) / 5
