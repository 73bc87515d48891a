"""Events reach the targets of the rules that match."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from power_tuner_local.faults import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from power_tuner_local import LocalAws, Stack

    Receive = Callable[[Any, str, int], list[dict[str, Any]]]

pytestmark = pytest.mark.local_aws


def put_event(aws: "LocalAws", detail_type: str, detail: dict[str, Any]) -> None:
    answer = aws.client("events").put_events(
        Entries=[
            {
                "EventBusName": "sample-bus",
                "Source": "sample",
                "DetailType": detail_type,
                "Detail": json.dumps(detail),
            }
        ]
    )
    assert 0 == answer["FailedEntryCount"]


def events_in_table(aws: "LocalAws", stack: "Stack") -> list[dict[str, Any]]:
    aws.wait_until_idle(20)
    items = aws.client("dynamodb").scan(TableName=stack.outputs["TableName"])["Items"]
    return [json.loads(item["event"]["S"]) for item in items]


def test_lambda_target_gets_what_input_path_selects(aws: "LocalAws", stack: "Stack") -> None:
    """A rule with InputPath invokes its function with that part of matching events only."""
    put_event(aws, "Done", {"size": 11})
    put_event(aws, "Done", {"size": 10})

    assert [{"size": 11}] == [event for event in events_in_table(aws, stack) if "size" in event]


def test_state_machine_target_is_started_with_its_input(aws: "LocalAws", stack: "Stack") -> None:
    """A rule starts an execution, whose status changes are events that carry its input and its times in ms."""
    put_event(aws, "Deployed", {"function": "orders"})

    changes = [event for event in events_in_table(aws, stack) if event.get("source") == "aws.states"]
    details = {change["detail"]["status"]: change["detail"] for change in changes}
    assert {"RUNNING", "SUCCEEDED"} == details.keys()
    ended, change = details["SUCCEEDED"], changes[0]
    assert {"function": "orders"} == json.loads(ended["input"])
    assert {"input": {"function": "orders"}, "name": ended["name"]} == json.loads(ended["output"])
    assert stack.outputs["StateMachineArn"] == ended["stateMachineArn"]
    assert isinstance(ended["startDate"], int)
    assert ended["startDate"] <= ended["stopDate"]
    assert details["RUNNING"]["stopDate"] is None
    assert details["RUNNING"]["output"] is None
    assert "Step Functions Execution Status Change" == change["detail-type"]
    assert [ended["executionArn"]] == change["resources"]
    assert change["time"].endswith("Z")


def test_queue_target_gets_the_transformed_event(aws: "LocalAws", stack: "Stack", received: "Receive") -> None:
    """InputTransformer inserts JSON values, or text inside strings; a disabled rule sends nothing."""
    put_event(aws, "Copy", {"who": 'Ada "the first"'})

    messages = received(aws.client("sqs"), stack.outputs["InboxUrl"], 1)
    who = 'Ada "the first"'
    assert [{"text": f"hello {who}", "who": who, "all": {"who": who}}] == [
        json.loads(message["Body"]) for message in messages
    ]


def test_events_arrive_in_order(aws: "LocalAws", stack: "Stack", received: "Receive") -> None:
    """A queue receives events in the order in which they were put."""
    for number in range(12):
        put_event(aws, "Copy", {"who": number})

    messages = received(aws.client("sqs"), stack.outputs["InboxUrl"], 12)
    assert list(range(12)) == [json.loads(message["Body"])["who"] for message in messages]


@pytest.mark.parametrize(
    ("kind", "arrived"),
    [
        (Kind.EVENT_LATE, ["next", "struck"]),
        (Kind.EVENT_TWICE, ["struck", "struck", "next"]),
        (Kind.EVENT_LOST, ["next"]),
    ],
)
def test_deliveries_go_wrong_on_demand(
    aws: "LocalAws", stack: "Stack", received: "Receive", kind: Kind, arrived: list[str]
) -> None:
    """An injected fault delivers one event late, twice or never, and no other."""
    fault = Fault(kind, action="Copy", target="Inbox", mentions="struck", delay_s=0.2)
    with aws.faults.inject(fault) as injection, aws.faults.watch("struck") as watch:
        put_event(aws, "Copy", {"who": "struck"})
        put_event(aws, "Copy", {"who": "next"})
        aws.wait_until_idle(10)

    messages = received(aws.client("sqs"), stack.outputs["InboxUrl"], len(arrived))
    assert arrived == [json.loads(message["Body"])["who"] for message in messages]
    assert ["Copy"] == [delivery.action for delivery in watch.deliveries]
    assert 1 == len(injection.hit)


def test_undeliverable_event_goes_to_the_dead_letter_queue(
    aws: "LocalAws", stack: "Stack", received: "Receive"
) -> None:
    """An event that its target refuses goes to the target's dead-letter queue, with the reason."""
    put_event(aws, "Lost", {"a": 1})

    [message] = received(aws.client("sqs"), stack.outputs["DeadLettersUrl"], 1)
    assert {"a": 1} == json.loads(message["Body"])["detail"]
    assert "StateMachineDoesNotExist" in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]


def test_bus_target_forwards_the_event(aws: "LocalAws", stack: "Stack", received: "Receive") -> None:
    """A rule can send an event on to another bus, whose rules then see it."""
    events = aws.client("events")
    events.put_rule(Name="forward", EventPattern=json.dumps({"source": ["sample"], "detail-type": ["Copy"]}))
    bus_arn = f"arn:aws:events:us-east-1:123456789012:event-bus/{stack.outputs['EventBusName']}"
    events.put_targets(Rule="forward", Targets=[{"Id": "bus", "Arn": bus_arn, "RoleArn": "arn:aws:iam::1:role/any"}])
    events.put_events(Entries=[{"Source": "sample", "DetailType": "Copy", "Detail": '{"who": "over there"}'}])

    [message] = received(aws.client("sqs"), stack.outputs["InboxUrl"], 1)
    assert "over there" == json.loads(message["Body"])["who"]


def test_topics_and_log_groups_are_targets(aws: "LocalAws", received: "Receive") -> None:
    """A topic's subscribers get the event; a log group gets a stream with it."""
    events, logs, sqs, sns = (aws.client(name) for name in ("events", "logs", "sqs", "sns"))
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    topic = sns.create_topic(Name="news")["TopicArn"]
    queue_arn = "arn:aws:sqs:us-east-1:123456789012:subscriber"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn, Attributes={"RawMessageDelivery": "true"})
    logs.create_log_group(logGroupName="/aws/events/news")
    group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/news"
    events.put_rule(Name="news", EventPattern=json.dumps({"source": ["news"]}))
    events.put_targets(
        Rule="news",
        Targets=[{"Id": "topic", "Arn": topic, "InputPath": "$.detail"}, {"Id": "log", "Arn": group}],
    )

    events.put_events(Entries=[{"Source": "news", "DetailType": "Told", "Detail": '{"a": 1}'}])
    aws.wait_until_idle(10)

    assert [{"a": 1}] == [json.loads(message["Body"]) for message in received(sqs, url, 1)]
    [logged] = logs.filter_log_events(logGroupName="/aws/events/news")["events"]
    assert ("Told", {"a": 1}) == tuple(json.loads(logged["message"])[key] for key in ("detail-type", "detail"))
