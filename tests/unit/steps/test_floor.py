"""A decision never harms the function: it keeps to the floor, or nothing applies it by itself."""

import json
from dataclasses import replace

import pytest

from power_tuner.engine.question import Invoke
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.result import SmartDecision
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.smart import ask_engine
from world import World

NEEDED = Report(60.0, 60, max_memory_used_mb=300, memory_mb=1024)


def in_production(world: World, report: Report = NEEDED) -> World:
    world.logs.calls.append(("thumbnailer", world.clock.now() - 3600, report))
    return world


def test_the_smart_mode_offers_no_size_under_the_floor(world: World) -> None:
    """The function is cheapest wherever; sizes under production's peak are not even invoked."""
    in_production(world).tune(num=..., powerValues=[128, 256, 512, 1024])
    draft = world.documents.draft("run-1")

    assert isinstance(draft.decision, SmartDecision)
    assert draft.decision.memory_mb in {512, 1024}
    assert {512, 1024} >= {branch.memory_mb for branch in draft.branches}
    assert draft.floor
    assert [128, 256] == [each.memory_mb for each in draft.floor.not_offered]
    assert draft.floor.broken is None


def test_a_sweep_warns_and_is_not_applied(world: World) -> None:
    """Classic mode decides as always, says that it is not safe, and the Optimizer leaves the function alone."""
    event = in_production(world).tune(autoOptimize=True, powerValues=[128])["event"]
    applied = world.optimize(event)

    assert event["decision"]["power"] == 128
    assert "Beware: production used up to 300 MB of memory" in event["sentence"]
    assert "it is not safe: production used up to 300 MB" in str(applied)
    assert world.memory_mb == 1024


def test_a_safe_decision_is_applied(world: World) -> None:
    """The floor bars nothing that keeps to it."""
    event = in_production(world).tune(autoOptimize=True, powerValues=[512, 2048], strategy="speed")["event"]
    world.optimize(event)

    assert world.memory_mb == 2048
    assert "Beware" not in event["sentence"]


def test_runs_are_no_production(world: World) -> None:
    """When earlier runs were is known to whoever reads production."""
    world.tune()
    world.begin(run_id="second")

    assert 1 == len(world.logs.apart)


def test_a_dry_run_reads_no_logs(world: World) -> None:
    """It decides nothing that a floor could be for."""
    in_production(world).begin(dryRun=True)

    assert world.documents.plan("run-1").production is None


def test_cold_calls_of_production_count_in_the_smart_mode(world: World) -> None:
    """A tenth of production's calls is cold: the result says so, and the report that the p95 is a cold call."""
    for number in range(50):
        cold = Report(60.0, 360, init_ms=300.0, max_memory_used_mb=60, memory_mb=1024)
        in_production(world, cold if number % 10 == 0 else replace(NEEDED, max_memory_used_mb=60))
    event = world.tune(num=..., powerValues=[512, 1024])["event"]
    document = json.loads(world.documents.objects[event["resultKey"]])

    assert document["coldStarts"]["share"] == 0.1
    assert "the p95 and p99 are cold calls" in world.documents.objects[event["reportKey"]]


def test_an_api_that_may_call_it_gives_up_after_29_seconds(world: World) -> None:
    """Unless a callerTimeout is given, or the function's own timeout is shorter."""
    world.target.latest["Timeout"] = 60
    world.resource_policies.allowed = frozenset({"apigateway.amazonaws.com"})
    world.tune()
    draft = world.documents.draft("run-1")

    assert draft.floor
    assert draft.floor.most_duration_ms == pytest.approx(0.8 * 29_000)


def test_a_caller_that_is_given_counts(world: World) -> None:
    """Also where an API could call."""
    world.target.latest["Timeout"] = 60
    world.resource_policies.allowed = frozenset({"apigateway.amazonaws.com"})
    world.tune(callerTimeout=40)
    draft = world.documents.draft("run-1")

    assert draft.floor
    assert draft.floor.most_duration_ms == 0.8 * 40_000


@pytest.mark.parametrize(("timeout_s", "given"), [(29, {}), (60, {"callerTimeout": 40})])
def test_who_may_call_it_is_asked_only_where_it_matters(world: World, timeout_s: int, given: dict[str, int]) -> None:
    """It is one call more of Lambda's control plane."""
    world.target.latest["Timeout"] = timeout_s
    world.tune(**given)

    assert world.resource_policies.asked == []


def test_a_run_has_a_decision_where_all_that_is_safe_fails(world: World) -> None:
    """The smart mode then tries what is not safe, and says so."""
    in_production(world).begin(num=..., powerValues=[128, 256, 512])
    samples = {512: [Sample(None, None, status="function-error")]}
    plan = world.documents.plan("run-1")
    step = ask_engine(plan, samples, frozenset({512}), plan.prices, rounds=1, elapsed_s=5.0)

    assert isinstance(step, Invoke)
    assert step.invocations.keys() <= {128, 256}
