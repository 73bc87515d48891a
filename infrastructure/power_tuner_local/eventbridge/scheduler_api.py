"""EventBridge Scheduler: what its API answers and refuses.

Source: answers recorded from AWS, and Scheduler's API reference.
"""

import http
import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.scheduler.models import EventBridgeSchedulerBackend as Backend
from moto.scheduler.models import Schedule, ScheduleGroup
from moto.scheduler.responses import EventBridgeSchedulerResponse

from power_tuner_local.eventbridge.schedule_grammar import is_scheduler_schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local.moto_patches import MotoPatches


class _Refusal(JsonRESTError):
    """An error in the form of Scheduler's protocol."""

    def __init__(self, status: http.HTTPStatus, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = status.value
        self.description = json.dumps({"__type": code, "Message": message, "message": message})


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto to answer as AWS does."""
    patches.replace(ScheduleGroup, get_schedule=_schedule, delete_schedule=_delete_schedule)
    patches.replace(
        Backend,
        create_schedule=_checked_create_schedule(Backend.create_schedule),
        get_schedule_group=_group,
        create_schedule_group=_checked_create_group(Backend.create_schedule_group),
        delete_schedule_group=_delete_group,
        list_tags_for_resource=_on_group(Backend.list_tags_for_resource),
        tag_resource=_on_group(Backend.tag_resource),
        untag_resource=_on_group(Backend.untag_resource),
    )
    patches.replace(EventBridgeSchedulerResponse, update_schedule=_update_schedule)


def _missing(what: str) -> _Refusal:
    return _Refusal(http.HTTPStatus.NOT_FOUND, "ResourceNotFoundException", f"{what} does not exist.")


def _exists(what: str) -> _Refusal:
    return _Refusal(http.HTTPStatus.CONFLICT, "ConflictException", f"{what} already exists.")


def _group(backend: Backend, name: str | None) -> ScheduleGroup:
    group = backend.schedule_groups.get(name or "default")
    if group is None:
        raise _missing(f"Schedule group {name}")
    return group


def _schedule(group: ScheduleGroup, name: str) -> Schedule:
    if name not in group.schedules:
        raise _missing(f"Schedule {name}")
    return group.schedules[name]


def _delete_schedule(group: ScheduleGroup, name: str) -> None:
    group.schedules.pop(_schedule(group, name).name)


def _checked_create_schedule(create: "Callable[..., Schedule]") -> "Callable[..., Schedule]":
    def checked(backend: Backend, **asked: Any) -> Schedule:
        _check_expression(asked["schedule_expression"])
        if asked["name"] in _group(backend, asked["group_name"]).schedules:
            raise _exists(f"Schedule {asked['name']}")
        asked["action_after_completion"] = asked["action_after_completion"] or "NONE"
        return create(backend, **asked)

    return checked


def _check_expression(expression: str) -> None:
    if not is_scheduler_schedule(expression):
        message = f"Invalid Schedule Expression {expression}."
        raise _Refusal(http.HTTPStatus.BAD_REQUEST, "ValidationException", message)


def _update_schedule(response: EventBridgeSchedulerResponse) -> str:
    """Replace a schedule: what the request does not have gets its default, only the creation date stays."""
    name = response.uri.partition("?")[0].rpartition("/")[2]
    group_name = response._get_param("GroupName")  # noqa: SLF001
    group = _group(response.scheduler_backend, group_name)
    before = group.schedules.pop(_schedule(group, name).name)
    try:
        response.create_schedule()
    except JsonRESTError:
        group.schedules[name] = before
        raise
    group.schedules[name].creation_date = before.creation_date
    return json.dumps({"ScheduleArn": before.arn})


def _checked_create_group(create: "Callable[..., ScheduleGroup]") -> "Callable[..., ScheduleGroup]":
    def checked(backend: Backend, name: str, tags: list[dict[str, str]]) -> ScheduleGroup:
        if name in backend.schedule_groups:
            raise _exists(f"Schedule group {name}")
        return create(backend, name, tags)

    return checked


def _delete_group(backend: Backend, name: str | None) -> None:
    group = _group(backend, name)
    if group.name == "default":
        message = "The default schedule group cannot be deleted."
        raise _Refusal(http.HTTPStatus.BAD_REQUEST, "ValidationException", message)
    del backend.schedule_groups[group.name]


def _on_group(operation: "Callable[..., Any]") -> "Callable[..., Any]":
    """Return an operation on the tags of a group that refuses a group that does not exist."""

    def checked(backend: Backend, resource_arn: str, *arguments: Any) -> Any:
        _group(backend, resource_arn.rpartition("/")[2])
        return operation(backend, resource_arn, *arguments)

    return checked
