"""State transitions, against the real state machine."""

import json
from pathlib import Path
from typing import Any

import pytest

from power_tuner.tuning.transitions import Work, count_transitions

MACHINE = json.loads((Path(__file__).parents[3] / "statemachine" / "tune.asl.json").read_text(encoding="utf-8"))


def walk(machine: dict[str, Any], loops: dict[str, int], items: dict[str, int]) -> int:
    """Count the states entered and the children started when nothing fails.

    Args:
        machine: a state machine, or the processor of a Map.
        loops: how often a Choice sends back to the state before it goes on.
        items: how many items each Map has.

    All but the last of a Choice's ways on are gone once.
    """
    left = dict(loops)
    name, count = machine["StartAt"], 0
    entered: set[str] = set()
    while True:
        state = machine["States"][name]
        entered.add(name)
        count += 1
        if state["Type"] == "Map":
            is_child = state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
            count += items[name] * (is_child + walk(state["ItemProcessor"], loops, items))
        if state.get("End"):
            return count
        if state["Type"] == "Choice":
            left[name] -= 1
            again = left[name] > 0
            left[name] = left[name] or loops[name]
            *once, on = [choice["Next"] for choice in state["Choices"]]
            name = state["Default"] if again else next((first for first in once if first not in entered), on)
        else:
            name = state["Next"]


@pytest.mark.parametrize(
    ("rounds", "publisher_calls", "branches", "batches", "calls_per_batch"),
    [(1, 1, 1, 1, 1), (1, 1, 6, 1, 1), (1, 3, 159, 1, 2), (1, 2, 6, 10, 3), (4, 1, 5, 1, 1)],
)
def test_a_run_counts_the_states_that_it_enters_and_the_children_that_it_starts(
    rounds: int, publisher_calls: int, branches: int, batches: int, calls_per_batch: int
) -> None:
    """The count is what a walk through the state machine counts."""
    work = Work(
        rounds=rounds,
        publisher_calls=rounds * publisher_calls,
        branches=rounds * branches,
        executor_calls=rounds * branches * batches * calls_per_batch,
        finished_batches=rounds * branches * batches,
        first_tries=1,
    )
    loops = {"IsCountReached": publisher_calls, "IsBatchDone": calls_per_batch, "IsDecided": rounds}

    assert walk(MACHINE, loops, {"Measure": branches, "Invoke": batches}) == count_transitions(work)


def test_a_failed_call_enters_nothing_after_it() -> None:
    """An Executor call that fails is followed by CleanUpBranch in place of IsBatchDone, BatchDone and BranchDone."""
    failed = Work(
        rounds=1,
        publisher_calls=1,
        branches=1,
        executor_calls=1,
        finished_batches=0,
        failed_executor_calls=1,
        first_tries=1,
    )

    assert walk(
        MACHINE, {"IsCountReached": 1, "IsBatchDone": 1, "IsDecided": 1}, {"Measure": 1, "Invoke": 1}
    ) - 2 == count_transitions(failed)
