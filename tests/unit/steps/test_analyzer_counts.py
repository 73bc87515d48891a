"""Analyzing: rounds of the smart mode, and the transitions of runs that did not go straight."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from fake_lambda import TARGET_ARN, Asked, cpu_bound, report_line
from power_tuner.errors import FunctionError, NothingMeasured, TargetChanged
from power_tuner.ports import InvocationAnswer, SampleBlock
from power_tuner.tuning.outcome import BranchOutcome
from power_tuner.tuning.result import EstimatedBranch, SmartDecision
from power_tuner.tuning.sample import Sample
from world import RUN_ID, World

# Initializer, Cleaner, Record, Complete, and for each round Publisher, IsCountReached, Measure, Analyzer, IsDecided.
ONCE, A_ROUND = 4, 5
# ExecutorFirstTry, before the other invocations of the first round.
FIRST_TRY = 1
# The start of the child, Invoke, and BranchDone or CleanUpBranch.
A_BRANCH = 3


def small_fails(asked: Asked) -> InvocationAnswer:
    if asked.memory_mb == 128:
        return InvocationAnswer('{"errorType": "MemoryError"}', "Unhandled", cpu_bound(asked).log_tail, asked.version)
    return cpu_bound(asked)


def noisy(seed: int) -> Callable[[Asked], InvocationAnswer]:
    """Behave like a function that needs 700 ms of CPU time at 1024 MB, a third more or less."""
    chance = random.Random(seed)  # noqa: S311 - a simulation

    def behave(asked: Asked) -> InvocationAnswer:
        duration_ms = 700 * 1024 / asked.memory_mb * chance.lognormvariate(0, 0.3)
        log = report_line(duration_ms, int(duration_ms) + 1, asked.memory_mb)
        return InvocationAnswer("{}", None, log, asked.version)

    return behave


def measure_round(world: World, asked: dict[str, Any]) -> int:
    """Publish and measure what a round asks for; returns in how many batches."""
    branches = world.publish(round_batches=asked["batches"], round_number=asked["number"])["branches"]
    world.measure_all(branches)
    return sum(len(branch["batches"]) for branch in branches)


def test_the_smart_mode_goes_on_until_it_is_decided(world: World) -> None:
    """Each round has the next number and its batches, the last has none; all rounds are in the transitions."""
    world.target.behaviour = noisy(5)
    asked, rounds, batches = world.begin(num=..., strategy="balanced", confidence="highest")["round"], [], 0
    while not asked["done"]:
        rounds.append(asked["number"])
        batches += measure_round(world, asked)
        world.clock.advance(5)
        number = asked["number"]
        asked = world.analyze(number)
        assert asked["done"] or (asked["number"] == number + 1 and asked["batches"])

    draft = world.documents.draft(RUN_ID)
    assert {"done": True, "number": rounds[-1], "batches": None} == asked
    assert list(range(1, len(rounds) + 1)) == rounds
    assert batches > len(draft.branches)
    assert ONCE + FIRST_TRY + A_ROUND * len(rounds) + (A_BRANCH + 2 + 1) * batches == draft.spent.state_transitions
    assert isinstance(draft.decision, SmartDecision)
    assert len(rounds) == draft.decision.rounds


def test_the_smart_mode_shows_what_it_estimated(world: World) -> None:
    """The branches that were tried, each with its interval; the decision has the numbers of its branch."""
    world.tune(num=..., powerValues=[128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3008], maxInvocations=12)
    draft = world.documents.draft(RUN_ID)
    assert draft.decision
    (chosen,) = [branch for branch in draft.branches if branch.memory_mb == draft.decision.memory_mb]

    assert len(draft.branches) < 10
    assert len(world.documents.samples(RUN_ID)) == len(draft.branches)
    assert all(isinstance(branch, EstimatedBranch) for branch in draft.branches)
    assert isinstance(chosen, EstimatedBranch)
    assert (chosen.average_cost_usd, chosen.average_duration_ms) == (
        draft.decision.cost_usd,
        draft.decision.duration_ms,
    )
    assert draft.comparison
    assert 1024 == draft.comparison.current_memory_mb


@pytest.mark.parametrize(("elapsed_s", "done"), [(0, False), (3600, True)])
def test_a_run_that_took_its_time_is_decided(world: World, elapsed_s: float, *, done: bool) -> None:
    """With maxDurationSeconds no round begins after them, counted from the run's beginning."""
    asked = world.begin(num=..., maxDurationSeconds=1800)["round"]
    measure_round(world, asked)
    world.clock.advance(elapsed_s)

    assert done is world.analyze(1)["done"]


