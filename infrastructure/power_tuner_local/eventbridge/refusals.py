"""What EventBridge refuses and moto accepts: patterns, schedules, targets, entries.

Source: answers recorded from AWS, and EventBridge's API reference.
"""

import json
import uuid
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import InvalidEventPatternException, ResourceNotFoundException, ValidationException
from moto.events.models import EventPatternParser, EventsBackend
from moto.events.responses import EventsHandler

from power_tuner_local.eventbridge.pattern_grammar import InvalidPattern, parse_pattern
from power_tuner_local.eventbridge.schedule_grammar import is_schedule
from power_tuner_local.eventbridge.targets import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.moto_patches import MotoPatches

MAX_ENTRIES = 10
MAX_ENTRIES_BYTES = 1024 * 1024
MAX_TARGETS = 5
_TIME_BYTES = 14
_PREDEFINED = "aws.events."


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto to refuse what EventBridge refuses, and to answer what it answers."""
    patches.replace(EventPatternParser, parse=_parse)
    _patch_rules(patches)
    _patch_entries(patches)
    patches.replace(EventsHandler, create_event_bus=_create_event_bus, list_event_buses=_list_event_buses)


def _parse(parser: EventPatternParser) -> dict[str, Any]:
    try:
        return parse_pattern(parser.pattern) if parser.pattern else {}
    except InvalidPattern as error:
        raise InvalidEventPatternException(reason=str(error)) from None


def _patch_rules(patches: "MotoPatches") -> None:
    put_rule, put_targets = EventsBackend.put_rule, EventsBackend.put_targets

    def checked_put_rule(backend: EventsBackend, name: str, *args: Any, **kwargs: Any) -> Any:
        expression = kwargs.get("scheduled_expression")
        on_default = backend._normalize_event_bus_arn(kwargs.get("event_bus_arn")) == "default"  # noqa: SLF001
        if expression and on_default and not is_schedule(expression):
            raise ValidationException("Parameter ScheduleExpression is not valid.")
        return put_rule(backend, name, *args, **kwargs)

    def checked_put_targets(
        backend: EventsBackend, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]
    ) -> None:
        for target in targets:
            _check_target(target)
        bus = backend._get_event_bus(backend._normalize_event_bus_arn(event_bus_arn))  # noqa: SLF001
        present = {each["Id"] for each in bus.rules[name].targets} if name in bus.rules else set()
        if len(present | {target["Id"] for target in targets}) > MAX_TARGETS:
            raise JsonRESTError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        put_targets(backend, name, event_bus_arn, targets)

    patches.replace(EventsBackend, put_rule=checked_put_rule, put_targets=checked_put_targets)


def _patch_entries(patches: "MotoPatches") -> None:
    put_events = EventsBackend.put_events

    def checked_put_events(backend: EventsBackend, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if sum(map(_entry_bytes, events)) > MAX_ENTRIES_BYTES:
            raise ValidationException("Total size of the entries in the request is over the limit.")
        if len(events) > MAX_ENTRIES:
            return put_events(backend, events)
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


def _entry_bytes(event: "Mapping[str, Any]") -> int:
    """Return the size of an entry, as the user guide counts it."""
    texts = [event.get(name) or "" for name in ("Source", "DetailType", "Detail")] + list(event.get("Resources") or ())
    return (_TIME_BYTES if event.get("Time") else 0) + sum(len(text.encode()) for text in texts)


def _check_target(target: "Mapping[str, Any]") -> None:
    name = target["Id"]
    if sum(key in target for key in ("Input", "InputPath", "InputTransformer")) > 1:
        raise ValidationException(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}."
        )
    transformer = target.get("InputTransformer") or {}
    for placeholder in PLACEHOLDER.findall(transformer.get("InputTemplate", "")):
        if placeholder not in transformer.get("InputPathsMap", {}) and not placeholder.startswith(_PREDEFINED):
            raise ValidationException(f"InputTemplate for target {name} contains invalid placeholder {placeholder}.")


def _create_event_bus(handler: EventsHandler) -> tuple[str, dict[str, Any]]:
    names = {
        "name": "Name",
        "event_source_name": "EventSourceName",
        "description": "Description",
        "kms_key_identifier": "KmsKeyIdentifier",
        "dead_letter_config": "DeadLetterConfig",
        "tags": "Tags",
    }
    asked = {name: handler._get_param(parameter) for name, parameter in names.items()}  # noqa: SLF001
    bus = handler.events_backend.create_event_bus(**asked)
    return json.dumps({"EventBusArn": bus.arn} | _description(bus)), handler.response_headers


def _list_event_buses(handler: EventsHandler) -> tuple[str, dict[str, Any]]:
    buses, token = handler.events_backend.list_event_buses(
        handler._get_param("NamePrefix"),  # noqa: SLF001
        next_token=handler._get_param("NextToken"),  # noqa: SLF001
        limit=handler._get_param("Limit"),  # noqa: SLF001
    )
    listed = [
        {
            "Name": bus.name,
            "Arn": bus.arn,
            "CreationTime": bus.creation_time,
            "LastModifiedTime": bus.last_modified_time,
        }
        | _description(bus)
        | ({"Policy": bus.policy} if bus.policy else {})
        for bus in buses
    ]
    return json.dumps({"EventBuses": listed, "NextToken": token}), handler.response_headers


def _description(bus: Any) -> dict[str, str]:
    return {"Description": bus.description} if bus.description else {}
