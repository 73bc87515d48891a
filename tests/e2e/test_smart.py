"""Without num the run decides itself what to invoke, through the state machine."""

import json
from collections.abc import Callable
from textwrap import dedent
from typing import Any
from uuid import uuid4

import pytest

from bench.sweep_judge import judge
from e2e.cloud import Cloud, Tuner, bundle, trace_of
from power_tuner.tuning.result_document import read_result
from power_tuner_cli.demo import MEMORIES_MB

pytestmark = pytest.mark.local_aws

MakeTarget = Callable[..., str]

WAITING = """
    import time

    def handler(event, context):
        time.sleep(0.05)
"""
# Some 25 ms of CPU time: ten times that at 128 MB.
COMPUTING = """
    import time

    def handler(event, context):
        until = time.process_time() + 0.025
        while time.process_time() < until:
            pass
"""
SLOW_TO_START = """
    import time
    time.sleep(0.2)

    def handler(event, context):
        return 1
"""


def tune(tuner: Tuner, arn: str, **run_input: Any) -> dict[str, Any]:
    """Tune to the end and return the result document."""
    execution = tuner.tune({"lambdaARN": arn, **run_input})
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    item = tuner.run_item(arn, execution["name"])
    assert item
    return tuner.document(item["resultKey"])


def test_few_invocations_find_what_is_obvious(cloud: Cloud, tuner: Tuner, target: MakeTarget) -> None:
    """A function that waits is cheapest at the smallest value: found and stated with certainty, and nothing is left."""
    arn = target(WAITING, memory_mb=1024)
    before = trace_of(cloud, arn)

    result = tune(tuner, arn)

    assert 128 == result["decision"]["power"]
    assert result["decision"]["confidence"] > 0.9
    assert result["comparison"]["significant"]
    assert result["comparison"]["costChangeInterval"][1] < -0.5
    assert result["spent"]["invocations"] <= 20
    assert result["spent"]["lambdaCostUsd"] < result["decision"]["sweepCostUsd"]
    assert trace_of(cloud, arn) == before


def test_what_is_known_stands_in_document_and_item(tuner: Tuner, target: MakeTarget) -> None:
    """Each value tried has its intervals, which hold its estimates; the item keeps confidence and rounds."""
    arn = target(WAITING, memory_mb=1024)

    execution = tuner.tune({"lambdaARN": arn})

    item = tuner.run_item(arn, execution["name"])
    assert item
    assert {"confidence", "rounds", "significant", "mode"} <= item.keys()
    for branch in tuner.document(item["resultKey"])["branches"]:
        low, high = branch["durationIntervalMs"]
        assert low <= branch["averageDurationMs"] <= high
        low, high = branch["costIntervalUsd"]
        assert low <= branch["averageCostUsd"] <= high
        assert branch["coldSamples"] == 0


def test_values_that_promise_nothing_are_neither_published_nor_invoked(tuner: Tuner, target: MakeTarget) -> None:
    """Of all 159 candidates a few are tried."""
    result = tune(tuner, target(WAITING), powerValues="ALL")

    assert 159 == len(result["input"]["powerValues"])
    assert len(result["branches"]) <= 10
    assert 128 == result["decision"]["power"]


def test_slo(tuner: Tuner, target: MakeTarget) -> None:
    """The cheapest value that keeps to a limit: the smallest is cheapest too, but too slow."""
    arn = target(COMPUTING)
    memories_mb = [128, 512, 1769]

    result = tune(tuner, arn, powerValues=memories_mb, strategy="slo", statistic="mean", maxDurationMs=220)

    chosen = next(branch for branch in result["branches"] if branch["powerValue"] == result["decision"]["power"])
    assert result["decision"]["power"] > 128
    assert chosen["averageDurationMs"] <= 220
    assert result["decision"]["chanceOfMeetingSlo"] > 0.5


def test_tolerance(tuner: Tuner, target: MakeTarget) -> None:
    """The fastest within a tolerance: where computing costs the same at each size, not the slowest."""
    arn = target(COMPUTING)

    result = tune(tuner, arn, powerValues=[128, 512, 1769], strategy="tolerance", tolerance=0.5)

    assert 1769 == result["decision"]["power"]


@pytest.mark.parametrize(
    ("limit", "stopped_by"),
    [({"maxInvocations": 4}, "invocations"), ({"maxCostUsd": 1e-7}, "cost"), ({"maxDurationSeconds": 1}, "duration")],
    ids=["invocations", "cost", "duration"],
)
def test_limits(tuner: Tuner, target: MakeTarget, limit: dict[str, Any], stopped_by: str) -> None:
    """A limit ends the run with the best answer so far, and says that it was the limit; cold starts count too."""
    result = tune(tuner, target(COMPUTING), strategy="balanced", **limit)

    assert stopped_by == result["decision"]["stoppedBy"]
    assert result["decision"]["power"] in [branch["powerValue"] for branch in result["branches"]]
    assert result["spent"]["invocations"] <= limit.get("maxInvocations", 50)


def test_only_cold_starts(tuner: Tuner, target: MakeTarget) -> None:
    """Without num too, only samples with an Init Duration count."""
    arn = target(SLOW_TO_START)

    result = tune(tuner, arn, powerValues=[256, 512], onlyColdStarts=True)

    branches = result["branches"]
    assert [branch["samples"] for branch in branches] == [branch["coldSamples"] for branch in branches]
    # A warm call takes 1 ms. After so few calls the estimate may lie below each of them.
    assert result["decision"]["durationMs"] > 100


