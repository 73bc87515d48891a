"""What is emitted is what the schemas promise; built by runs in memory, not by hand."""

import json
from typing import Any

import pytest

from event_contracts import example, problems
from fake_lambda import Asked, cpu_bound, report_line
from fakes import NOON
from power_tuner.errors import FunctionError, InvalidInput
from power_tuner.events import SOURCE
from power_tuner.ports import InvocationAnswer
from power_tuner.tuning.outcome import BranchOutcome
from world import RUN_ID, World


def envelope(detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    """Wrap a detail as EventBridge does."""
    return {
        "version": "0",
        "id": "6f1f0c64",
        "detail-type": detail_type,
        "source": SOURCE,
        "account": "123456789012",
        "time": NOON,
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    }


RUNS: dict[str, dict[str, Any]] = {
    "plain": {},
    "balanced": {"strategy": "balanced", "balancedWeight": 0.3, "includeOutputResults": True},
    "now not measured": {"powerValues": [128, 256]},
    "weighted": {"payload": [{"payload": 1, "weight": 1}, {"payload": 2, "weight": 2}]},
    "parallel": {"num": 60, "parallelInvocation": True},
    "dry run": {"dryRun": True},
    "applied to an alias": {"autoOptimize": True, "autoOptimizeAlias": "live"},
    "all memory sizes": {"powerValues": "ALL"},
    "cold": {"onlyColdStarts": True},
    "smart": {"num": ...},
    "smart, all memory sizes": {"num": ..., "powerValues": "ALL", "confidence": "high"},
    "smart, cold": {"num": ..., "onlyColdStarts": True},
    "slo": {"strategy": "slo", "maxDurationMs": 250},
    "smart slo": {"num": ..., "strategy": "slo", "maxDurationMs": 250, "statistic": "mean"},
    "tolerance": {"strategy": "tolerance", "tolerance": 0.2},
    "limited": {"num": ..., "maxInvocations": 40},
}


def always_cold(asked: Asked) -> InvocationAnswer:
    log = report_line(10, 410, asked.memory_mb, "Init Duration: 400.00 ms\t")
    return InvocationAnswer("{}", None, log, asked.version)


@pytest.mark.parametrize("name", RUNS)
def test_the_completion_event_is_valid(name: str) -> None:
    """Every kind of run ends with an event of its schema."""
    world = World()
    world.target.behaviour = always_cold if "onlyColdStarts" in RUNS[name] else cpu_bound
    event = world.tune(**RUNS[name])["event"]

    assert [] == problems("power-tuning-completed", envelope("Power Tuning Completed", event))


@pytest.mark.parametrize("name", RUNS)
def test_the_result_document_is_valid(name: str) -> None:
    """Every kind of run leaves a document of its schema."""
    world = World()
    world.target.behaviour = always_cold if "onlyColdStarts" in RUNS[name] else cpu_bound
    key = world.tune(**RUNS[name])["event"]["resultKey"]

    assert [] == problems("result-document", json.loads(world.documents.objects[key]))


def small_fails(asked: Asked) -> InvocationAnswer:
    if asked.memory_mb == 128:
        return InvocationAnswer('{"errorType": "E"}', "Unhandled", cpu_bound(asked).log_tail, asked.version)
    return cpu_bound(asked)


def test_a_run_with_a_failed_branch_is_valid() -> None:
    """Outcomes other than ok are in document and event."""
    world = World()
    world.target.behaviour = small_fails
    world.begin()
    branches = world.publish()["branches"]
    with pytest.raises(FunctionError):
        world.measure(branches[0])
    world.documents.save_outcome(RUN_ID, 128, BranchOutcome(outcome="function-error", reason="the function raised E"))
    world.measure_all(branches[1:])
    world.analyze()
    event = world.record()["event"]

    assert {"function-error": 1, "ok": 2} == event["outcomes"]
    assert [] == problems("power-tuning-completed", envelope("Power Tuning Completed", event))
    assert [] == problems("result-document", json.loads(world.documents.objects[event["resultKey"]]))


def test_the_failure_event_is_valid() -> None:
    """A run that failed on its target tells so."""
    world = World()
    world.begin()
    world.fail("NothingMeasured", '{"errorMessage": "No memory size could be measured."}')
    ((detail_type, detail),) = world.events.emitted

    assert [] == problems("power-tuning-failed", envelope(detail_type, detail))


def test_the_failure_event_of_a_refused_input_is_valid() -> None:
    """A run that never knew its target tells so too."""
    world = World()
    with pytest.raises(InvalidInput):
        world.begin_raw({})
    world.fail("InvalidInput", "lambdaARN: nothing was given.")
    ((detail_type, detail),) = world.events.emitted

    assert [] == problems("power-tuning-failed", envelope(detail_type, detail))


@pytest.mark.parametrize("alias", [None, "live"])
@pytest.mark.parametrize("deployed", [{}, {"CodeSha256": "code-2"}])
def test_the_applied_event_is_valid(alias: str | None, deployed: dict[str, Any]) -> None:
    """Applied or not, with an alias or without, the event is of its schema."""
    world = World()
    event = world.tune(autoOptimize=True, autoOptimizeAlias=alias, strategy="speed", powerValues=[128, 2048])["event"]
    world.functions.deploy(**deployed)
    world.optimize(event)
    ((detail_type, detail),) = world.events.emitted

    assert (not deployed) is detail["applied"]
    assert [] == problems("power-setting-applied", envelope(detail_type, detail))


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("power-tuning-completed", lambda world: world.tune()["event"]),
        ("result-document", lambda world: json.loads(world.documents.objects[world.tune()["event"]["resultKey"]])),
    ],
)
def test_the_examples_have_the_members_of_real_ones(name: str, build: Any) -> None:
    """The examples are as what is really emitted: the same members, no more and no fewer."""
    shown = example(name)

    assert set(build(World())) == set(shown.get("detail", shown))
