"""Plans: payloads and batches."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from power_tuner.tuning.round import Batch
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.target import Target

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


def plan(**run_input: Any) -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=Target(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", 1024, 1024, 30),
        run_input=parse_run_input({"lambdaARN": f"{ARN}:live", "num": 5, **run_input}, default_memories_mb=(128,)),
    )


@pytest.mark.parametrize(
    ("num", "parallel", "expected"),
    [
        (1, False, [(0, 1)]),
        (10_000, False, [(0, 10_000)]),
        (50, True, [(0, 50)]),
        (51, True, [(0, 25), (25, 26)]),
        (10_000, True, [(i * 1000, 1000) for i in range(10)]),
    ],
)
def test_a_branch_is_cut_into_batches(num: int, parallel: bool, expected: list[tuple[int, int]]) -> None:  # noqa: FBT001
    """One batch in a row, or up to ten side by side, whatever num is."""

    batches = plan(num=num, parallelInvocation=parallel).batches()

    assert expected == [(batch.begin, batch.count) for batch in batches]


def test_invocations_cost_where_the_target_is_and_transitions_where_the_run_is() -> None:
    """A function in another region is invoked at the prices there; the state machine does not move."""
    there = structs.replace(plan().target, region="af-south-1")
    prices = replace(plan(), target=there).prices

    assert (0.00001768, 0.000025) == (prices.gb_second, prices.transition)


def test_cold_starts_are_one_batch() -> None:
    """Cold starts come in one burst, so they are never cut into batches."""

    assert (Batch(0, 100),) == plan(num=100, onlyColdStarts=True, parallelInvocation=True).batches()


def test_payloads_follow_their_weights() -> None:
    """Each invocation of a branch knows its payload."""
    weighted = [{"payload": "a", "weight": 1}, {"payload": "b", "weight": 4}]

    assert [1, 1, 0, 1, 1] == plan(payload=weighted).payload_cycle()


def test_a_dry_run_sends_the_heaviest_payload() -> None:
    """With one invocation and several payloads, one is sent."""
    weighted = [{"payload": "a", "weight": 1}, {"payload": "b", "weight": 4}]

    assert [1] == plan(payload=weighted, dryRun=True).payload_cycle()


def test_without_num_payloads_come_round_again() -> None:
    """The smart mode sends payloads in cycles that follow the weights."""
    cycle = plan(num=None, payload=[{"payload": "a", "weight": 1}, {"payload": "b", "weight": 99}]).payload_cycle()

    assert (100, 1) == (len(cycle), cycle.count(0))


def test_without_num_one_payload_is_a_cycle_of_one() -> None:
    """The smart mode with one payload sends it each time."""

    assert [0] == plan(num=None).payload_cycle()


def test_without_num_each_of_many_payloads_comes_round() -> None:
    """More payloads than a cycle usually has make it longer."""
    cycle = plan(num=None, payload=[{"payload": i, "weight": 1} for i in range(103)]).payload_cycle()

    assert list(range(103)) == sorted(cycle)


def test_without_num_each_payload_has_its_turn_first() -> None:
    """However few invocations a memory size gets, they have different payloads; with num the weights alone decide."""
    weighted = [{"payload": "a", "weight": 1}, {"payload": "b", "weight": 4}]

    assert [1, 0, 1] == plan(num=None, payload=weighted).payload_turns()[:3]
    assert [1, 1, 0, 1, 1] == plan(payload=weighted).payload_turns()
    assert [0] == plan(num=None).payload_turns()


def test_without_num_there_is_nothing_to_cut() -> None:
    """The engine says what is invoked, not the plan."""

    assert (Batch(0, 0),) == plan(num=None).batches()


@pytest.mark.parametrize(
    ("run_input", "kept"),
    [({}, "cold warm"), ({"num": None}, "warm"), ({"onlyColdStarts": True}, "cold")],
)
def test_cold_and_warm_never_mix_by_choice(run_input: dict[str, Any], kept: str) -> None:
    """The classic sweep keeps all as the peer does; the smart mode one kind."""
    kinds = {"cold": Sample(1.0, 2, init_ms=1.0), "warm": Sample(1.0, 1)}

    assert kept.split() == [kind for kind, sample in kinds.items() if plan(**run_input).keeps(sample)]


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ({"strategy": "slo", "maxDurationMs": 250, "statistic": "p99"}, {"statistic": "p99", "maxDurationMs": 250.0}),
        ({"strategy": "tolerance", "tolerance": 0.125}, {"tolerance": 0.125}),
        ({"strategy": "speed", "tolerance": 0.125}, {}),
        (
            {"num": None, "confidence": "high", "maxInvocations": 77, "maxCostUsd": 0.5, "maxDurationSeconds": 660},
            {"confidence": "high", "ignoreHistory": False},
        ),
    ],
)
def test_what_a_strategy_or_mode_needs_is_shown_with_it(wanted: dict[str, Any], shown: dict[str, Any]) -> None:
    """And with no other."""
    always = plan().public_input()
    public = plan(**wanted).public_input()

    assert shown == {name: value for name, value in public.items() if name not in always}
    assert ("smart" if "num" in wanted else "classic") == public["mode"]


def test_the_input_is_shown_without_payloads() -> None:
    """Results show how the run was asked for, and only the number of payloads."""
    public = plan(
        payload={"card": "4111"},
        strategy="balanced",
        balancedWeight=0.25,
        parallelInvocation=True,
        discardTopBottom=0.1,
        powerValues=[512, 256],
    ).public_input()

    expected = {
        "num": 5,
        "mode": "classic",
        "strategy": "balanced",
        "balancedWeight": 0.25,
        "parallelInvocation": True,
        "onlyColdStarts": False,
        "discardTopBottom": 0.1,
        "powerValues": [512, 256],
        "payloads": 1,
    }
    assert expected == {name: public[name] for name in expected}
    assert "4111" not in str(public)


def test_fields_without_a_label_stay_out_of_results() -> None:
    """What has no name for people is not shown to them."""
    hidden = {"payload", "payloadS3", "preProcessorARN", "allowedExceptions", "autoOptimize"}

    assert set() == hidden & plan(preProcessorARN="before", allowedExceptions=["Gone"]).public_input().keys()