def test_the_current_value_stays_when_no_gain_is_certain(tuner: Tuner, target: MakeTarget) -> None:
    """Two values that take the same time are no reason to change."""
    result = tune(tuner, target(WAITING, memory_mb=3008), powerValues=[1769, 3008], strategy="speed")

    assert 3008 == result["decision"]["power"]
    assert not result["comparison"]["significant"]
    assert "keep it" in result["sentence"]


# What a call takes is known: CPU shares of a busy machine do not blur it.
KNOWN = """
    import os
    import time

    MEMORY_MB = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])

    def handler(event, context):
        time.sleep({scale} * (0.03 + 0.06 * (128 / MEMORY_MB) ** {power}))
"""


def test_an_answer_needs_no_sweep(tuner: Tuner, target: MakeTarget) -> None:
    """It is no worse than a sweep's, for a fifth of num=50.

    The sweep here is a short one; `make smart-examples` judges functions that compute, by num=50 and on a machine that
    does nothing else.
    """
    arn = target(KNOWN.format(scale=1, power=0.7), memory_mb=1024)
    run_input = {"powerValues": list(MEMORIES_MB), "strategy": "balanced"}

    smart = tune(tuner, arn, **run_input)
    sweep = tune(tuner, arn, num=5, **run_input)
    verdict = judge(
        read_result(json.dumps(sweep)), read_result(json.dumps(smart)), sweep_invocations=50 * len(MEMORIES_MB)
    )

    assert verdict.as_good, verdict
    assert verdict.cheap, verdict


def test_a_function_that_was_tuned_before_takes_few_invocations_and_a_change_is_found_out(
    cloud: Cloud, tuner: Tuner, target: MakeTarget
) -> None:
    """Unchanged code takes a third of the invocations; slower code and a curve that turned are seen."""
    arn = target(KNOWN.format(scale=3, power=0.7), memory_mb=1024)

    def tuned() -> dict[str, Any]:
        return tune(tuner, arn, powerValues=[128, 192, 256, 512, 1024, 2048], strategy="balanced")

    def deployed_and_tuned(**code: float) -> dict[str, Any]:
        source = dedent(KNOWN.format(**code)) + f"# {uuid4()}"
        cloud.client("lambda").update_function_code(FunctionName=arn, ZipFile=bundle(source))
        return tuned()

    first = tuned()
    unchanged = deployed_and_tuned(scale=3, power=0.7)
    slower = deployed_and_tuned(scale=4.2, power=0.7)
    turned = deployed_and_tuned(scale=4.2, power=-0.5)

    took_ms = {branch["powerValue"]: branch["averageDurationMs"] for branch in slower["branches"]}
    assert "chanceAsBefore" not in first["decision"]
    assert unchanged["spent"]["invocations"] <= first["spent"]["invocations"] / 3
    assert unchanged["decision"]["chanceAsBefore"] > 0.8
    assert unchanged["decision"]["power"] in {256, 512}
    assert slower["decision"]["power"] in {256, 512}
    assert took_ms[1024] == pytest.approx(4.2 * 44, rel=0.15)
    assert turned["decision"]["power"] == 128


# Takes 2.5 ms, but several times that in its first invocations; at small memory sizes in more of them.
WARMING = """
    import math
    import os
    import time

    LASTS = {128: 10, 1769: 3}[int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])]
    made = 0

    def handler(event, context):
        global made
        time.sleep(0.0025 * (1 + 8 * math.exp(-made / LASTS)))
        made += 1
"""


def test_a_function_that_warms_up_is_judged_by_what_it_takes_once_it_has_settled(
    tuner: Tuner, target: MakeTarget
) -> None:
    """Its first invocations take 10 to 20 ms; the result says that they took longer, and does not count them so."""
    result = tune(tuner, target(WARMING), powerValues=[128, 1769], strategy="cost")

    chosen = next(branch for branch in result["branches"] if branch["powerValue"] == 128)
    assert result["decision"]["power"] == 128
    assert result["decision"]["slowerCalls"] >= 5
    assert chosen["averageDurationMs"] < 8


# Waits as a payload says; the large one barely fits the smallest memory size.
SIZED = """
    import os
    import time

    MEMORY_MB = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])

    def handler(event, context):
        time.sleep(event["ms"] / 1000 * (8 if MEMORY_MB == 128 and event["ms"] > 100 else 1))
"""


def test_weighted_payloads_of_very_different_sizes(tuner: Tuner, target: MakeTarget) -> None:
    """One call in ten is slow, at one memory size even slower: few calls find it, and the mean is the weighted one."""
    payload = [{"payload": {"ms": 3}, "weight": 9}, {"payload": {"ms": 300}, "weight": 1}]

    result = tune(tuner, target(SIZED), powerValues=[128, 256, 512], payload=payload, strategy="cost")

    chosen = next(branch for branch in result["branches"] if branch["powerValue"] == 256)
    assert result["decision"]["power"] == 256
    assert chosen["averageDurationMs"] == pytest.approx(0.9 * 3 + 0.1 * 300, rel=0.3)
    assert result["spent"]["invocations"] <= 40
