"""What the items of all runs say together about each function."""

from typing import TYPE_CHECKING, Any

import pytest

from power_tuner.tuning.tuned_functions import tuned_functions
from run_items import APPLIED, ARN, RESTORED, completed_run, failed_run, skipped_run

if TYPE_CHECKING:
    from power_tuner.tuning.run_item import RunItem

OTHER = ARN.replace("thumbnailer", "other")


def test_the_latest_completed_run_of_each_function_counts() -> None:
    """Whatever failed or was skipped since; what all cost is added up, in the latest run's currency."""
    items: list[RunItem] = [
        failed_run("run-5"),
        skipped_run(),
        completed_run("run-4", spent_usd=0.25),
        completed_run("run-3", target_arn=OTHER, spent_usd=4.0),
        completed_run("run-2", spent_usd=0.5, trigger="drift", started_at="2026-11-02T00:00:00.000Z"),
        completed_run("run-1", spent_usd=1.0, currency="CNY"),
    ]

    found = tuned_functions(items)

    assert {ARN: "run-4", OTHER: "run-3"} == {arn: each.latest.run_id for arn, each in found.items()}
    assert (3, 0.75, "2026-11-02T00:00:00.000Z") == (found[ARN].runs, found[ARN].spent, found[ARN].drifted_at)
    assert found[OTHER].drifted_at is None


@pytest.mark.parametrize(
    ("notes", "memory_mb"),
    [({}, 1024), ({"applied": APPLIED}, 512), ({"applied": APPLIED, "rolled_back": RESTORED}, 1024)],
)
def test_the_memory_now_is_what_is_in_force(notes: dict[str, Any], memory_mb: int) -> None:
    """What was decided, once it is applied and as long as it is not rolled back."""
    assert memory_mb == tuned_functions([completed_run(**notes)])[ARN].memory_now_mb
