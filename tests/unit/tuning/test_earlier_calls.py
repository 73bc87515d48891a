"""What a run says to the next one."""

import random
from dataclasses import replace
from typing import Any

import pytest

from power_tuner.tuning.earlier_calls import MOST_CALLS, carried_over, durations_of, production_calls
from power_tuner.tuning.production import Production, summed_up
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.smart import question_of
from world import RUN_ID, World

FULL = {128: (800.0, 810.0), 256: (400.0, 404.0), 512: (200.0, 203.0), 1024: (100.0, 101.0)}


def _plan(world: World, **run_input: Any) -> RunPlan:
    world.begin(num=..., **run_input)
    return world.documents.plan(RUN_ID)


def _in_production(plan: RunPlan, calls: int = 40, memory_mb: int = 1024) -> RunPlan:
    """Return the plan with production's calls, of 75 ms each, at a memory size; 1,024 MB is the current one."""
    sizes = summed_up([Report(75.0, 75, memory_mb=memory_mb)] * calls)
    return replace(plan, production=Production(since_s=0, until_s=86_400, sizes=sizes))


def test_only_calls_that_count_are_handed_on(world: World) -> None:
    """Cold starts and calls that failed say nothing of warm ones."""
    warm = Sample(duration_ms=10.5, billed_ms=11)
    samples = {128: [Sample(duration_ms=50, billed_ms=60, init_ms=9), warm], 256: [Sample(status="timeout")]}

    assert durations_of(_plan(world), samples) == {128: (10.5,)}


def test_the_latest_calls_are_handed_on(world: World) -> None:
    """The plan that every step reads stays small."""
    samples = {128: [Sample(duration_ms=float(number), billed_ms=number) for number in range(1, 100)]}

    assert durations_of(_plan(world), samples)[128] == tuple(float(number) for number in range(100 - MOST_CALLS, 100))


def test_a_run_that_confirmed_an_earlier_one_hands_on_both() -> None:
    """Two confirming calls do not replace what was known of all memory sizes."""
    assert set(carried_over(FULL, {512: (201.0,), 1024: (100.0,)})) == set(FULL)


def test_what_an_earlier_run_measured_is_scaled_to_the_later_one() -> None:
    """Calls that became half as long again make the earlier ones count as half as long again."""
    handed_on = carried_over(FULL, {512: (300.0,), 1024: (150.0,)})

    assert 1150 < handed_on[128][0] < 1250


def test_a_run_of_a_function_that_changed_hands_on_its_own_calls_only() -> None:
    """What an earlier run measured is gone once it no longer holds."""
    chance = random.Random(1)  # noqa: S311 - a test's noise, no secret
    own = {memory_mb: tuple(9000 * chance.lognormvariate(0, 0.02) for _ in range(3)) for memory_mb in FULL}

    assert carried_over(FULL, own) == own


def test_a_first_run_hands_on_its_own_calls() -> None:
    """Without an earlier run there is nothing to compare with."""
    assert carried_over({}, FULL) == FULL


def test_productions_calls_are_told_beside_those_of_earlier_runs(world: World) -> None:
    """At the memory size that callers get. Alone they would only make a run dearer, so a first run has no past."""
    plan = _in_production(_plan(world))
    past = question_of(replace(plan, past=FULL), plan.prices).past

    assert past
    assert (dict(past.durations_ms), past.production) == (FULL, (1024, (75.0,) * MOST_CALLS))
    assert question_of(plan, plan.prices).past is None


def test_production_is_no_evidence_of_cold_starts(world: World) -> None:
    """A run of cold starts alone is told of none of its warm calls."""
    assert production_calls(_in_production(_plan(world, onlyColdStarts=True))) is None


@pytest.mark.parametrize("seen", [{"calls": 19}, {"memory_mb": 512}])
def test_few_calls_or_those_of_another_memory_size_are_no_evidence(world: World, seen: dict[str, int]) -> None:
    """Under twenty calls the figures of production do not count anywhere."""
    assert production_calls(_in_production(_plan(world), **seen)) is None
