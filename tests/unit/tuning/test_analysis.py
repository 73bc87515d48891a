"""From samples to branches, and from branches to a decision."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import UNSET

from power_tuner.tuning.analysis import analyze_branch, candidates_of, compare, decide
from power_tuner.tuning.outcome import BranchOutcome
from power_tuner.tuning.pricing import prices_for
from power_tuner.tuning.result import ClassicDecision, Comparison, FailedBranch, MeasuredBranch
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.statistics import spread
from power_tuner.tuning.strategies import Candidate
from unit.tuning.few_branches import FAILED, PRICES, branch, plan


def measured(samples: Sequence[Sample], memory_mb: int = 1024, **run_input: Any) -> MeasuredBranch:
    found = analyze_branch(memory_mb, samples, None, plan(**run_input), PRICES)
    assert isinstance(found, MeasuredBranch)
    return found


def test_a_branch_is_measured() -> None:
    """A cold start's duration has its init, its bill has it already; the rest is trimmed and priced."""
    cold = Sample(10.0, 510, init_ms=500.0, max_memory_used_mb=90)
    warm = [Sample(ms, 11, max_memory_used_mb=80) for ms in (9.0, 10.0, 11.0, 12.0)]

    assert MeasuredBranch(
        memory_mb=1024,
        invocations=5,
        samples=5,
        cold_samples=1,
        total_cost_usd=510 + 44 + 2.5,
        average_duration_ms=11.0,
        average_cost_usd=11.0,
        duration_ms=spread([510.0, 9.0, 10.0, 11.0, 12.0]),
        max_memory_used_mb=90,
        cold_duration_ms=510.0,
    ) == measured([cold, *warm])


def test_a_restore_is_billed_once() -> None:
    """The billed duration of a SnapStart start has the billed restore already."""
    found = measured([Sample(127.1, 154, restore_ms=398.97)] * 5)

    assert pytest.approx(526.07) == found.average_duration_ms
    assert 154.0 == found.average_cost_usd


def test_a_failed_branch_has_no_averages() -> None:
    """What ended the branch is its outcome; what it cost is kept."""
    outcome = BranchOutcome(outcome="out-of-memory", reason="the function needs more memory than this")
    samples = [Sample(9.0, 10), Sample(19.0, 20, status="out-of-memory")]

    assert FailedBranch(
        memory_mb=1024,
        outcome="out-of-memory",
        reason="the function needs more memory than this",
        invocations=2,
        samples=1,
        cold_samples=0,
        total_cost_usd=30.0 + 1.0,
    ) == analyze_branch(1024, samples, outcome, plan(), PRICES)


def test_what_fails_is_paid_for_as_far_as_it_is_known() -> None:
    """An invocation without a REPORT costs its request; what it billed nobody knows."""
    outcome = BranchOutcome(outcome="throttled", reason="too many at once")
    samples = [Sample(7.3, 8), Sample(None, None, status="throttled")]

    assert 8 * 0.5 + 2 * 0.5 == analyze_branch(512, samples, outcome, plan(), PRICES).total_cost_usd


def test_what_bills_nothing_costs_its_request() -> None:
    """A duration below the billing's grain."""
    found = measured([Sample(0.3, 0)] * 5)

    assert (0.0, 5 * 0.5) == (found.average_cost_usd, found.total_cost_usd)


def test_memory_that_no_report_tells_is_not_known() -> None:
    """The averages are none the less."""
    found = measured([Sample(7.3, 8)] * 5)

    assert (None, 7.3, 8.0) == (found.max_memory_used_mb, found.average_duration_ms, found.average_cost_usd)


def test_extensions_are_averaged_where_they_are_told() -> None:
    """They are part of the duration, which stays as it is; unknown is unknown."""
    told = [Sample(7.3, 8, extensions_ms=extensions_ms) for extensions_ms in (1.0, 3.0)]

    assert measured([*told * 2, Sample(7.3, 8)]).extensions_ms == 2.0
    assert measured(told * 3).average_duration_ms == 7.3
    assert measured([Sample(7.3, 8)] * 5).extensions_ms is UNSET


@pytest.mark.parametrize(
    ("discarded", "duration_ms", "cost_usd"), [(0.0, 41.4, 43.0), (0.2, 14.0, 15.0), (0.4, 13.0, 14.0)]
)
def test_a_branch_is_trimmed_as_asked(discarded: float, duration_ms: float, cost_usd: float) -> None:
    """Durations and bills alike; what was billed is averaged before it is priced."""
    samples = [Sample(ms, int(ms) + 1) for ms in (9.0, 13.0, 12.0, 17.0, 156.0)]

    found = measured(samples, discardTopBottom=discarded)

    assert pytest.approx(duration_ms) == found.average_duration_ms
    assert pytest.approx(cost_usd) == found.average_cost_usd


