"""Rules, their targets and tags, and TestEventPattern: answers recorded from AWS."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from refusals import refusal

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

PATTERN = json.dumps({"source": ["sample"]})
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:letters"
RULE_ARN = "arn:aws:events:us-east-1:123456789012:rule"
BUS_ARN = "arn:aws:events:us-east-1:123456789012:event-bus"
EVENT = {
    "id": "1",
    "account": "123456789012",
    "source": "sample",
    "time": "2026-01-01T00:00:00Z",
    "region": "us-east-1",
    "detail-type": "Recorded",
}
TAG = {"Key": "team", "Value": "blue"}


@pytest.fixture(scope="module")
def bus(aws: "LocalAws") -> str:
    """Name a bus of one's own."""
    aws.client("events").create_event_bus(Name="own")
    return "own"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("describe_rule", {"Name": "none"}),
        ("enable_rule", {"Name": "none"}),
        ("disable_rule", {"Name": "none"}),
        ("list_targets_by_rule", {"Rule": "none"}),
        ("remove_targets", {"Rule": "none", "Ids": ["a"]}),
        ("put_targets", {"Rule": "none", "Targets": [{"Id": "a", "Arn": QUEUE_ARN}]}),
    ],
)
def test_a_rule_that_does_not_exist(aws: "LocalAws", bus: str, operation: str, request_: dict[str, Any]) -> None:
    """The refusal names the rule and its bus."""
    call = getattr(aws.client("events"), operation)

    for name in ("default", bus):
        message = f"Rule none does not exist on EventBus {name}."
        assert ("ResourceNotFoundException", 400, message) == refusal(call, EventBusName=name, **request_)


def test_a_bus_that_does_not_exist(aws: "LocalAws") -> None:
    """PutRule names the bus."""
    call = aws.client("events").put_rule

    actual = refusal(call, Name="any", EventPattern=PATTERN, EventBusName="nowhere")
    assert ("ResourceNotFoundException", 400, "Event bus nowhere does not exist.") == actual


def test_a_rule_is_disabled_and_enabled(aws: "LocalAws", bus: str) -> None:
    """DescribeRule shows the state, the bus and the account that made the rule."""
    events = aws.client("events")
    events.put_rule(Name="switch", EventPattern=PATTERN, EventBusName=bus)

    events.disable_rule(Name="switch", EventBusName=bus)
    disabled = events.describe_rule(Name="switch", EventBusName=bus)
    events.enable_rule(Name="switch", EventBusName=bus)

    assert ("DISABLED", bus, "123456789012") == tuple(disabled[key] for key in ("State", "EventBusName", "CreatedBy"))
    assert "ENABLED" == events.describe_rule(Name="switch", EventBusName=bus)["State"]


def test_a_prefix_of_names_is_plain_text(aws: "LocalAws") -> None:
    """A dot in a prefix is a dot."""
    events = aws.client("events")
    for name in ("a.b", "axb"):
        events.put_rule(Name=name, EventPattern=PATTERN)

    assert ["a.b"] == [rule["Name"] for rule in events.list_rules(NamePrefix="a.")["Rules"]]


def test_targets_are_listed_in_pages(aws: "LocalAws") -> None:
    """Targets with the same ARN are on the page where they belong."""
    events = aws.client("events")
    events.put_rule(Name="paged", EventPattern=PATTERN)
    events.put_targets(Rule="paged", Targets=[{"Id": str(number), "Arn": QUEUE_ARN} for number in range(5)])

    first = events.list_targets_by_rule(Rule="paged", Limit=3)
    second = events.list_targets_by_rule(Rule="paged", NextToken=first["NextToken"])

    assert ["0", "1", "2"] == [target["Id"] for target in first["Targets"]]
    assert ["3", "4"] == [target["Id"] for target in second["Targets"]]
    assert "NextToken" not in second


