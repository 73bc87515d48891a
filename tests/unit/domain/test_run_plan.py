"""Plans: payloads and batches."""

from typing import Any

import pytest

from power_tuner.domain.run_input import parse_run_input
from power_tuner.domain.run_plan import PlannedTarget, RunPlan

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


def plan(**wanted: Any) -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=PlannedTarget(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", 1024, 30),
        wanted=parse_run_input({"lambdaARN": f"{ARN}:live", "num": 5, **wanted}, default_power_values=(128,)),
    )


@pytest.mark.parametrize(
    ("num", "parallel", "expected"),
    [
        (1, False, [(0, 0, 1)]),
        (10_000, False, [(0, 0, 10_000)]),
        (50, True, [(0, 0, 50)]),
        (51, True, [(0, 0, 25), (1, 25, 51)]),
        (10_000, True, [(i, i * 1000, (i + 1) * 1000) for i in range(10)]),
    ],
)
def test_a_branch_is_cut_into_batches(num: int, parallel: bool, expected: list[tuple[int, int, int]]) -> None:  # noqa: FBT001
    """One batch in a row, or up to ten side by side, whatever num is."""
    batches = plan(num=num, parallelInvocation=parallel).batches()

    assert [{"batch": batch, "next": first, "end": end} for batch, first, end in expected] == batches


def test_cold_starts_are_one_batch() -> None:
    """Cold starts come in one burst, so they are never cut into batches."""

    assert [{"batch": 0, "next": 0, "end": 100}] == plan(
        num=100, onlyColdStarts=True, parallelInvocation=True
    ).batches()


def test_payloads_follow_their_weights() -> None:
    """Each invocation of a branch knows its payload."""
    weighted = [{"payload": "a", "weight": 1}, {"payload": "b", "weight": 4}]

    assert [1, 1, 0, 1, 1] == plan(payload=weighted).payload_indices()


def test_a_dry_run_sends_the_heaviest_payload() -> None:
    """With one invocation and several payloads, one is sent."""
    weighted = [{"payload": "a", "weight": 1}, {"payload": "b", "weight": 4}]

    assert [1] == plan(payload=weighted, dryRun=True).payload_indices()


def test_the_input_is_shown_without_payloads() -> None:
    """Results show how the run was asked for, and only the number of payloads."""

    assert {
        "num": 5,
        "strategy": "balanced",
        "balancedWeight": 0.25,
        "parallelInvocation": True,
        "onlyColdStarts": False,
        "discardTopBottom": 0.1,
        "powerValues": [256, 512],
        "payloads": 1,
    } == plan(
        payload={"card": "4111"},
        strategy="balanced",
        balancedWeight=0.25,
        parallelInvocation=True,
        discardTopBottom=0.1,
        powerValues=[512, 256],
    ).public_input()
