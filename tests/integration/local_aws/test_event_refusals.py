"""What EventBridge refuses, and what it loses without a word: recorded from AWS."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

ENTRY = {"Source": "sample", "DetailType": "Recorded", "Detail": "{}"}
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:letters"


@pytest.fixture(scope="module")
def rule(aws: "LocalAws") -> str:
    """Name a rule of the default bus."""
    aws.client("events").put_rule(Name="refusals", EventPattern=json.dumps({"source": ["sample"]}))
    return "refusals"


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_pattern_with_an_unknown_comparison(aws: "LocalAws") -> None:
    """PutRule gives the reason."""
    pattern = json.dumps({"detail": {"state": [{"EXISTS": True}]}})

    code, message = refused(aws.client("events").put_rule, Name="none", EventPattern=pattern)

    assert "InvalidEventPatternException" == code
    assert message.startswith("Event pattern is not valid. Reason: ")


def test_a_schedule_in_the_wrong_number(aws: "LocalAws") -> None:
    """One minute is singular."""
    code, message = refused(aws.client("events").put_rule, Name="none", ScheduleExpression="rate(1 minutes)")

    assert "ValidationException" == code
    assert "Parameter ScheduleExpression is not valid." == message


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            {"Id": "both", "Input": "{}", "InputPath": "$.detail"},
            "Only one of Input, InputPath, or InputTransformer must be provided for target both.",
        ),
        (
            {"Id": "template", "InputTransformer": {"InputPathsMap": {"a": "$.a"}, "InputTemplate": '"<a> <b>"'}},
            "InputTemplate for target template contains invalid placeholder b.",
        ),
        (
            {"Id": "text", "Input": "env:dev"},
            ('JSON syntax error in input for target text: [Source: (String)"env:dev"; line: 1, column: 4]'),
        ),
        (
            {"Id": "machine", "Arn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"},
            "RoleArn is required for target arn:aws:states:us-east-1:123456789012:stateMachine:m.",
        ),
        (
            {"Id": "nothing", "Arn": "queue"},
            "Parameter queue is not valid. Reason: Provided Arn is not in correct format.",
        ),
        (
            {"Id": "fifo", "Arn": f"{QUEUE_ARN}.fifo"},
            "Parameter(s) SqsParameters must be specified for target: fifo.",
        ),
        (
            {"Id": "!@#"},
            (
                "1 validation error detected: Value '!@#' at 'targets.1.member.id' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+"
            ),
        ),
    ],
)
def test_a_target(aws: "LocalAws", rule: str, target: dict[str, Any], message: str) -> None:
    """One kind of input, which is JSON, known placeholders, a valid id and ARN, a role for what needs one."""
    call = aws.client("events").put_targets

    assert ("ValidationException", message) == refused(call, Rule=rule, Targets=[{"Arn": QUEUE_ARN, **target}])


def test_a_rule_has_five_targets(aws: "LocalAws", rule: str) -> None:
    """The sixth is over the limit."""
    events = aws.client("events")
    events.put_targets(Rule=rule, Targets=[{"Id": f"target-{number}", "Arn": QUEUE_ARN} for number in range(5)])

    code, _ = refused(events.put_targets, Rule=rule, Targets=[{"Id": "target-5", "Arn": QUEUE_ARN}])

    assert "LimitExceededException" == code


@pytest.mark.parametrize("detail", ["[]", '"text"', "1", "null", "{"])
def test_a_detail_that_is_no_object(aws: "LocalAws", detail: str) -> None:
    """The entry fails, the request does not."""
    answer = aws.client("events").put_events(Entries=[{**ENTRY, "Detail": detail}, ENTRY])

    assert 1 == answer["FailedEntryCount"]
    assert "MalformedDetail" == answer["Entries"][0]["ErrorCode"]


def test_entries_of_more_than_a_megabyte(aws: "LocalAws") -> None:
    """The request is refused as a whole."""
    detail = json.dumps({"text": "x" * 1024 * 1024})

    code, message = refused(aws.client("events").put_events, Entries=[{**ENTRY, "Detail": detail}])

    assert "ValidationException" == code
    assert "Total size of the entries in the request is over the limit." == message


def test_an_event_for_a_bus_that_does_not_exist_is_lost(aws: "LocalAws") -> None:
    """It gets an id like any other."""
    answer = aws.client("events").put_events(Entries=[{**ENTRY, "EventBusName": "nowhere"}])

    assert 0 == answer["FailedEntryCount"]
    assert answer["Entries"][0]["EventId"]


def test_a_bus_has_its_times_and_its_description(aws: "LocalAws") -> None:
    """The list shows both."""
    events = aws.client("events")
    events.create_event_bus(Name="described", Description="for a test")

    (bus,) = events.list_event_buses(NamePrefix="described")["EventBuses"]

    assert "for a test" == bus["Description"]
    assert bus["CreationTime"] == bus["LastModifiedTime"]
