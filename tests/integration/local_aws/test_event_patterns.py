"""EventBridge's patterns and input templates."""

from typing import Any

import pytest

from power_tuner_local.eventbridge.patterns import matches
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
        "items": [{"state": "on"}, {"state": "off"}],
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
    filled = fill('{"a": <a>, "b": "x <b> <c>", "d": <d>}', {"a": [1], "b": 'say "hi"', "c": {"k": 1}})

    assert '{"a": [1], "b": "x say \\"hi\\" {\\"k\\": 1}", "d": ""}' == filled
