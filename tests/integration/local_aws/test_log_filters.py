"""Filter patterns of CloudWatch Logs: what its grammar refuses, and which messages match."""

import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from power_tuner_local.logs.filter_patterns import InvalidFilterPattern, parse_filter_pattern

if TYPE_CHECKING:
    from power_tuner_local import LocalAws


@pytest.mark.parametrize(
    "pattern",
    ["platform.report", "?REPORT ?platform.report", "a-b", "-a.b", "START/END", '"open', "a:b", "x=1"],
)
def test_a_term_with_other_characters_needs_quotes(pattern: str) -> None:
    """Only letters, digits and underscores may stand without."""
    with pytest.raises(InvalidFilterPattern):
        parse_filter_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR", True),
        ("ERROR", "an error", False),
        ("ERROR lambda", "lambda: ERROR", True),
        ("ERROR lambda", "ERROR", False),
        ('"out of memory"', "it is out of memory", True),
        ('"out of memory"', "memory is out of it", False),
        ('?"REPORT" ?"platform.report"', '{"type":"platform.report"}', True),
        ('?"REPORT" ?"platform.report"', "REPORT RequestId: 1", True),
        ('?"REPORT" ?"platform.report"', "START RequestId: 1", False),
        ("ERROR -test", "ERROR", True),
        ("ERROR -test", "ERROR in a test", False),
        ('"say \\"hi\\""', 'they say "hi"', True),
    ],
)
def test_terms(pattern: str, message: str, expected: bool) -> None:  # noqa: FBT001 (a table's column)
    """All plain terms, one of the optional ones, none of the excluded ones."""
    assert expected == parse_filter_pattern(pattern).matches(message)


@pytest.mark.parametrize("pattern", ['{ $.type = "platform.report" }', "[ip, user]", "%ERROR%"])
def test_other_kinds_are_not_known(pattern: str) -> None:
    """They are refused by name instead of matching everything."""
    with pytest.raises(NotImplementedError, match="terms only"):
        parse_filter_pattern(pattern)


@pytest.mark.local_aws
def test_filter_log_events_refuses_and_filters(aws: "LocalAws") -> None:
    """The API refuses what the grammar refuses, and returns what matches."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="filtered")
    logs.create_log_stream(logGroupName="filtered", logStreamName="one")
    entries = [{"timestamp": int(time.time() * 1000), "message": message} for message in ("REPORT one", "END one")]
    logs.put_log_events(logGroupName="filtered", logStreamName="one", logEvents=entries)

    with pytest.raises(ClientError, match=r"Invalid character\(s\) in term"):
        logs.filter_log_events(logGroupName="filtered", filterPattern="?REPORT ?platform.report")
    found = logs.filter_log_events(logGroupName="filtered", filterPattern='?"REPORT"')["events"]

    assert ["REPORT one"] == [event["message"] for event in found]
