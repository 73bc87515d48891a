"""What a run does on the local AWS: API calls by action, and every event of its histories."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIApplication

    from power_tuner_local import LocalAws
    from power_tuner_local.api_calls import ApiCall

PAYLOADS = frozenset({"input", "output", "parameters"})


@dataclass(slots=True)
class Observation:
    """Counts that grow while the run goes on.

    Attributes:
        calls: API requests by service and action.
        largest_payload: The largest input or output of any state, of the run and of its children, in bytes.
        transitions: States entered, by the run and by its children: what Step Functions charges.
    """

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    largest_payload: int = 0
    transitions: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count_call(self, call: ApiCall) -> WSGIApplication | None:
        """Count a request and let it pass."""
        with self._lock:
            self.calls[call.service, call.action] += 1
        return None

    def count_event(self, event_type: str, details: dict[str, dict[str, Any]] | None) -> None:
        """Count a history event."""
        sizes = [
            len(str(text).encode())
            for detail in (details or {}).values()
            for key, text in detail.items()
            if key in PAYLOADS
        ]
        with self._lock:
            self.transitions += event_type.endswith("StateEntered")
            self.largest_payload = max(self.largest_payload, *sizes, 0)

    def calls_by_service(self) -> dict[str, str]:
        """Return each service's actions, the most frequent first, as text for people."""
        actions: dict[str, list[str]] = defaultdict(list)
        for (service, action), count in self.calls.most_common():
            actions[service].append(f"{action} {count:,}")
        return {service: ", ".join(each) for service, each in sorted(actions.items())}


@contextmanager
def observing(aws: LocalAws) -> Iterator[Observation]:
    """Observe all that happens on the local AWS meanwhile.

    moto keeps the histories of a Distributed Map's children to itself, so the events are read where it writes them.
    """
    seen = Observation()
    publish = EventManager._publish_history_event  # noqa: SLF001

    def observed(manager: EventManager, **event: Any) -> None:
        seen.count_event(str(event["event_type"]), event["event_details"])
        publish(manager, **event)

    aws.gateway.interceptors.append(seen.count_call)
    try:
        with mock.patch.object(EventManager, "_publish_history_event", observed):
            yield seen
    finally:
        aws.gateway.interceptors.remove(seen.count_call)
