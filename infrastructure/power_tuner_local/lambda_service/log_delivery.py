"""Log delivery to CloudWatch Logs: in batches, in a thread of its own."""

import logging
import queue
import threading
from typing import TYPE_CHECKING

from moto.backends import get_backend

if TYPE_CHECKING:
    from power_tuner_local.lambda_service.sandbox_log import LogEvent

_log = logging.getLogger(__name__)
_Batch = tuple[str, str, "list[LogEvent]"]


class LogDelivery:
    """Writes log events to moto's CloudWatch Logs."""

    def __init__(self, region: str, account_id: str) -> None:
        self._backend = get_backend("logs")[account_id][region]
        self._region = region
        self._queue: queue.SimpleQueue[_Batch | None] = queue.SimpleQueue()
        self._streams: set[tuple[str, str]] = set()
        self._thread = threading.Thread(target=self._deliver, name="lambda-logs", daemon=True)
        self._thread.start()

    def put(self, group: str, stream: str, events: "list[LogEvent]") -> None:
        """Queue the log events of one invocation."""
        if events:
            self._queue.put((group, stream, events))

    def close(self) -> None:
        """Deliver the remaining events and stop."""
        self._queue.put(None)
        self._thread.join()

    def _deliver(self) -> None:
        while (batch := self._queue.get()) is not None:
            try:
                self._write(*batch)
            except Exception:  # noqa: BLE001 (a bug of moto's must not end the delivery of logs)
                _log.exception("log events of %s were lost", batch[0])

    def _write(self, group: str, stream: str, events: "list[LogEvent]") -> None:
        if (group, stream) not in self._streams:
            if group not in self._backend.groups:
                self._backend.create_log_group(group, {}, kmsKeyId=None)
            if stream not in self._backend.groups[group].streams:
                self._backend.create_log_stream(group, stream)
            self._streams.add((group, stream))
        # moto refuses events out of order, and the clocks of sandbox and platform can differ by a millisecond
        in_order = sorted(events, key=lambda event: event.time_ms)
        self._backend.put_log_events(
            group, stream, [{"timestamp": event.time_ms, "message": event.message} for event in in_order]
        )
