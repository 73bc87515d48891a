"""The janitor's sweep."""

from dataclasses import replace

import pytest

from power_tuner.domain.lease import Lease
from power_tuner.errors import CleanupIncomplete
from power_tuner.steps.sweeping import Sweeping
from world import World


class Ended:
    """Executions that have all ended."""

    def running(self, execution_arn: str) -> bool:
        """No execution runs."""
        return not execution_arn


class FailingFirst:
    """A cleanup that fails for one run and works for the others."""

    def __init__(self, failing: str) -> None:
        self._failing = failing
        self.cleaned: list[str] = []

    def clean_up(self, target_arn: str, run_id: str, *, publisher_may_run: bool) -> bool:
        """Clean up, unless it is the run that fails."""
        if run_id == self._failing:
            raise PermissionError(f"{target_arn}: no permission, publisher {publisher_may_run}")
        self.cleaned.append(run_id)
        return True


def test_one_lease_that_fails_does_not_stop_the_others(world: World) -> None:
    """Every orphaned lease is tried; then the failure is seen."""
    lease = Lease("run-1", "arn:1", "arn:aws:lambda:eu-west-1:123456789012:function:a", 512, "f", "c", until_s=0)
    world.leases.take(lease)
    world.leases.take(replace(lease, run_id="run-2", target_arn=lease.target_arn + "b"))
    cleaning = FailingFirst("run-1")

    with pytest.raises(CleanupIncomplete, match="PermissionError"):
        Sweeping(world.leases, Ended(), cleaning, world.clock.now).sweep()  # type: ignore[arg-type]

    assert ["run-2"] == cleaning.cleaned
