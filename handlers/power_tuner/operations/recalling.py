"""Find what is known of a target from its latest run."""

from typing import TYPE_CHECKING

from power_tuner.tuning.run_input import RunInput
from power_tuner.tuning.run_item import CompletedRun
from power_tuner.tuning.target import Target

if TYPE_CHECKING:
    from power_tuner.app import App
    from power_tuner.tuning.earlier_calls import Durations

# A run may have failed since the latest that completed.
_LATEST_RUNS = 5
# Reading the samples of a larger sweep would take long, and the first hundred say as much.
_LARGEST_NUM = 100


def earlier_durations(app: "App", target: Target, run_input: RunInput) -> "Durations":
    """Return how long the calls of the latest run took, by memory size; nothing where it says nothing of this one.

    It does not if the function had another architecture or runtime, if only one of the two measures cold starts, if a
    large sweep or a dry run was the latest, or if its documents were deleted.
    """
    if run_input.num is not None or run_input.ignore_history:
        return {}
    # Imported here, so that a classic run does not load the engine.
    from power_tuner.tuning.earlier_calls import carried_over, durations_of  # noqa: PLC0415

    runs = app.history.latest(target.arn, _LATEST_RUNS, with_skipped=False)
    latest = next((run for run in runs if isinstance(run, CompletedRun) and run.memory_mb is not None), None)
    if latest is None or (latest.num or 0) > _LARGEST_NUM:
        return {}
    plan = app.documents.earlier_plan(latest.run_id)
    if (
        plan is None
        or (plan.target.architecture, plan.target.runtime) != (target.architecture, target.runtime)
        or plan.run_input.only_cold_starts != run_input.only_cold_starts
    ):
        return {}
    blocks = app.documents.samples(latest.run_id)
    samples = {memory_mb: [one for block in each for one in block.samples] for memory_mb, each in blocks.items()}
    return carried_over(plan.past, durations_of(plan, samples))
