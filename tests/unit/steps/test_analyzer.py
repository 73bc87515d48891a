"""Analyzing: from what was kept to the draft of a result."""

from typing import Any

import pytest

from fake_lambda import TARGET_ARN, Asked, cpu_bound
from power_tuner.errors import FunctionError, LeaseLost, NothingMeasured, ProcessorFailed, TargetChanged
from power_tuner.ports import InvocationAnswer
from power_tuner.tuning.outcome import BranchOutcome
from world import RUN_ID, World


def measured(world: World, **run_input: Any) -> World:
    world.begin(**run_input)
    world.measure_all(world.publish()["branches"])
    return world


def test_a_run_is_decided(world: World) -> None:
    """The draft has each branch, the decision and the comparison with now."""
    draft = measured(world, strategy="speed").draft()

    assert ["ok", "ok", "ok"] == [branch.outcome for branch in draft.branches]
    assert draft.decision
    assert ("speed", 1024) == (draft.decision.strategy, draft.decision.memory_mb)
    assert draft.comparison
    assert 1024 == draft.comparison.current_memory_mb


def test_the_sentence_is_about_the_memory_that_callers_get(world: World) -> None:
    """The version that an alias points to counts, not $LATEST."""
    world.target.versions["7"] = {**world.target.latest, "Version": "7", "MemorySize": 512}
    world.target.aliases["live"] = "7"
    draft = measured(world, lambdaARN=f"{TARGET_ARN}:live", strategy="speed").draft()

    assert draft.sentence.endswith("than now (512 MB).")


def test_what_was_spent_is_counted(world: World) -> None:
    """Each invocation, each state entered (the first try too) and each child started is counted."""
    draft = measured(world).draft()

    transitions = 7 + 2 + 1 + 3 * (3 + 2 + 1)
    assert (15, transitions) == (draft.spent.invocations, draft.spent.state_transitions)


def test_each_executor_call_is_counted(world: World) -> None:
    """A batch that took two calls went round the loop twice."""
    world.begin(powerValues=[1024])
    (branch,) = world.publish()["branches"]
    world.measure(branch, count=5, remaining_s=1, call_id="call-1")
    world.measure(branch, count=5, position=1, kept=1, call_id="call-2")

    assert 7 + 2 + 3 + 2 * 2 + 1 == world.draft().spent.state_transitions


def test_a_repeated_call_is_paid_for_but_weighs_once(world: World) -> None:
    """An Executor call that was lost and repeated adds to the bill, not to the samples."""
    world.begin(powerValues=[1024])
    (branch,) = world.publish()["branches"]
    world.measure(branch, count=5, remaining_s=1, call_id="lost")
    world.measure(branch, count=5, call_id="repeated")

    (judged,) = world.draft().branches
    assert (6, 5) == (judged.invocations, judged.samples)


def small_fails(asked: Asked) -> InvocationAnswer:
    if asked.memory_mb == 128:
        return InvocationAnswer('{"errorType": "MemoryError"}', "Unhandled", cpu_bound(asked).log_tail, asked.version)
    return cpu_bound(asked)


def test_a_failed_branch_does_not_lose_the_others(world: World) -> None:
    """The outcome is in the result, the decision is among the rest, and the failed invocations are paid for."""
    world.target.behaviour = small_fails
    world.begin()
    branches = world.publish()["branches"]
    with pytest.raises(FunctionError):
        world.measure(branches[0], call_id="call-0")
    world.documents.save_outcome(RUN_ID, 128, BranchOutcome(outcome="function-error", reason="MemoryError"))
    world.measure_all(branches[1:])

    draft = world.draft()

    assert ["function-error", "ok", "ok"] == [branch.outcome for branch in draft.branches]
    assert draft.spent.invocations == 12
    assert draft.branches[0].total_cost_usd > 0


def test_without_any_branch_the_run_fails(world: World) -> None:
    """The failure lists each memory size with its reason."""
    world.begin()
    world.publish()
    for memory_mb in (128, 512, 1024):
        world.documents.save_outcome(RUN_ID, memory_mb, BranchOutcome(outcome="timeout", reason=f"after {memory_mb} s"))

    with pytest.raises(NothingMeasured) as caught:
        world.analyze()
    reasons = " | ".join(f"{memory_mb} MB timeout: after {memory_mb} s" for memory_mb in (128, 512, 1024))
    assert f"No memory size could be measured. {reasons}" == str(caught.value)


def test_a_long_list_of_reasons_has_an_end(world: World) -> None:
    """159 memory sizes with stack traces still fit into event and item."""
    world.begin(powerValues="ALL")
    for memory_mb in range(128, 10241, 64):
        world.documents.save_outcome(RUN_ID, memory_mb, BranchOutcome(outcome="function-error", reason="x" * 1500))

    with pytest.raises(NothingMeasured) as caught:
        world.analyze()
    assert 4000 >= len(str(caught.value))


def test_a_branch_that_was_lost_is_unmeasurable(world: World) -> None:
    """A branch of which nothing is known does not fail the run."""
    world.begin()
    world.measure_all(world.publish()["branches"][1:])

    assert ["unmeasurable", "ok", "ok"] == [branch.outcome for branch in world.draft().branches]


def test_a_failed_processor_fails_the_run(world: World) -> None:
    """One branch that met a broken processor is enough: the run fails with the processor's name."""
    measured(world)
    outcome = BranchOutcome(outcome="unmeasurable", reason="the pre-processor p failed: boom", ends_run=True)
    world.documents.save_outcome(RUN_ID, 512, outcome)

    with pytest.raises(ProcessorFailed, match=r"^the pre-processor p failed: boom$"):
        world.analyze()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CodeSha256": "code-2"}, "its code was deployed"),
        ({"Timeout": 3}, "its configuration was changed"),
        ({"MemorySize": 2048}, "its memory was set to 2048 MB"),
    ],
)
def test_a_deployment_while_measuring_ends_the_run(world: World, changes: dict[str, Any], words: str) -> None:
    """What was measured is not what runs now, so nothing is decided."""
    measured(world)
    world.functions.deploy(**changes)

    with pytest.raises(TargetChanged, match=words):
        world.analyze()


def test_a_deleted_target_ends_the_run(world: World) -> None:
    """A function that is gone has no best memory."""
    measured(world)
    world.functions.remove()

    with pytest.raises(TargetChanged, match="it was deleted"):
        world.analyze()


def test_a_stopped_run_is_not_decided(world: World) -> None:
    """Without its lease a run has no say any more."""
    measured(world)
    world.leases.fence(TARGET_ARN, RUN_ID)

    with pytest.raises(LeaseLost):
        world.analyze()


def test_a_dry_run_decides_nothing(world: World) -> None:
    """Each memory size is invoked once; nothing is decided."""
    draft = measured(world, dryRun=True).draft()

    assert (None, 3) == (draft.decision, draft.spent.invocations)
