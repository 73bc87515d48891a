"""EventBridge Scheduler: answers recorded from AWS."""

from typing import TYPE_CHECKING, Any

import pytest

from refusals import refusal

if TYPE_CHECKING:
    from power_tuner_local import LocalAws

pytestmark = pytest.mark.local_aws

TARGET = {"Arn": "arn:aws:sqs:us-east-1:123456789012:letters", "RoleArn": "arn:aws:iam::123456789012:role/any"}
SCHEDULE: dict[str, Any] = {
    "ScheduleExpression": "rate(1 minute)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": TARGET,
}


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 1 * * * *)",
        "cron(7 20 * * NOT *)",
        "cron()",
        "rate(10 seconds)",
        "rate(10)",
        "rate(0 minutes)",
        "rate(-10 minutes)",
        "rate( 10 minutes )",
        " rate(10 minutes)",
        "at(2026-12-31)",
        "at(2026-12-31T23:59:59Z)",
        "at(2026-02-30T00:00:00)",
    ],
)
def test_an_expression_that_is_none(aws: "LocalAws", expression: str) -> None:
    """The refusal has the expression."""
    scheduler = aws.client("scheduler")
    expected = ("ValidationException", 400, f"Invalid Schedule Expression {expression}.")

    assert expected == refusal(scheduler.create_schedule, Name="none", **SCHEDULE | {"ScheduleExpression": expression})


def test_a_refused_update_changes_nothing(aws: "LocalAws") -> None:
    """A schedule stays what it was."""
    scheduler = aws.client("scheduler")
    scheduler.create_schedule(Name="stays", **SCHEDULE)

    refusal(scheduler.update_schedule, Name="stays", **SCHEDULE | {"ScheduleExpression": "daily"})

    assert "rate(1 minute)" == scheduler.get_schedule(Name="stays")["ScheduleExpression"]


def test_a_new_schedule_has_defaults(aws: "LocalAws") -> None:
    """State, time zone, group, retries and what happens at the end are set."""
    scheduler = aws.client("scheduler")
    scheduler.create_schedule(Name="plain", **SCHEDULE)

    schedule = scheduler.get_schedule(Name="plain")

    defaults = ("State", "ScheduleExpressionTimezone", "GroupName", "ActionAfterCompletion")
    assert ("ENABLED", "UTC", "default", "NONE") == tuple(schedule[name] for name in defaults)
    assert {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185} == schedule["Target"]["RetryPolicy"]


def test_an_update_replaces_the_whole_schedule(aws: "LocalAws") -> None:
    """What the update does not have is gone; only the creation date stays."""
    scheduler = aws.client("scheduler")
    scheduler.create_schedule(Name="replaced", Description="first", State="DISABLED", **SCHEDULE)
    before = scheduler.get_schedule(Name="replaced")

    scheduler.update_schedule(
        Name="replaced", ActionAfterCompletion="DELETE", **SCHEDULE | {"ScheduleExpression": "rate(2 minute)"}
    )

    after = scheduler.get_schedule(Name="replaced")
    assert ("rate(2 minute)", "ENABLED", "DELETE") == tuple(
        after[name] for name in ("ScheduleExpression", "State", "ActionAfterCompletion")
    )
    assert "Description" not in after
    assert before["CreationDate"] == after["CreationDate"]
    assert before["LastModificationDate"] < after["LastModificationDate"]


@pytest.mark.parametrize(
    ("operation", "request_", "what"),
    [
        ("get_schedule", {"Name": "none"}, "Schedule none"),
        ("delete_schedule", {"Name": "none"}, "Schedule none"),
        ("update_schedule", {"Name": "none", **SCHEDULE}, "Schedule none"),
        ("create_schedule", {"Name": "any", "GroupName": "none", **SCHEDULE}, "Schedule group none"),
        ("get_schedule", {"Name": "any", "GroupName": "none"}, "Schedule group none"),
        ("get_schedule_group", {"Name": "none"}, "Schedule group none"),
        ("delete_schedule_group", {"Name": "none"}, "Schedule group none"),
        (
            "list_tags_for_resource",
            {"ResourceArn": "arn:aws:scheduler:us-east-1:123456789012:schedule-group/none"},
            "Schedule group none",
        ),
    ],
)
def test_what_does_not_exist(aws: "LocalAws", operation: str, request_: dict[str, Any], what: str) -> None:
    """The refusal names the schedule or its group."""
    actual = refusal(getattr(aws.client("scheduler"), operation), **request_)

    assert ("ResourceNotFoundException", 404, f"{what} does not exist.") == actual


def test_what_exists_already(aws: "LocalAws") -> None:
    """A name is taken once, for a schedule and for a group."""
    scheduler = aws.client("scheduler")
    scheduler.create_schedule(Name="twice", **SCHEDULE)

    assert ("ConflictException", 409, "Schedule twice already exists.") == refusal(
        scheduler.create_schedule, Name="twice", **SCHEDULE
    )
    assert ("ConflictException", 409, "Schedule group default already exists.") == refusal(
        scheduler.create_schedule_group, Name="default"
    )


def test_groups_of_schedules(aws: "LocalAws") -> None:
    """A group has schedules and tags of its own, and is deleted with them; the default group stays."""
    scheduler = aws.client("scheduler")
    arn = scheduler.create_schedule_group(Name="blue", Tags=[{"Key": "team", "Value": "blue"}])["ScheduleGroupArn"]
    scheduler.create_schedule(Name="grouped", GroupName="blue", **SCHEDULE)

    scheduler.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert [] == scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"]
    scheduler.delete_schedule_group(Name="blue")

    assert "ResourceNotFoundException" == refusal(scheduler.get_schedule, Name="grouped", GroupName="blue")[0]
    assert "ValidationException" == refusal(scheduler.delete_schedule_group, Name="default")[0]


def test_limits_of_the_model(aws: "LocalAws") -> None:
    """Names and ARNs are held against the model's constraints."""
    code, status, message = refusal(aws.client("scheduler").create_schedule, Name="a b", **SCHEDULE)

    assert ("ValidationException", 400) == (code, status)
    assert message.startswith("1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: ")
