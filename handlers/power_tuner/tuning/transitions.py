"""Count the state transitions of a run as Step Functions bills them, without retries.

Each state entered is one, and so is the start of each child of the Distributed Map. The counts follow the shape of
``statemachine/tune.asl.json``; a test holds them against the histories of real executions.
"""

from dataclasses import dataclass

# Initializer, Cleaner, Record, Complete: once in every run that completes.
_ONCE = 4
# Measure, Analyzer and IsDecided, for each round.
_PER_ROUND = 3
# Publisher and IsCountReached, for each call of the Publisher.
_PER_PUBLISHER_CALL = 2
# The start of the child, Invoke (the inner Map) and BranchDone or CleanUpBranch, for each branch.
_PER_BRANCH = 3
# BatchDone, for each batch that came to its end.
_PER_FINISHED_BATCH = 1
# Executor and IsBatchDone, for each call of the Executor.
_PER_EXECUTOR_CALL = 2


@dataclass(frozen=True, slots=True)
class Work:
    """How often the loops of a run went round, and whether it began with a first try."""

    rounds: int
    publisher_calls: int
    branches: int
    executor_calls: int
    finished_batches: int
    failed_executor_calls: int = 0
    first_tries: int = 0


def count_transitions(work: Work) -> int:
    """Return the number of state transitions; an Executor call that failed has no IsBatchDone after it."""
    return (
        _ONCE
        + _PER_ROUND * work.rounds
        + _PER_PUBLISHER_CALL * work.publisher_calls
        + _PER_BRANCH * work.branches
        + _PER_EXECUTOR_CALL * work.executor_calls
        + _PER_FINISHED_BATCH * work.finished_batches
        - work.failed_executor_calls
        + work.first_tries
    )
