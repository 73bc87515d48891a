"""The app's bus: EventBridge and its stand-in keep the same promises."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from fakes import NOON, FakeEvents
from power_tuner.aws.event_bus import EventBridgeBus, EventNotAccepted
from power_tuner.events import DriftDetected, Event, SettingApplied, tuning_failed
from power_tuner.ports import Events
from run_items import APPLIED, ARN, failed_run

BUS = "tuning"
EVENTS: list[tuple[Event, str, dict[str, Any]]] = [
    (
        tuning_failed(failed_run(cause="ä")),
        "Power Tuning Failed",
        {
            "runId": "run-1",
            "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
            "status": "failed",
            "startedAt": NOON,
            "finishedAt": "2026-11-23T12:00:09.000Z",
            "targetArn": ARN,
            "targetName": "thumbnailer",
            "error": "NothingMeasured",
            "cause": "ä",
        },
    ),
    (
        SettingApplied(run_id="run-1", target_arn=ARN, applied=APPLIED),
        "Power Setting Applied",
        {
            "runId": "run-1",
            "targetArn": ARN,
            "applied": True,
            "mode": "alias",
            "fromMemoryMb": 1024,
            "toMemoryMb": 512,
            "reason": "",
            "alias": "live",
            "version": "7",
            "previousVersion": None,
        },
    ),
    (
        DriftDetected(
            target_arn=ARN,
            baseline_run_id="run-0",
            detected_at=NOON,
            mode="read",
            threshold=0.15,
            run_id="run-1",
            reason="it takes 104.2 ms and took 80.1 ms (+30%)",
            baseline_ms=80.1,
            current_ms=104.2,
            change=0.300874,
            interval=(0.21, 0.4),
            samples=300,
        ),
        "Power Drift Detected",
        {
            "targetArn": ARN,
            "baselineRunId": "run-0",
            "detectedAt": NOON,
            "mode": "read",
            "threshold": 0.15,
            "runId": "run-1",
            "reason": "it takes 104.2 ms and took 80.1 ms (+30%)",
            "baselineMs": 80.1,
            "currentMs": 104.2,
            "change": 0.300874,
            "interval": [0.21, 0.4],
            "samples": 300,
        },
    ),
]
FAILURE, _, DETAIL = EVENTS[0]
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


@pytest.mark.parametrize(("event", "detail_type", "detail"), EVENTS)
def test_an_event_arrives_as_it_was_put(
    bus: tuple[Events, Received], event: Event, detail_type: str, detail: dict[str, Any]
) -> None:
    """Its kind, and each member of its detail to the last digit."""
    bus[0].emit(event)

    assert [(detail_type, detail)] == bus[1]()


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
        "Detail": json.dumps(DETAIL),
    }
    stubbed[1].add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, {"Entries": [entry]})
    stubbed[0].emit(FAILURE)

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
        stubbed[0].emit(FAILURE)
