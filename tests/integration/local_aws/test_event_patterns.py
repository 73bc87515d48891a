"""EventBridge's patterns, schedules and input templates."""

import json
from typing import Any

import pytest

from power_tuner_local.eventbridge.pattern_grammar import InvalidPattern, parse_pattern
from power_tuner_local.eventbridge.patterns import matches
from power_tuner_local.eventbridge.schedule_grammar import is_schedule
from power_tuner_local.eventbridge.targets import fill, select

EVENT: dict[str, Any] = {
    "source": "aws.lambda",
    "detail": {
        "eventName": "UpdateFunctionCode20150331v2",
        "size": 5,
        "flag": True,
        "none": None,
        "ip": "10.1.2.3",
        "tags": ["red", "blue"],
        "items": [
            {"state": "on", "size": 1, "parts": [{"name": "a", "good": True}, {"name": "b", "good": False}]},
            {"state": "off", "size": 2},
        ],
        "empty": [],
        "grid": [[1, 2], [3, 4]],
        "inner": {"deep": "value"},
    },
}


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"eventName": ["UpdateFunctionCode20150331v2"]}, True),
        ({"eventName": ["Other"]}, False),
        ({"eventName": [{"prefix": "UpdateFunctionCode"}]}, True),
        ({"eventName": [{"prefix": {"equals-ignore-case": "updatefunctioncode"}}]}, True),
        ({"eventName": [{"suffix": "v2"}]}, True),
        ({"eventName": [{"equals-ignore-case": "updatefunctioncode20150331V2"}]}, True),
        ({"eventName": [{"wildcard": "Update*Code*"}]}, True),
        ({"eventName": [{"wildcard": "Update*Alias*"}]}, False),
        ({"eventName": [{"anything-but": "Other"}]}, True),
        ({"eventName": [{"anything-but": ["UpdateFunctionCode20150331v2"]}]}, False),
        ({"eventName": [{"anything-but": {"prefix": "Update"}}]}, False),
        ({"eventName": [{"anything-but": {"wildcard": "*Alias*"}}]}, True),
        ({"size": [5]}, True),
        ({"size": [{"numeric": [">", 0, "<=", 5]}]}, True),
        ({"size": [{"numeric": ["<", 5]}]}, False),
        ({"flag": [True]}, True),
        ({"flag": [1]}, False),
        ({"none": [None]}, True),
        ({"missing": [None]}, False),
        ({"missing": [{"exists": False}]}, True),
        ({"size": [{"exists": False}]}, False),
        ({"size": [{"exists": True}]}, True),
        ({"inner": [{"exists": True}]}, False),
        ({"missing": [{"anything-but": "x"}]}, False),
        ({"ip": [{"cidr": "10.0.0.0/8"}]}, True),
        ({"tags": ["blue"]}, True),
        ({"tags": ["green"]}, False),
        ({"items": {"state": ["off"]}}, True),
        ({"items": {"state": ["broken"]}}, False),
        ({"items": {"state": ["off"], "size": [1]}}, False),
        ({"items": {"state": ["off"], "size": [2]}}, True),
        ({"items": {"state": ["on"], "parts": {"name": ["b"], "good": [True]}}}, False),
        ({"items": {"state": ["on"], "parts": {"name": ["b"], "good": [False]}}}, True),
        ({"items": {"state": [{"exists": False}]}}, False),
        ({"empty": [{"exists": False}]}, True),
        ({"grid": [4]}, True),
        ({"eventName": [{"exactly": "UpdateFunctionCode20150331v2"}]}, True),
        ({"ip": [{"cidr": "10.1.2.200/24"}]}, True),
        ({"$or": [{"size": [9]}, {"$or": [{"size": [5], "flag": [False]}, {"inner": {"deep": ["value"]}}]}]}, True),
        ({"inner": {"deep": ["value"]}}, True),
        ({"$or": [{"size": [9]}, {"flag": [True]}]}, True),
        ({"$or": [{"size": [9]}, {"flag": [False]}], "ip": [{"exists": True}]}, False),
    ],
)
def test_comparison(detail: dict[str, Any], expected: bool) -> None:  # noqa: FBT001 (a table's column)
    """Each comparison matches what EventBridge's user guide says."""
    assert expected == matches({"source": ["aws.lambda"], "detail": detail}, EVENT)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("$.source", "aws.lambda"), ("$.detail.tags[1]", "blue"), ("$.detail['ip']", "10.1.2.3"), ("$.detail.no.x", None)],
)
def test_path(path: str, expected: object) -> None:
    """A path selects the value that it names, or None."""
    assert expected == select(path, EVENT)


def test_template_without_quotes_around_values_is_json() -> None:
    """A bare placeholder becomes a JSON value; one inside a string becomes escaped text; a missing one is empty."""
    filled = fill('{"a": <a>, "b": "x <b>", "d": <d>}', {"a": [1], "b": 'say "hi"'})

    assert '{"a": [1], "b": "x say \\"hi\\"", "d": ""}' == filled


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('"<one> single"', '"[HIGH] single"'),
        ('"<many> items"', '"[ACTIVE,INACTIVE] items"'),
        ('"payload <object>, <id>"', '"payload {acc_id:0a787ecb,sf_id:baz}, 0a787ecb"'),
    ],
)
def test_a_text_template_drops_the_quotes_of_values(template: str, expected: str) -> None:
    """Recorded from AWS: objects and lists inside a text have no quotes."""
    values = {
        "one": ["HIGH"],
        "many": ["ACTIVE", "INACTIVE"],
        "object": {"acc_id": "0a787ecb", "sf_id": "baz"},
        "id": "0a787ecb",
    }

    assert expected == fill(template, values)


