"""PutEvents: what EventBridge refuses of a request and of its entries.

Source: answers recorded from AWS, and EventBridge's API reference.
"""

import json
import uuid
from typing import TYPE_CHECKING, Any

from moto.events.exceptions import ResourceNotFoundException, ValidationException
from moto.events.models import EventsBackend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.moto_patches import MotoPatches

MAX_ENTRIES_BYTES = 1024 * 1024
_TIME_BYTES = 14


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto to answer PutEvents as AWS does."""
    put_events = EventsBackend.put_events

    def checked_put_events(backend: EventsBackend, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if sum(map(_size_bytes, events)) > MAX_ENTRIES_BYTES:
            raise ValidationException("Total size of the entries in the request is over the limit.")
        return [answer for event in events for answer in _put_entry(backend, event, put_events)]

    patches.replace(EventsBackend, put_events=checked_put_events)


def _put_entry(backend: EventsBackend, event: dict[str, Any], put_events: Any) -> list[dict[str, Any]]:
    """Put one entry; one for a bus that does not exist gets an id and is lost, as on AWS."""
    if event.get("Source") and event.get("DetailType") and event.get("Detail") and not _is_object(event["Detail"]):
        return [{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}]
    try:
        answered: list[dict[str, Any]] = put_events(backend, [event])
    except ResourceNotFoundException:
        return [{"EventId": str(uuid.uuid4())}]
    return answered


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _size_bytes(event: "Mapping[str, Any]") -> int:
    """Return the size of an entry, as the user guide counts it."""
    texts = [event.get(name) or "" for name in ("Source", "DetailType", "Detail")] + list(event.get("Resources") or ())
    return (_TIME_BYTES if event.get("Time") else 0) + sum(len(text.encode()) for text in texts)
