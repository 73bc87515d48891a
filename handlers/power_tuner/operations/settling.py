"""Wait for Lambda's asynchronous updates."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from power_tuner.ports import UpdateInProgress
from power_tuner.tuning.lease import Lease
from power_tuner.tuning.target import FunctionSnapshot

if TYPE_CHECKING:
    from power_tuner.app import App

T = TypeVar("T")

# No update settles faster than this.
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 5.0
# A function in a VPC can take a minute to update; this is twice as long.
GIVE_UP_S = 120.0


def waits() -> Iterator[float]:
    """Yield waits, each twice as long as the one before, up to a total of two minutes."""
    wait_s = FIRST_WAIT_S
    waited_s = 0.0
    while waited_s < GIVE_UP_S:
        yield wait_s
        waited_s += wait_s
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


def when_settled(act: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """Return the result of an act that Lambda refuses during an update, once Lambda accepts it.

    Raises:
        UpdateInProgress: the update has not settled within two minutes.
    """
    for wait_s in waits():
        try:
            return act()
        except UpdateInProgress:
            sleep(wait_s)
    return act()


def settled_after_run(app: "App", lease: Lease) -> FunctionSnapshot:
    """Return ``$LATEST`` once the run's own last update has settled and no other is in progress.

    Raises:
        UpdateInProgress: the update has not settled within two minutes.
    """
    # Not longer than an update can take, whatever this clock says.
    app.sleep(min(GIVE_UP_S, max(0.0, lease.settles_s - app.now())))
    return settled(app, lease.target_arn)


def settled(app: "App", arn: str) -> FunctionSnapshot:
    """Return ``$LATEST`` once no update is in progress.

    Raises:
        UpdateInProgress: the update has not settled within two minutes.
    """

    def read() -> FunctionSnapshot:
        snapshot = app.functions.get(arn)
        if snapshot.update_in_progress:
            raise UpdateInProgress(f"{arn} is still being updated. Try again when its deployment is done.")
        return snapshot

    return when_settled(read, app.sleep)
