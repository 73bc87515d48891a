"""Event buses: what their API answers and refuses, and their policies.

Source: answers recorded from AWS.
"""

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.events.exceptions import ResourceNotFoundException, ValidationException
from moto.events.models import EventBus, EventsBackend
from moto.events.responses import EventsHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from power_tuner_local.moto_patches import MotoPatches


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement of a bus's policy, as moto keeps it."""

    document: "Mapping[str, Any]"

    def describe(self) -> "Mapping[str, Any]":
        """Return the statement as in the policy."""
        return self.document


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto to answer as AWS does."""
    patches.replace(
        EventsHandler,
        create_event_bus=_create_event_bus,
        list_event_buses=_list_event_buses,
        update_event_bus=_update_event_bus,
        delete_event_bus=_delete_event_bus,
    )
    patches.replace(EventBus, add_permission=_add_permission, add_policy=_replace_policy)
    patches.replace(EventsBackend, remove_permission=_remove_permission)


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
    return json.dumps({"EventBusArn": bus.arn} | _options(bus)), handler.response_headers


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
        | ({"Description": bus.description} if bus.description else {})
        | ({"Policy": bus.policy} if bus.policy else {})
        for bus in buses
    ]
    return json.dumps({"EventBuses": listed, "NextToken": token}), handler.response_headers


def _update_event_bus(handler: EventsHandler) -> tuple[str, dict[str, Any]]:
    """Replace what a bus was given: what the request does not have is gone."""
    bus = handler.events_backend.describe_event_bus(handler._get_param("Name") or "default")  # noqa: SLF001
    bus.description = handler._get_param("Description")  # noqa: SLF001
    bus.kms_key_identifier = handler._get_param("KmsKeyIdentifier")  # noqa: SLF001
    bus.dead_letter_config = handler._get_param("DeadLetterConfig")  # noqa: SLF001
    bus.last_modified_time = time.time()
    return json.dumps({"Arn": bus.arn, "Name": bus.name} | _options(bus)), handler.response_headers


def _delete_event_bus(handler: EventsHandler) -> tuple[str, dict[str, Any]]:
    backend, name = handler.events_backend, handler._get_param("Name")  # noqa: SLF001
    if name != "default" and name in backend.event_buses and backend.event_buses[name].rules:
        raise ValidationException("EventBus can't be deleted since it has rules.")
    backend.delete_event_bus(name)
    return "", handler.response_headers


def _options(bus: EventBus) -> dict[str, Any]:
    """Return what a bus was given, as far as it was given."""
    given = {
        "Description": bus.description,
        "KmsKeyIdentifier": bus.kms_key_identifier,
        "DeadLetterConfig": bus.dead_letter_config,
    }
    return {name: value for name, value in given.items() if value}


def _add_permission(
    bus: Any,
    statement_id: str,
    action: str,
    principal: dict[str, str],
    condition: dict[str, Any] | None,
) -> None:
    """Add a statement to a bus's policy; one with the same id is replaced."""
    everybody = principal["AWS"].split(":")[4] == "*"
    document = {
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": "*" if everybody else principal,
        "Action": action,
        "Resource": bus.arn,
    }
    bus._statements[statement_id] = _Statement(document | ({"Condition": condition} if condition else {}))  # noqa: SLF001


def _replace_policy(bus: Any, policy: dict[str, Any]) -> None:
    """Replace a bus's policy: PutPermission with a policy adds nothing to the one before."""
    statements = policy["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    bus._statements = {str(each.get("Sid") or number): _Statement(each) for number, each in enumerate(listed)}  # noqa: SLF001


def _remove_permission(
    backend: EventsBackend,
    event_bus_name: str | None,
    statement_id: str | None,
    remove_all_permissions: bool | None,  # noqa: FBT001 (moto's signature)
) -> None:
    bus = backend.describe_event_bus(event_bus_name or "default")
    if remove_all_permissions:
        bus.remove_statements()
    elif statement_id is None or bus.remove_statement(statement_id) is None:
        raise ResourceNotFoundException("Statement with the provided id does not exist.")