def test_the_smart_mode_leaves_out_what_failed(world: World) -> None:
    """A memory size that failed has its outcome, is not asked for again, and is not chosen."""
    asked = world.begin(num=..., powerValues=[128, 512])["round"]
    assert "128" in asked["batches"]
    world.documents.save_outcome(RUN_ID, 128, BranchOutcome(outcome="out-of-memory", reason="too small"))
    while not asked["done"]:
        asked["batches"].pop("128", None)
        measure_round(world, asked)
        asked = world.analyze(asked["number"])
        assert asked["done"] or "128" not in asked["batches"]

    draft = world.documents.draft(RUN_ID)
    assert ["out-of-memory", "ok"] == [branch.outcome for branch in draft.branches]
    assert draft.decision
    assert 512 == draft.decision.memory_mb


def test_the_smart_mode_fails_when_everything_failed(world: World) -> None:
    """The failure lists what was tried; memory sizes with the same reason stand together."""
    world.begin(num=..., powerValues=[128, 256, 512])
    for power, reason in ((128, "too small"), (256, "too small"), (512, "too slow")):
        world.documents.save_outcome(RUN_ID, power, BranchOutcome(outcome="timeout", reason=reason))

    with pytest.raises(NothingMeasured) as caught:
        world.analyze()
    assert "No memory size could be measured. 128 MB, 256 MB timeout: too small | 512 MB timeout: too slow" == (
        str(caught.value)
    )


def test_a_long_failure_is_cut(world: World) -> None:
    """At 4000 characters."""
    world.begin()
    for power in (128, 512, 1024):
        world.documents.save_outcome(RUN_ID, power, BranchOutcome(outcome="timeout", reason=f"{power}" * 1000))

    with pytest.raises(NothingMeasured) as caught:
        world.analyze()
    assert 4000 == len(str(caught.value))


def test_batches_of_a_classic_branch_share_its_child(world: World) -> None:
    """120 invocations side by side are three batches, each with an Executor call and an end of its own."""
    world.begin(num=120, parallelInvocation=True)
    world.measure_all(world.publish()["branches"])

    assert ONCE + FIRST_TRY + A_ROUND + 3 * (A_BRANCH + 3 * (2 + 1)) == world.draft().spent.state_transitions


def test_a_branch_that_failed_has_no_end(world: World) -> None:
    """Its Executor call ends in CleanUpBranch: no IsBatchDone and no BatchDone."""
    world.target.behaviour = small_fails
    world.begin()
    branches = world.publish()["branches"]
    with pytest.raises(FunctionError):
        world.measure(branches[0], call_id="call-0")
    world.documents.save_outcome(RUN_ID, 128, BranchOutcome(outcome="function-error", reason="MemoryError"))
    world.measure_all(branches[1:])

    straight, failed = A_BRANCH + 2 + 1, A_BRANCH + 1
    assert ONCE + FIRST_TRY + A_ROUND + 2 * straight + failed == world.draft().spent.state_transitions


def test_a_branch_that_never_began_was_not_called(world: World) -> None:
    """An outcome without a sample: nothing of it is counted."""
    world.begin()
    branches = world.publish()["branches"]
    world.documents.save_outcome(RUN_ID, 128, BranchOutcome(outcome="throttled", reason="no room"))
    world.measure_all(branches[1:])

    assert ONCE + FIRST_TRY + A_ROUND + 2 * (A_BRANCH + 2 + 1) == world.draft().spent.state_transitions


def test_a_call_that_was_repeated_is_one_state_entered(world: World) -> None:
    """The second call went on where the first had ended; Step Functions tried it again after it had left samples."""
    world.begin(powerValues=[1024])
    (branch,) = world.publish()["branches"]
    world.measure(branch, count=5, remaining_s=1, call_id="first")
    world.measure(branch, count=5, position=1, kept=1, remaining_s=1, call_id="lost")
    world.measure(branch, count=5, position=1, kept=1, call_id="repeated")

    draft = world.draft()
    assert ONCE + A_ROUND + A_BRANCH + 2 * 2 + 1 == draft.spent.state_transitions
    assert (6, 5) == (draft.branches[0].invocations, draft.branches[0].samples)


@pytest.mark.parametrize("repeated", [False, True])
def test_a_call_that_wrote_twice_is_one_state_entered(world: World, *, repeated: bool) -> None:
    """It began with the first of its samples; so did the call that Step Functions made in its place."""
    world.begin(powerValues=[1024])
    world.publish()
    for first, count, call_id in [(0, 3, "call-1"), (3, 1, "call-1"), (0, 5, "call-2")][: 3 if repeated else 2]:
        block = SampleBlock(0, first, call_id, (Sample(70.3, 71),) * count)
        world.documents.save_samples(RUN_ID, 1024, block)

    assert ONCE + A_ROUND + A_BRANCH + 2 + 1 == world.draft().spent.state_transitions


def test_a_target_that_changed_is_named(world: World) -> None:
    """With what changed, and what to do."""
    world.begin()
    world.measure_all(world.publish()["branches"])
    world.functions.deploy(Timeout=31)

    with pytest.raises(TargetChanged) as caught:
        world.analyze()
    told = "its configuration was changed. The measurements are no longer valid; start a new run."
    assert f"{TARGET_ARN} changed during the run: {told}" == str(caught.value)
