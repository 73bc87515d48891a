"""Archives of event buses and their replays: moto keeps them; here is what it lacks.

Source: answers recorded from AWS.
"""

import datetime as dt
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from moto.events.models import Archive, EventsBackend, Replay, ReplayState, events_backends
from moto.events.responses import EventsHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from moto.events.models import Rule

    from power_tuner_local.moto_patches import MotoPatches

_RULE_PREFIX = "Events-Archive-"
_MANAGER = "prod.vhs.events.aws.internal"
_PAGE = 100


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto to answer as AWS does."""
    patches.replace(Archive, describe_short=_with_size(Archive.describe_short))
    patches.replace(Replay, replay_events=_replay_events)
    patches.replace(
        EventsBackend,
        list_archives=_of_known_buses(EventsBackend.list_archives),
        start_replay=_of_some_time(EventsBackend.start_replay),
    )
    patches.replace(
        EventsHandler,
        list_archives=lambda handler: _page(handler, "Archives", handler.events_backend.list_archives),
        list_replays=lambda handler: _page(handler, "Replays", handler.events_backend.list_replays),
    )


def is_archive(rule: "Rule") -> bool:
    """Return whether a rule is the one with which EventBridge fills an archive."""
    return rule.managed_by == _MANAGER and rule.name.startswith(_RULE_PREFIX)


def keep(rule: "Rule", event: "Mapping[str, Any]") -> None:
    """Keep an event in the archive that a rule fills."""
    archives: Any = events_backends[rule.account_id][rule.region_name].archives
    if archive := archives.get(rule.name.removeprefix(_RULE_PREFIX)):
        archive.events.append(dict(event))


def _with_size(describe: "Callable[[Archive], dict[str, Any]]") -> "Callable[[Archive], dict[str, Any]]":
    """Return a description whose size is that of the events; for moto it is that of a Python list."""

    def described(archive: Archive) -> dict[str, Any]:
        size = sum(len(json.dumps(event, separators=(",", ":")).encode()) for event in archive.events)
        return describe(archive) | {"SizeBytes": size}

    return described


def _of_known_buses(list_archives: "Callable[..., Any]") -> "Callable[..., Any]":
    def listed(backend: EventsBackend, name_prefix: str | None, source_arn: str | None, state: str | None) -> Any:
        if source_arn:
            backend._get_event_bus(source_arn)  # noqa: SLF001
        return list_archives(backend, name_prefix, source_arn, state)

    return listed


def _of_some_time(start_replay: "Callable[..., Any]") -> "Callable[..., Any]":
    """Return StartReplay that refuses a start that is the end: for moto that is a time."""

    def started(backend: EventsBackend, *arguments: Any) -> Any:
        name, description, source, start, end, destination = arguments
        refused_start = end + 1 if start == end else start
        return start_replay(backend, name, description, source, refused_start, end, destination)

    return started


def _replay_events(replay: Any, archive: Archive) -> None:
    """Send the events of a replay's time to the rules that it is for."""
    backend = events_backends[replay.account_id][replay.region]
    bus = backend.describe_event_bus(replay.destination["Arn"])
    wanted = replay.destination.get("FilterArns")
    for event in archive.events:
        if not replay.event_start_time <= _epoch_s(str(event["time"])) < replay.event_end_time:
            continue
        again: Any = {**event, "id": str(uuid.uuid4()), "replay-name": replay.name}
        for rule in list(bus.rules.values()):
            if not wanted or rule.arn in wanted:
                rule.send_to_targets(again)
    replay.state, replay.end_time = ReplayState.COMPLETED, time.time()


def _epoch_s(text: str) -> float:
    return dt.datetime.fromisoformat(text).timestamp()


def _page(handler: EventsHandler, name: str, found: "Callable[..., list[Any]]") -> tuple[str, dict[str, Any]]:
    """Return the page of a list of archives or replays that a request asks for; moto has no pages."""
    asked = [handler._get_param(each) for each in ("NamePrefix", "EventSourceArn", "State")]  # noqa: SLF001
    listed = found(*asked)
    first = int(handler._get_param("NextToken") or 0)  # noqa: SLF001
    last = first + (handler._get_param("Limit") or _PAGE)  # noqa: SLF001
    more = {"NextToken": str(last)} if last < len(listed) else {}
    return json.dumps({name: listed[first:last]} | more), handler.response_headers
