"""What a run cost: measured and estimated apart."""

from dataclasses import replace

import pytest
from msgspec import structs

from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.spending import spent_of
from power_tuner.tuning.transitions import Work
from unit.tuning.few_branches import plan

GB_SECOND, REQUEST, TRANSITION = 0.0000133334, 0.0000002, 0.000025
CACHED_GB_SECOND, RESTORED_GB = 0.0000015046, 0.0001397998
WORK = Work(rounds=1, publisher_calls=1, branches=2, executor_calls=2, finished_batches=2, first_tries=1)
WARM = Sample(duration_ms=99.5, billed_ms=100)
COLD = Sample(duration_ms=99.5, billed_ms=150, init_ms=50.0)
RESTORED = Sample(duration_ms=99.5, billed_ms=120, restore_ms=400.0)
LOST = Sample(status="unmeasurable")


def with_snap_start() -> RunPlan:
    made = plan()
    return replace(made, target=structs.replace(made.target, snapshots_billed=True))


def test_what_reports_tell_is_measured() -> None:
    """Billed milliseconds and requests, of invocations that failed too; those without a REPORT are told."""
    spent = spent_of(plan(), {512: [COLD, WARM, LOST], 1024: [WARM]}, WORK, 20.0)
    usd = (0.25 * 0.5 + 0.1) * GB_SECOND + 4 * REQUEST

    assert pytest.approx(usd) == spent.lambda_cost_usd
    assert (350, 1) == (spent.billed_ms, spent.invocations_without_report)
    assert 4 == spent.invocations


def test_the_rest_is_estimated() -> None:
    """Transitions, and the tuner's own functions: one of them at any time, and an Executor more for a branch more."""
    spent = spent_of(plan(), {512: [WARM] * 10, 1024: [WARM] * 20}, WORK, 20.0)

    assert (4 + 3 + 2 + 3 * 2 + 2 * 2 + 2 + 1) == spent.state_transitions
    assert spent.execution_cost_usd == spent.state_transitions * TRANSITION
    assert pytest.approx(20.995 * 0.5 * GB_SECOND + 8 * REQUEST) == spent.own_functions_cost_usd
    assert not spent.snap_start_cost_usd


@pytest.mark.parametrize(("elapsed_s", "kept_s"), [(20.0, 3 * 3600), (4 * 3600.0, 4 * 3600)])
def test_a_snapshot_costs_three_hours_at_least(elapsed_s: float, kept_s: int) -> None:
    """Each version is kept for three hours as far as the bill goes, and each restored sandbox costs once."""
    spent = spent_of(with_snap_start(), {512: [RESTORED, WARM, RESTORED], 1024: [RESTORED]}, WORK, elapsed_s)

    assert pytest.approx(1.5 * kept_s * CACHED_GB_SECOND + 2 * RESTORED_GB) == spent.snap_start_cost_usd
