"""Rules, their targets and tags: what their API answers and refuses.

Source: answers recorded from AWS, and EventBridge's API reference and quotas.
"""

import json
import re
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import InvalidEventPatternException, ResourceNotFoundException, ValidationException
from moto.events.models import EventPatternParser, EventsBackend
from moto.events.responses import EventsHandler

from power_tuner_local.eventbridge.pattern_grammar import InvalidPattern, parse_pattern
from power_tuner_local.eventbridge.patterns import matches
from power_tuner_local.eventbridge.schedule_grammar import is_schedule
from power_tuner_local.eventbridge.target_refusals import target_refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.events.models import EventBus, Rule

    from power_tuner_local.moto_patches import MotoPatches

MAX_RULES, MAX_TARGETS = 300, 5
_PAGE = 100
_EVENT_FIELDS = frozenset({"id", "account", "source", "time", "region", "detail-type"})

_UNSUPPORTED = ("create_connection", "create_api_destination", "create_partner_event_source", "put_partner_events")


def patch_moto(patches: "MotoPatches") -> None:
    """Patch moto to answer as AWS does."""
    patches.replace(EventPatternParser, parse=_parse)
    patches.replace(
        EventsBackend,
        put_rule=_checked_put_rule(EventsBackend.put_rule),
        put_targets=_checked_put_targets(EventsBackend.put_targets),
        list_rules=_with_plain_prefix(EventsBackend.list_rules),
        describe_rule=_rule,
        enable_rule=lambda backend, name, bus: _set_state(_rule(backend, name, bus), "ENABLED"),
        disable_rule=lambda backend, name, bus: _set_state(_rule(backend, name, bus), "DISABLED"),
        list_tags_for_resource=lambda backend, arn: backend.tagger.list_tags_for_resource(_tagged(backend, arn)),
        tag_resource=_tag_resource,
        untag_resource=lambda backend, arn, keys: backend.tagger.untag_resource_using_names(
            _tagged(backend, arn), keys
        ),
    )
    patches.replace(EventsHandler, list_targets_by_rule=_list_targets_by_rule, test_event_pattern=_test_event_pattern)
    # nothing here calls other hosts, and no partner sends events: moto would keep them without a use
    patches.replace(EventsHandler, **dict.fromkeys(_UNSUPPORTED, _refuse_unsupported))


def _refuse_unsupported(_: EventsHandler) -> tuple[str, dict[str, Any]]:
    raise NotImplementedError


def _parse(parser: EventPatternParser) -> dict[str, Any]:
    return _pattern(parser.pattern) if parser.pattern else {}


def _pattern(text: str) -> dict[str, Any]:
    try:
        return parse_pattern(text)
    except InvalidPattern as error:
        raise InvalidEventPatternException(reason=str(error)) from None


def _bus(backend: EventsBackend, name_or_arn: str | None) -> "EventBus":
    return backend._get_event_bus(backend._normalize_event_bus_arn(name_or_arn))  # noqa: SLF001


def _rule(backend: EventsBackend, name: str, event_bus_arn: str | None) -> "Rule":
    bus = _bus(backend, event_bus_arn)
    if name not in bus.rules:
        raise ResourceNotFoundException(f"Rule {name} does not exist on EventBus {bus.name}.")
    return bus.rules[name]


def _set_state(rule: "Rule", state: str) -> bool:
    rule.state = state
    return True


def _checked_put_rule(put_rule: "Callable[..., Rule]") -> "Callable[..., Rule]":
    def checked(backend: EventsBackend, name: str, *args: Any, **kwargs: Any) -> "Rule":
        expression, bus_arn = kwargs.get("scheduled_expression"), kwargs.get("event_bus_arn")
        on_default = backend._normalize_event_bus_arn(bus_arn) == "default"  # noqa: SLF001
        if expression and on_default and not is_schedule(expression):
            raise ValidationException("Parameter ScheduleExpression is not valid.")
        known = _bus(backend, bus_arn).rules
        if name in known:
            kwargs["tags"] = None  # AWS ignores them: TagResource changes those of a rule that exists
        elif len(known) >= MAX_RULES:
            raise _over_the_limit()
        return put_rule(backend, name, *args, **kwargs)

    return checked


def _checked_put_targets(put_targets: "Callable[..., None]") -> "Callable[..., None]":
    def checked(backend: EventsBackend, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
        for target in targets:
            if refusal := target_refusal(target):
                raise ValidationException(refusal)
        rules = _bus(backend, event_bus_arn).rules
        present = {each["Id"] for each in rules[name].targets} if name in rules else set()
        if len(present | {target["Id"] for target in targets}) > MAX_TARGETS:
            raise _over_the_limit()
        put_targets(backend, name, event_bus_arn, targets)

    return checked


def _over_the_limit() -> JsonRESTError:
    return JsonRESTError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def _with_plain_prefix(list_rules: "Callable[..., Any]") -> "Callable[..., Any]":
    """Return ListRules for which a prefix is a text: for moto it is a regular expression."""

    def listed(backend: EventsBackend, prefix: str | None = None, **kwargs: Any) -> Any:
        return list_rules(backend, prefix=None if prefix is None else re.escape(prefix), **kwargs)

    return listed


def _list_targets_by_rule(handler: EventsHandler) -> tuple[str, dict[str, Any]]:
    """Serve ListTargetsByRule; moto's pages take targets with the same ARN for one."""
    rule = _rule(handler.events_backend, handler._get_param("Rule"), handler._get_param("EventBusName"))  # noqa: SLF001
    first = int(handler._get_param("NextToken") or 0)  # noqa: SLF001
    last = first + (handler._get_param("Limit") or _PAGE)  # noqa: SLF001
    more = {"NextToken": str(last)} if last < len(rule.targets) else {}
    return json.dumps({"Targets": rule.targets[first:last]} | more), handler.response_headers


def _test_event_pattern(handler: EventsHandler) -> tuple[str, dict[str, Any]]:
    pattern = _pattern(handler._get_param("EventPattern"))  # noqa: SLF001
    try:
        event = json.loads(handler._get_param("Event"))  # noqa: SLF001
    except ValueError:
        event = None
    if not isinstance(event, dict) or not event.keys() >= _EVENT_FIELDS:
        raise ValidationException("Parameter Event is not valid.")
    return json.dumps({"Result": matches(pattern, event)}), handler.response_headers


def _tagged(backend: EventsBackend, arn: str) -> str:
    """Return the ARN of a bus or rule that has tags."""
    kind, _, path = arn.rsplit(":", maxsplit=1)[-1].partition("/")
    if kind == "event-bus":
        return str(_bus(backend, path).arn)
    bus_name, _, name = path.rpartition("/")
    return _rule(backend, name, bus_name or None).arn


def _tag_resource(backend: EventsBackend, arn: str, tags: dict[str, str]) -> None:
    backend.tagger.tag_resource(_tagged(backend, arn), backend.tagger.convert_dict_to_tags_input(tags))
