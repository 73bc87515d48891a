"""Schedules, which fire on request only."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from moto.events.models import events_backends
from moto.scheduler.models import scheduler_backends

from power_tuner_local.eventbridge.targets import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from power_tuner_local.eventbridge.bus import EventBus
    from power_tuner_local.gateway.endpoint import Endpoint


class Schedules:
    """The schedules of one local AWS: EventBridge rules with a schedule, and Scheduler schedules."""

    def __init__(self, endpoint: "Endpoint", bus: "EventBus") -> None:
        self._endpoint = endpoint
        self._bus = bus

    def serve(self, path: str, _: bytes) -> dict[str, str]:
        """Serve `POST /_local/schedules/<name>/fire`."""
        name, _slash, verb = path.rpartition("/")
        if verb != "fire":
            raise LookupError(f"a schedule can only be fired, not {verb!r}: POST /_local/schedules/<name>/fire")
        self.fire(unquote(name))
        return {"fired": unquote(name)}

    def fire(self, name: str) -> None:
        """Deliver a schedule's input to its targets now, regardless of its expression and state.

        Raises:
            LookupError: There is no schedule with that name.
        """
        deliveries = [*self._of_rules(name), *self._of_scheduler(name)]
        if not deliveries:
            known = ", ".join(sorted(self._names())) or "none"
            raise LookupError(f"there is no schedule named {name!r} with a target (there are: {known})")
        for delivery in deliveries:
            self._bus.send(delivery)

    def _names(self) -> set[str]:
        rules = self._rules().values()
        return {rule.name for rule in rules if rule.scheduled_expression} | {each.name for each in self._schedules()}

    def _rules(self) -> dict[str, Any]:
        return dict(events_backends[self._endpoint.account_id][self._endpoint.region].event_buses["default"].rules)

    def _schedules(self) -> list[Any]:
        groups = scheduler_backends[self._endpoint.account_id][self._endpoint.region].schedule_groups
        return [schedule for group in groups.values() for schedule in group.schedules.values()]

    def _of_rules(self, name: str) -> "Iterator[Delivery]":
        rule = self._rules().get(name)
        if rule is not None and rule.scheduled_expression:
            event = self._bus.aws_event("aws.events", "Scheduled Event", [rule.arn], {})
            for target in rule.targets:
                yield Delivery(rule.arn, dict(target), event)

    def _of_scheduler(self, name: str) -> "Iterator[Delivery]":
        for schedule in self._schedules():
            if schedule.name == name:
                event = self._bus.aws_event("aws.scheduler", "Scheduled Event", [schedule.arn], {})
                target = {"Input": json.dumps(event), **schedule.target}
                target["Input"] = target["Input"].replace("<aws.scheduler.schedule-arn>", schedule.arn)
                target["Input"] = target["Input"].replace("<aws.scheduler.scheduled-time>", event["time"])
                target["Input"] = target["Input"].replace("<aws.scheduler.execution-id>", event["id"])
                yield Delivery(schedule.arn, target, event)