@pytest.mark.parametrize(("missing", "outcome"), [(1, "ok"), (2, "unmeasurable")])
def test_too_few_reports_measure_nothing(missing: int, outcome: str) -> None:
    """Averages need a report of four in five invocations."""
    samples = [Sample(10.0, 10)] * (5 - missing) + [Sample(None, None, status="unmeasurable")] * missing

    assert outcome == analyze_branch(1024, samples, None, plan(), PRICES).outcome


def test_a_missing_report_is_no_duration_of_nothing() -> None:
    """What no REPORT tells is in no average."""

    assert 10.0 == measured([Sample(10.0, 10)] * 4 + [Sample(None, None, status="unmeasurable")]).average_duration_ms


def test_the_reason_counts_the_reports() -> None:
    """An unmeasurable branch says how many invocations told their duration."""
    found = analyze_branch(128, [Sample(None, None, status="unmeasurable")] * 5, None, plan(), PRICES)

    assert "only 0 of 5 invocations have a REPORT that tells their duration" == found.reason


def test_the_reason_counts_what_was_lost() -> None:
    """Invocations of which nothing is known were run_input none the less."""
    found = analyze_branch(128, [Sample(7.3, 8)] * 3, None, plan(), PRICES)

    assert "only 3 of 5 invocations have a REPORT that tells their duration" == found.reason


def test_the_reason_counts_the_cold_starts() -> None:
    """With onlyColdStarts what was warm measures nothing."""
    samples = [Sample(7.3, 8, init_ms=91.5)] * 3 + [Sample(7.3, 8)] * 2

    found = analyze_branch(128, samples, None, plan(onlyColdStarts=True), PRICES)

    assert ("unmeasurable", 3) == (found.outcome, found.cold_samples)
    assert "only 3 of 5 invocations were cold starts" == found.reason


@pytest.mark.parametrize("invocations", [3, 0])
def test_the_smart_mode_measures_nothing_without_a_report(invocations: int) -> None:
    """Without num one duration is enough, and none is too few."""
    samples = [Sample(None, None, status="unmeasurable")] * invocations

    found = analyze_branch(128, samples, None, plan(num=None), PRICES)

    assert "unmeasurable" == found.outcome
    assert f"only 0 of {invocations} invocations have a REPORT that tells their duration" == found.reason
    assert "ok" == analyze_branch(128, [*samples, Sample(7.3, 8)], None, plan(num=None), PRICES).outcome


def test_failed_branches_are_no_candidates() -> None:
    """Only measured branches are chosen from, in the order of power."""

    assert [Candidate(512, 2.0, 3.0), Candidate(1024, 1.0, 4.0)] == candidates_of(
        [branch(1024, 1.0, 4.0), FAILED, branch(512, 2.0, 3.0)]
    )


@pytest.mark.parametrize("durations_ms", [[0.0] * 5, [0.0, 0.0, 0.0, 0.0, 7.3]])
def test_an_average_of_nothing_measures_nothing(durations_ms: list[float]) -> None:
    """A memory size whose average is 0 ms is no candidate, however its extremes are."""
    found = analyze_branch(128, [Sample(ms, 1) for ms in durations_ms], None, plan(), PRICES)

    assert ("unmeasurable", "its average duration is 0 ms") == (found.outcome, found.reason)


def test_what_costs_nothing_anywhere_is_balanced_by_time() -> None:
    """Where nothing is billed, there is no share of the largest cost."""
    branches = [branch(128, 9.0, 0.0), branch(1024, 1.0, 0.0)]

    assert 1024 == decide(branches, plan(strategy="balanced")).memory_mb


@pytest.mark.parametrize(("memories_mb", "expected"), [([1024, 512], 1024), ([512, 1024], 512)])
@pytest.mark.parametrize("strategy", ["cost", "speed", "balanced"])
def test_of_full_equals_the_first_of_the_input_wins(strategy: str, memories_mb: list[int], expected: int) -> None:
    """Branches are in ascending order; what was asked for first decides."""
    branches = [branch(512, 1.0, 3.0), branch(1024, 1.0, 3.0)]

    assert expected == decide(branches, plan(strategy=strategy, powerValues=memories_mb)).memory_mb


def test_of_two_equally_cheap_memory_sizes_the_faster_wins() -> None:
    """36 ms at 128 MB and 3 ms at 1536 MB cost the same; rounding must not decide."""
    figures = [(128, Sample(35.9, 36)), (1536, Sample(2.9, 3))]
    prices = prices_for("us-east-1", "x86_64")
    branches = [analyze_branch(memory_mb, [sample] * 5, None, plan(), prices) for memory_mb, sample in figures]

    assert 1536 == decide(branches, plan(powerValues=[128, 1536])).memory_mb


