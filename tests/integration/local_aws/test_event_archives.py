"""Archives of event buses and their replays: answers recorded from AWS."""

import json
from typing import TYPE_CHECKING

import pytest

from refusals import refusal

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

PATTERN = json.dumps({"source": ["sample"]})
BUS_ARN = "arn:aws:events:us-east-1:123456789012:event-bus"


def test_an_archive_keeps_and_replays_events(aws: "LocalAws") -> None:
    """An archive counts the events that match its pattern; a replay sends them again, with its name."""
    events, sqs = aws.client("events"), aws.client("sqs")
    url = sqs.create_queue(QueueName="replayed")["QueueUrl"]
    bus_arn = events.create_event_bus(Name="archived")["EventBusArn"]
    archive = events.create_archive(ArchiveName="kept", EventSourceArn=bus_arn, EventPattern=PATTERN)
    for source in ("sample", "other"):
        events.put_events(
            Entries=[{"EventBusName": "archived", "Source": source, "DetailType": "Told", "Detail": "{}"}]
        )
    described = events.describe_archive(ArchiveName="kept")
    events.put_rule(Name="all", EventPattern=PATTERN, EventBusName="archived")
    queue = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:replayed", "RoleArn": "arn:aws:iam::1:role/any"}
    events.put_targets(Rule="all", EventBusName="archived", Targets=[queue])

    events.start_replay(
        ReplayName="again",
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=0,
        EventEndTime=4_000_000_000,
        Destination={"Arn": bus_arn},
    )
    aws.wait_until_idle(10)

    assert 1 == described["EventCount"]
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert ("Told", "again") == tuple(json.loads(message["Body"])[key] for key in ("detail-type", "replay-name"))
    assert 1 == events.describe_archive(ArchiveName="kept")["EventCount"]


def test_what_an_archive_refuses(aws: "LocalAws") -> None:
    """A pattern that is none, a bus or archive that does not exist, a name that is taken."""
    events = aws.client("events")
    source = f"{BUS_ARN}/default"
    events.create_archive(ArchiveName="taken", EventSourceArn=source)
    unknown = f"{BUS_ARN}/nowhere"

    assert (
        "InvalidEventPatternException"
        == refusal(events.create_archive, ArchiveName="new", EventSourceArn=source, EventPattern='{"source": "a"}')[0]
    )
    for call, request in (
        (events.create_archive, {"ArchiveName": "new", "EventSourceArn": unknown}),
        (events.list_archives, {"EventSourceArn": unknown}),
    ):
        assert ("ResourceNotFoundException", 400, "Event bus nowhere does not exist.") == refusal(call, **request)
    assert ("ResourceAlreadyExistsException", 400, "Archive taken already exists.") == refusal(
        events.create_archive, ArchiveName="taken", EventSourceArn=source
    )
    assert ("ResourceNotFoundException", 400, "Archive none does not exist.") == refusal(
        events.describe_archive, ArchiveName="none"
    )


def test_replays_have_a_time_and_pages(aws: "LocalAws") -> None:
    """A replay sends again what is of its time, to the rules that it names; a replay of no time is refused."""
    events, sqs = aws.client("events"), aws.client("sqs")
    url = sqs.create_queue(QueueName="timed")["QueueUrl"]
    bus_arn = events.create_event_bus(Name="timed")["EventBusArn"]
    source = events.create_archive(ArchiveName="timed", EventSourceArn=bus_arn)["ArchiveArn"]
    for epoch_s in (1000, 2000):
        entry = {"EventBusName": "timed", "Source": "sample", "DetailType": str(epoch_s), "Detail": "{}"}
        events.put_events(Entries=[entry | {"Time": epoch_s}])
    events.put_rule(Name="all", EventPattern=PATTERN, EventBusName="timed")
    queue = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:timed", "RoleArn": "arn:aws:iam::1:role/any"}
    events.put_targets(Rule="all", EventBusName="timed", Targets=[queue])
    request = {"EventSourceArn": source, "Destination": {"Arn": bus_arn}, "EventEndTime": 3000}

    for name in ("timed-1", "timed-2"):
        events.start_replay(ReplayName=name, EventStartTime=1500, **request)
    other = {"Arn": bus_arn, "FilterArns": [f"{bus_arn.replace('event-bus', 'rule')}/other"]}
    events.start_replay(ReplayName="timed-3", EventStartTime=1500, **request | {"Destination": other})
    aws.wait_until_idle(10)
    page = events.list_replays(NamePrefix="timed-", Limit=2)
    rest = events.list_replays(NamePrefix="timed-", NextToken=page["NextToken"])

    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert ["2000"] * 2 == [json.loads(message["Body"])["detail-type"] for message in received]
    assert [("timed-1", "COMPLETED"), ("timed-2", "COMPLETED"), ("timed-3", "COMPLETED")] == [
        (replay["ReplayName"], replay["State"]) for replay in page["Replays"] + rest["Replays"]
    ]
    message = "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."
    for start in (3000, 4000):
        assert ("ValidationException", 400, message) == refusal(
            events.start_replay, ReplayName="none", EventStartTime=start, **request
        )