def test_a_rule_with_targets_is_not_deleted(aws: "LocalAws", bus: str) -> None:
    """Nor is a bus with rules, nor the default bus."""
    events = aws.client("events")
    events.put_rule(Name="kept", EventPattern=PATTERN, EventBusName=bus)
    events.put_targets(Rule="kept", EventBusName=bus, Targets=[{"Id": "a", "Arn": QUEUE_ARN}])

    assert ("ValidationException", 400, "Rule can't be deleted since it has targets.") == refusal(
        events.delete_rule, Name="kept", EventBusName=bus
    )
    assert ("ValidationException", 400, "EventBus can't be deleted since it has rules.") == refusal(
        events.delete_event_bus, Name=bus
    )
    assert ("ValidationException", 400, "Cannot delete event bus default.") == refusal(
        events.delete_event_bus, Name="default"
    )


@pytest.mark.parametrize(
    ("arn", "message"),
    [
        (f"{RULE_ARN}/gone", "Rule gone does not exist on EventBus default."),
        (f"{RULE_ARN}/own/gone", "Rule gone does not exist on EventBus own."),
        (f"{BUS_ARN}/gone", "Event bus gone does not exist."),
    ],
)
@pytest.mark.parametrize("operation", ["tag_resource", "untag_resource", "list_tags_for_resource"])
def test_tags_of_what_does_not_exist(aws: "LocalAws", bus: str, operation: str, arn: str, message: str) -> None:
    """The refusal names the rule and its bus, or the bus."""
    events = aws.client("events")
    parameters: dict[str, dict[str, Any]] = {
        "tag_resource": {"Tags": [TAG]},
        "untag_resource": {"TagKeys": ["team"]},
        "list_tags_for_resource": {},
    }
    assert bus

    actual = refusal(getattr(events, operation), ResourceARN=arn, **parameters[operation])

    assert ("ResourceNotFoundException", 400, message) == actual


def test_rules_of_the_same_name_have_their_own_tags(aws: "LocalAws", bus: str) -> None:
    """A rule is known by its bus and its name."""
    events = aws.client("events")
    events.put_rule(Name="twin", EventPattern=PATTERN)
    events.put_rule(Name="twin", EventPattern=PATTERN, EventBusName=bus)

    events.tag_resource(ResourceARN=f"{RULE_ARN}/own/twin", Tags=[TAG])

    assert [TAG] == events.list_tags_for_resource(ResourceARN=f"{RULE_ARN}/own/twin")["Tags"]
    assert [] == events.list_tags_for_resource(ResourceARN=f"{RULE_ARN}/twin")["Tags"]


def test_a_rule_gets_tags_when_it_is_made(aws: "LocalAws") -> None:
    """PutRule ignores the tags for a rule that exists, and keeps its targets."""
    events = aws.client("events")
    events.put_rule(Name="tagged", EventPattern=PATTERN, Tags=[TAG])
    events.put_targets(Rule="tagged", Targets=[{"Id": "a", "Arn": QUEUE_ARN}])

    events.put_rule(Name="tagged", EventPattern=PATTERN, Description="again", Tags=[{"Key": "new", "Value": "tag"}])

    assert [TAG] == events.list_tags_for_resource(ResourceARN=f"{RULE_ARN}/tagged")["Tags"]
    assert ["a"] == [target["Id"] for target in events.list_targets_by_rule(Rule="tagged")["Targets"]]


def test_a_bus_has_three_hundred_rules(aws: "LocalAws") -> None:
    """One more is over the limit; one that exists is updated."""
    events = aws.client("events")
    events.create_event_bus(Name="full")
    for number in range(300):
        events.put_rule(Name=f"rule-{number}", EventPattern=PATTERN, EventBusName="full")

    events.put_rule(Name="rule-0", EventPattern=PATTERN, EventBusName="full", State="DISABLED")
    code, status, _ = refusal(events.put_rule, Name="rule-300", EventPattern=PATTERN, EventBusName="full")

    assert ("LimitExceededException", 400) == (code, status)


@pytest.mark.parametrize(("source", "result"), [("sample", True), ("other", False)])
def test_a_pattern_is_tried(aws: "LocalAws", source: str, result: bool) -> None:  # noqa: FBT001 (a table's column)
    """TestEventPattern says whether an event matches."""
    pattern = json.dumps({"source": [source]})

    answer = aws.client("events").test_event_pattern(Event=json.dumps(EVENT), EventPattern=pattern)

    assert result is answer["Result"]