def test_a_decision_names_its_strategy() -> None:
    """The decision has the numbers of the branch that won."""

    assert ClassicDecision(memory_mb=1024, cost_usd=4.0, duration_ms=1.0, strategy="speed") == decide(
        [branch(512, 2.0, 3.0), branch(1024, 1.0, 4.0)], plan(strategy="speed")
    )


def test_a_slo_is_met_at_the_lowest_cost() -> None:
    """Of the memory sizes under the limit the cheapest wins; the decision says that it meets it."""
    branches = [slo_branch(128, 90.0, 1.0), slo_branch(512, 40.0, 2.0), slo_branch(1024, 20.0, 3.0)]

    found = decide(branches, plan(strategy="slo", maxDurationMs=50, statistic="p95"))

    assert (512, True) == (found.memory_mb, found.meets_slo)


def test_a_slo_that_nothing_meets_is_missed_by_least() -> None:
    """When no memory size stays under the limit, the nearest is taken, and the decision says so."""
    branches = [slo_branch(128, 90.0, 1.0), slo_branch(512, 40.0, 2.0)]

    found = decide(branches, plan(strategy="slo", maxDurationMs=30))

    assert (512, False) == (found.memory_mb, found.meets_slo)


def slo_branch(memory_mb: int, p95_ms: float, cost_usd: float) -> MeasuredBranch:
    return branch(memory_mb, p95_ms / 2, cost_usd, p95_ms=p95_ms)


@pytest.mark.parametrize(
    ("statistic", "limit_ms", "expected"),
    [("p95", 42, (512, True)), ("p95", 41.9, (1024, True)), ("p50", 30, (256, True)), ("p50", 6.9, (1024, False))],
)
def test_a_slo_is_of_its_statistic(statistic: str, limit_ms: float, expected: tuple[int, bool]) -> None:
    """The limit itself is met; a branch that failed has no statistic, and is not asked for it."""
    branches = [FAILED, slo_branch(256, 90.0, 1.7), slo_branch(512, 42.0, 2.1), slo_branch(1024, 21.0, 3.4)]

    found = decide(branches, plan(strategy="slo", maxDurationMs=limit_ms, statistic=statistic))

    assert expected == (found.memory_mb, found.meets_slo)


def test_only_a_slo_is_met_or_missed() -> None:
    """A limit that no strategy asks for decides nothing, and the decision does not speak of it."""
    branches = [slo_branch(128, 90.0, 1.7), slo_branch(512, 42.0, 2.1)]

    found = decide(branches, plan(strategy="cost", maxDurationMs=50))

    assert ClassicDecision(memory_mb=128, cost_usd=1.7, duration_ms=45.0, strategy="cost") == found


@pytest.mark.parametrize(("weight", "expected"), [(0.9, 128), (0.1, 1024)])
def test_balance_is_weighed_as_asked(weight: float, expected: int) -> None:
    """More weight on cost, or more on time."""
    branches = [branch(128, 9.3, 1.1), branch(1024, 1.7, 2.9)]

    assert expected == decide(branches, plan(strategy="balanced", balancedWeight=weight)).memory_mb


def test_a_little_more_may_be_paid_for_speed() -> None:
    """With strategy tolerance the fastest wins that costs at most that share more than the cheapest."""
    branches = [branch(128, 9.0, 1.0), branch(512, 3.0, 1.05), branch(1024, 1.0, 1.2)]

    assert 512 == decide(branches, plan(strategy="tolerance", tolerance=0.1)).memory_mb


def test_the_smart_mode_describes_what_it_kept() -> None:
    """Without num cold starts are counted and paid for, and are in no average."""
    samples = [Sample(10.0, 510, init_ms=500.0), Sample(10.0, 10), Sample(12.0, 12)]

    found = measured(samples, num=None)

    assert (3, 2, 0, 11.0) == (found.invocations, found.samples, found.cold_samples, found.average_duration_ms)
    assert 532 + 1.5 == found.total_cost_usd


def test_a_decision_is_related_to_now() -> None:
    """Changes are relative to the branch of the current memory: less of one, more of the other."""
    branches = [branch(512, 3.5, 3.0), branch(1024, 2.0, 4.0), branch(2048, 1.5, 7.0)]
    decision = ClassicDecision(memory_mb=512, cost_usd=3.0, duration_ms=3.5, strategy="cost")

    assert Comparison(current_memory_mb=1024, cost_change=-0.25, duration_change=0.75) == compare(
        branches, decision, 1024
    )


@pytest.mark.parametrize("current_memory_mb", [128, 2048])
def test_without_a_measurement_of_now_nothing_is_compared(current_memory_mb: int) -> None:
    """A current memory that failed, or was not asked for, has no numbers."""
    decision = ClassicDecision(memory_mb=512, cost_usd=3.0, duration_ms=2.0, strategy="cost")

    assert compare([FAILED, branch(512, 2.0, 3.0)], decision, current_memory_mb) is None
