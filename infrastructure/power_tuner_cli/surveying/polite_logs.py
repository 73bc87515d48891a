"""A client of CloudWatch Logs that leaves room for others: AWS answers few of these calls in an account and region."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from power_tuner_cli.cloud import Cloud

# Of the five a second that AWS answers, one is left to drift checks and to people.
CALLS_PER_SECOND = 4.0


class Slots:
    """Lets callers through one by one, each in its slot.

    Args:
        per_second: how many slots a second has.
        now: returns seconds.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        per_second: float,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._apart_s = 1 / per_second
        self._now = now
        self._sleep = sleep
        self._next_s = now()
        self._lock = Lock()

    def wait(self) -> None:
        """Wait for the next slot that is free."""
        with self._lock:
            begin_s = max(self._now(), self._next_s)
            self._next_s = begin_s + self._apart_s
        if (early_s := begin_s - self._now()) > 0:
            self._sleep(early_s)


@dataclass(frozen=True, slots=True)
class PoliteLogs:
    """CloudWatch Logs, with a slot for each call; what AWS throttles all the same, boto3's client repeats."""

    client: Any
    slots: Slots

    @property
    def exceptions(self) -> Any:
        """Return the exceptions of the client."""
        return self.client.exceptions

    def filter_log_events(self, **request: Any) -> Any:
        """Return a page of a log."""
        self.slots.wait()
        return self.client.filter_log_events(**request)


def polite_logs(cloud: "Cloud") -> PoliteLogs:
    """Return the client for all logs of a survey."""
    return PoliteLogs(cloud.client("logs"), Slots(CALLS_PER_SECOND))