def test_an_object_inside_a_string_of_an_object_is_not_delivered() -> None:
    """Recorded from AWS: such a template delivers nothing."""
    with pytest.raises(ValueError, match="inside a string"):
        fill('{"payload": "<object>"}', {"object": {"k": 1}})


@pytest.mark.parametrize(
    ("pattern", "event"),
    [
        ({"detail.inner.deep": ["value"]}, EVENT),
        ({"detail": {"inner": {"deep": ["value"]}}}, {"detail.inner": {"deep": "value"}}),
    ],
)
def test_dots_join_names(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    """Recorded from AWS: a key with dots is a path, in a pattern and in an event."""
    assert matches(pattern, event)


@pytest.mark.parametrize(
    "rule",
    [
        {"anything-but": {"equals-ignore-case": 1}},
        {"anything-but": {"equals-ignore-case": ["a", 1]}},
        {"anything-but": ["a", None]},
        {"anything-but": ["a", 1]},
        {"anything-but": None},
        {"anything-but": []},
        {"anything-but": {"prefix": ""}},
        {"anything-but": {"suffix": ""}},
        {"anything-but": {"prefix": {"equals-ignore-case": "a"}}},
        {"anything-but": {"prefix": 1}},
        {"anything-but": {"suffix": ["a", None]}},
        {"anything-but": {"wildcard": [1]}},
        {"anything-but": {"cidr": "10.0.0.0/8"}},
        {"equals-ignore-case": ["a"]},
        {"equals-ignore-case": {"prefix": "a"}},
        {"cidr": "10.0.0.0"},
        {"cidr": "10.0.300.0/8"},
        {"cidr": "10.0.0.0/64"},
        {"cidr": 10},
        {"cidr": "2001:xyz::/32"},
        {"numeric": [">", 10, "<", 10]},
        {"numeric": ["=", 1, "<", 2]},
        {"numeric": 5},
        {"numeric": [">", 0, "<"]},
        {"numeric": [">", "0"]},
        {"numeric": ["=>", 0]},
        {"numeric": []},
        {"numeric": [">", 5_000_000_001]},
        {"prefix": 1},
        {"prefix": ["a"]},
        {"prefix": {"suffix": "a"}},
        {"suffix": 1},
        {"suffix": ["a"]},
        {"wildcard": 1},
        {"wildcard": ["*a"]},
        {"wildcard": "a**b"},
        {"wildcard": "a\\b"},
        {"wildcard": "*a*b*c*d*e*f*"},
        {"EXISTS": True},
        {"exists": "true"},
        {"exists": True, "prefix": "a"},
        ["a"],
    ],
)
def test_a_comparison_that_aws_refuses(rule: object) -> None:
    """Recorded from AWS, or of the same kind: a comparison of the wrong type, range or case is no pattern."""
    with pytest.raises(InvalidPattern):
        parse_pattern(json.dumps({"detail": {"state": [rule]}}))


@pytest.mark.parametrize(
    "text", ["", "[]", '"a"', "{}", '{"a": {}}', '{"a": []}', '{"a": "b"}', '{"$or": [{"a": [1]}]}']
)
def test_what_is_no_pattern_at_all(text: str) -> None:
    """A pattern is an object of objects and lists, none of them empty."""
    with pytest.raises(InvalidPattern):
        parse_pattern(text)


@pytest.mark.parametrize(
    "rule",
    [
        "a",
        1,
        1.5,
        True,
        None,
        {"exists": False},
        {"prefix": ""},
        {"prefix": {"equals-ignore-case": "a"}},
        {"suffix": ".png"},
        {"wildcard": "*a*b\\*"},
        {"cidr": "10.0.0.0/8"},
        {"cidr": "2001:db8::/32"},
        {"numeric": ["=", 5]},
        {"numeric": ["<", 5]},
        {"numeric": [">=", 0, "<", 5.5]},
        {"anything-but": "a"},
        {"anything-but": [1, 2]},
        {"anything-but": {"prefix": ["a", "b"]}},
        {"anything-but": {"wildcard": "*/lib/*"}},
    ],
)
def test_a_comparison_that_aws_accepts(rule: object) -> None:
    """Each comparison of the user guide is a pattern."""
    assert {"detail": {"state": [rule]}} == parse_pattern(json.dumps({"detail": {"state": [rule]}}))


@pytest.mark.parametrize(
    ("expression", "accepted"),
    [
        ("rate(1 minute)", True),
        ("rate(10 days)", True),
        ("rate(1 minutes)", False),
        ("rate(1 hours)", False),
        ("rate(10 day)", False),
        ("rate(0 minutes)", False),
        ("rate(-1 minute)", False),
        ("rate( 1 minute)", False),
        ("cron(0 10 * * ? *)", True),
        ("cron(0/15 8-17 ? * MON-FRI *)", True),
        ("cron(0 9 L * ? 2026,2027)", True),
        ("cron(0 9 ? * 2#1 *)", True),
        ("cron(0 1 * * * *)", False),
        ("cron(7 20 * * NOT *)", False),
        ("cron(INVALID)", False),
        ("cron(0 dummy ? * MON-FRI *)", False),
        ("cron(71 8 1 * ? *)", False),
        ("cron(0 24 1 * ? *)", False),
        ("cron(0 1 ? 13 MON *)", False),
        ("cron(0 1 * * ?)", False),
        ("every day", False),
    ],
)
def test_schedule(expression: str, accepted: bool) -> None:  # noqa: FBT001 (a table's column)
    """Recorded from AWS, or of the same kind."""
    assert accepted == is_schedule(expression)
