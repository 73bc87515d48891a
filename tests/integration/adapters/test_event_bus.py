"""The app's bus: EventBridge and its stand-in keep the same promises."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fakes import FakeEvents
from power_tuner.aws.event_bus import EventBridgeBus, EventNotAccepted
from power_tuner.ports import Events

BUS = "tuning"
DETAIL = {"runId": "run-1", "costUsd": 1.23456789e-7, "reason": "ä", "curve": [{"power": 128}], "previous": None}
Received = Callable[[], list[tuple[str, dict[str, Any]]]]


@pytest.fixture(params=["fake", "EventBridge"])
def bus(request: pytest.FixtureRequest) -> tuple[Events, Received]:
    """Return a bus, and what returns the events that came from it."""
    if request.param == "fake":
        events = FakeEvents()
        return events, lambda: events.emitted
    request.getfixturevalue("mocked_aws")
    client, sqs = boto3.client("events"), boto3.client("sqs")
    client.create_event_bus(Name=BUS)
    url = sqs.create_queue(QueueName="received")["QueueUrl"]
    client.put_rule(Name="all", EventBusName=BUS, EventPattern=json.dumps({"source": ["power-tuner"]}))
    queue = "arn:aws:sqs:eu-west-1:123456789012:received"
    client.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": queue}])

    def received() -> list[tuple[str, dict[str, Any]]]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        events = [json.loads(message["Body"]) for message in messages]
        return [(event["detail-type"], event["detail"]) for event in events]

    return EventBridgeBus(client, BUS), received


def test_an_event_arrives_as_it_was_put(bus: tuple[Events, Received]) -> None:
    """Its kind, and each member of its detail to the last digit."""
    bus[0].emit("Power Tuning Completed", DETAIL)

    assert [("Power Tuning Completed", DETAIL)] == bus[1]()


def test_what_is_not_json_is_not_put(bus: tuple[Events, Received]) -> None:
    """A detail crosses the bus as JSON text."""
    with pytest.raises(TypeError, match="set is not JSON serializable"):
        bus[0].emit("Power Tuning Completed", {"runId": {"run-1"}})

    assert [] == bus[1]()


@pytest.fixture
def stubbed(mocked_aws: None) -> tuple[EventBridgeBus, Stubber]:  # noqa: ARG001 - keeps real credentials away
    client = boto3.client("events")
    stubber = Stubber(client)
    stubber.activate()
    return EventBridgeBus(client, BUS), stubber


def test_an_event_goes_to_the_apps_bus(stubbed: tuple[EventBridgeBus, Stubber]) -> None:
    """Under the app's name."""
    entry = {
        "EventBusName": BUS,
        "Source": "power-tuner",
        "DetailType": "Power Tuning Failed",
        "Detail": '{"runId": "run-1"}',
    }
    stubbed[1].add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, {"Entries": [entry]})
    stubbed[0].emit("Power Tuning Failed", {"runId": "run-1"})

    stubbed[1].assert_no_pending_responses()


@pytest.mark.parametrize(
    ("reason", "told"),
    [({"ErrorMessage": "try again"}, "try again"), ({}, "no reason given")],
)
def test_an_event_that_is_not_taken_is_an_error(
    stubbed: tuple[EventBridgeBus, Stubber], reason: dict[str, str], told: str
) -> None:
    """PutEvents answers 200 even when it refuses the entry; that is not overlooked."""
    stubbed[1].add_response(
        "put_events", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", **reason}]}
    )

    with pytest.raises(EventNotAccepted, match=f"^Power Tuning Failed: {told}$"):
        stubbed[0].emit("Power Tuning Failed", {})
