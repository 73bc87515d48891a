"""The app's event bus."""

import json
from typing import TYPE_CHECKING

from power_tuner.events import SOURCE, Event, detail_of

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class EventNotAccepted(RuntimeError):
    """EventBridge accepted the request but not the event."""


class EventBridgeBus:
    """EventBridge over boto3."""

    def __init__(self, client: "EventBridgeClient", bus_name: str) -> None:
        self._client = client
        self._bus_name = bus_name

    def emit(self, event: Event) -> None:
        """Emit one event.

        Raises:
            EventNotAccepted: EventBridge refused the entry.
        """
        answer = self._client.put_events(
            Entries=[
                {
                    "EventBusName": self._bus_name,
                    "Source": SOURCE,
                    "DetailType": event.detail_type,
                    "Detail": json.dumps(detail_of(event)),
                }
            ]
        )
        if answer["FailedEntryCount"]:
            raise EventNotAccepted(
                f"{event.detail_type}: {answer['Entries'][0].get('ErrorMessage', 'no reason given')}"
            )