@pytest.mark.parametrize("event", ["text", '"text"', "[]", "{}", json.dumps({"source": "sample"})])
def test_what_is_no_event(aws: "LocalAws", event: str) -> None:
    """TestEventPattern needs an event with its fields."""
    call = aws.client("events").test_event_pattern

    actual = refusal(call, Event=event, EventPattern=PATTERN)

    assert ("ValidationException", 400, "Parameter Event is not valid.") == actual


def test_a_pattern_that_is_none_is_not_tried(aws: "LocalAws") -> None:
    """TestEventPattern refuses it as PutRule does."""
    call = aws.client("events").test_event_pattern

    code, _, message = refusal(call, Event=json.dumps(EVENT), EventPattern='{"source": []}')

    assert "InvalidEventPatternException" == code
    assert message.startswith("Event pattern is not valid. Reason: Empty arrays are not allowed\n at [Source: (String)")


def test_statements_of_a_bus(aws: "LocalAws") -> None:
    """A statement is known by its id alone; a whole policy replaces what was there."""
    events = aws.client("events")
    arn = events.create_event_bus(Name="shared")["EventBusArn"]
    account = "111122223333"

    for statement, principal in (("one", account), ("two", account), ("all", "*")):
        events.put_permission(
            EventBusName="shared", StatementId=statement, Action="events:PutEvents", Principal=principal
        )
    added = json.loads(events.describe_event_bus(Name="shared")["Policy"])["Statement"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "new", "Effect": "Deny", "Principal": "*", "Action": "events:PutEvents", "Resource": arn}
        ],
    }
    events.put_permission(EventBusName="shared", Policy=json.dumps(policy))

    root = {"AWS": f"arn:aws:iam::{account}:root"}
    assert [("one", root), ("two", root), ("all", "*")] == [(each["Sid"], each["Principal"]) for each in added]
    assert policy == json.loads(events.describe_event_bus(Name="shared")["Policy"])


def test_a_statement_that_does_not_exist(aws: "LocalAws") -> None:
    """RemovePermission says so, whether the bus has a policy or not."""
    events = aws.client("events")
    events.create_event_bus(Name="closed")

    actual = refusal(events.remove_permission, EventBusName="closed", StatementId="none")

    assert ("ResourceNotFoundException", 400, "Statement with the provided id does not exist.") == actual


def test_a_bus_is_updated(aws: "LocalAws") -> None:
    """What the update does not have is gone; a bus that does not exist is not updated."""
    events = aws.client("events")
    queue = {"Arn": QUEUE_ARN}
    created = events.create_event_bus(Name="changed", Description="before", DeadLetterConfig=queue)

    updated = events.update_event_bus(Name="changed", Description="after")
    described = events.describe_event_bus(Name="changed")

    assert (("before", queue), "after") == (
        (created["Description"], created["DeadLetterConfig"]),
        updated["Description"],
    )
    assert "after" == described["Description"]
    assert "DeadLetterConfig" not in described
    assert described["CreationTime"] < described["LastModifiedTime"]
    assert ("ResourceNotFoundException", 400, "Event bus none does not exist.") == refusal(
        events.update_event_bus, Name="none"
    )


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        (
            "create_connection",
            {
                "AuthorizationType": "BASIC",
                "AuthParameters": {"BasicAuthParameters": {"Username": "u", "Password": "p"}},
            },
        ),
        (
            "create_api_destination",
            {
                "ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/c/1",
                "InvocationEndpoint": "https://example.com",
                "HttpMethod": "GET",
            },
        ),
        ("list_endpoints", {}),
    ],
)
def test_what_eventbridge_has_not_here(aws: "LocalAws", operation: str, request_: dict[str, Any]) -> None:
    """It is refused by name; a client does not retry."""
    name = "".join(word.capitalize() for word in operation.split("_"))
    named = {} if operation.startswith("list") else {"Name": "any"}

    actual = refusal(getattr(aws.client("events"), operation), **named, **request_)

    assert ("NotImplementedException", 501, f"The local AWS does not support {name} of events.") == actual
