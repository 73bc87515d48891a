"""The share of cold calls that a decision is for."""

from typing import Any

import pytest

from power_tuner.tuning.analysis import analyze_branch
from power_tuner.tuning.cold_starts import cold_starts_of
from power_tuner.tuning.production import Production, summed_up
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.result import MeasuredBranch
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.smart import question_of
from power_tuner.tuning.target import Target

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
# 2 of 50 calls are cold.
FOUR_PERCENT = [Report(20.0, 420, init_ms=400.0, memory_mb=512)] * 2 + [Report(20.0, 20, memory_mb=512)] * 48


def production(reports: list[Report], unreadable: str | None = None) -> Production:
    return Production(since_s=0, until_s=7 * 86_400, sizes=summed_up(reports), unreadable=unreadable)


def plan(read: Production | None = None, *, snapshots_billed: bool = False, **run_input: Any) -> RunPlan:
    target = Target(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "c", 512, 512, 30, snapshots_billed)
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=target,
        run_input=parse_run_input({"lambdaARN": ARN, **run_input}, (512, 1024)),
        production=read,
    )


@pytest.mark.parametrize(
    ("asked", "share", "words"),
    [
        (plan(production(FOUR_PERCENT)), 0.04, "Observed: 4.0% of 50 invocations of production"),
        (plan(production(FOUR_PERCENT), coldStartShare=0.2), 0.2, "It was given."),
        (plan(production(FOUR_PERCENT), coldStartShare="observed"), 0.04, "Observed"),
        (plan(production(FOUR_PERCENT), num=10), 0.0, "A sweep counts none"),
        (plan(production(FOUR_PERCENT), num=10, coldStartShare=0.2), 0.2, "It was given."),
        (plan(production(FOUR_PERCENT[:10])), 0.0, "Only 10 invocations"),
        (plan(production([], "no permission")), 0.0, "Nothing of production could be read"),
        (plan(), 0.0, "Nothing of production could be read"),
    ],
)
def test_the_share_is_given_or_observed(asked: RunPlan, share: float, words: str) -> None:
    """Where it is neither, none is counted, and it is said."""
    found = cold_starts_of(asked)

    assert found
    assert found.share == share
    assert words in found.basis


def test_what_a_quantile_is_is_known() -> None:
    """With 6 % cold calls, p95 and p99 are cold calls; with 4 %, p99 is."""
    of_six, of_four = (cold_starts_of(plan(coldStartShare=share)) for share in (0.06, 0.04))

    assert of_six
    assert of_four
    assert (("p95", "p99"), ("p99",)) == (of_six.cold_quantiles, of_four.cold_quantiles)


def test_cold_starts_alone_are_not_mixed() -> None:
    """A run that measures cold starts alone is about nothing else."""
    asked = plan(production(FOUR_PERCENT), onlyColdStarts=True)

    assert (cold_starts_of(asked), question_of(asked, asked.prices).cold_starts) == (None, None)


def test_the_engine_is_told_of_cold_calls() -> None:
    """With what a restore costs, where it is billed."""
    asked = plan(production(FOUR_PERCENT), snapshots_billed=True)
    told = question_of(asked, asked.prices).cold_starts

    assert told
    assert told.share == 0.04
    assert told.restore_usd[1024] == pytest.approx(asked.prices.snapshot_restored_gb)


def test_a_sweep_mixes_what_it_measured() -> None:
    """A fifth of the calls is cold: mean, bill and quantiles are those of all calls."""
    samples = [Sample(20.0, 420, init_ms=400.0), *[Sample(20.0, 20)] * 9]
    asked = plan(num=10, coldStartShare=0.2)
    branch = analyze_branch(512, samples, None, asked, asked.prices)

    assert isinstance(branch, MeasuredBranch)
    assert branch.average_duration_ms == pytest.approx(0.8 * 20 + 0.2 * 420)
    assert branch.average_cost_usd == asked.prices.average(512, 100)
    assert (branch.duration_ms.p50, branch.duration_ms.p95, branch.cold_duration_ms) == (20, 420, 420)


def test_a_sweep_without_a_share_averages_as_the_peer() -> None:
    """Whatever production shows."""
    samples = [Sample(20.0, 420, init_ms=400.0), *[Sample(20.0, 20)] * 9]
    branches = [
        analyze_branch(512, samples, None, asked, asked.prices)
        for asked in (plan(num=10), plan(production(FOUR_PERCENT), num=10))
    ]

    assert branches[0] == branches[1]
    assert isinstance(branches[0], MeasuredBranch)
    assert branches[0].average_duration_ms == 20
