"""The app's table: JSON values go in and come out, and a condition that does not hold changes nothing."""

from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from power_tuner.aws.item_table import ItemTable, from_attributes, to_attributes
from power_tuner.aws.keys import BY_DAY

if TYPE_CHECKING:
    from collections.abc import Callable


KEY = {"PK": "one", "SK": "LEASE"}
VALUES: list[tuple[Any, dict[str, Any]]] = [
    ("text", {"S": "text"}),
    ("", {"S": ""}),
    ("512", {"S": "512"}),
    (True, {"BOOL": True}),
    (False, {"BOOL": False}),
    (None, {"NULL": True}),
    (0, {"N": "0"}),
    (-5, {"N": "-5"}),
    (12345678901234567890, {"N": "12345678901234567890"}),
    (1.5, {"N": "1.5"}),
    (-0.25, {"N": "-0.25"}),
    (1.23456789e-7, {"N": "1.23456789e-07"}),
    ([], {"L": []}),
    ([1, "a", [None]], {"L": [{"N": "1"}, {"S": "a"}, {"L": [{"NULL": True}]}]}),
    ({}, {"M": {}}),
    ({"a": {"b": [True]}}, {"M": {"a": {"M": {"b": {"L": [{"BOOL": True}]}}}}}),
]


@pytest.mark.parametrize(("value", "attribute"), VALUES)
def test_a_json_value_has_one_attribute(value: Any, attribute: dict[str, Any]) -> None:
    """Each kind of value has DynamoDB's own type; a number keeps its digits."""

    assert {"it": attribute} == to_attributes({"it": value})


@pytest.mark.parametrize(("value", "attribute"), VALUES)
def test_an_attribute_is_read_as_it_was_written(value: Any, attribute: dict[str, Any]) -> None:
    """An integer comes back as one, and true is not 1."""
    read = from_attributes({"it": attribute})["it"]

    assert (value, type(value)) == (read, type(read))


def test_a_tuple_is_a_list() -> None:
    """JSON knows no difference."""

    assert {"it": {"L": [{"N": "1"}, {"N": "2"}]}} == to_attributes({"it": (1, 2)})


def test_what_is_not_json_is_refused() -> None:
    """With its type and its value, to find it by."""
    with pytest.raises(TypeError, match=r"^bytes is no JSON value: b'x'$"):
        to_attributes({"it": {"deep": [b"x"]}})


def test_an_item_comes_back_without_what_is_not_known(item_table: ItemTable) -> None:
    """A member that is None is left out; one deeper down stays."""
    written = item_table.put({**KEY, "error": None, "target": {"alias": None, "power": 512}})

    assert (True, {**KEY, "target": {"alias": None, "power": 512}}) == (written, item_table.get(KEY))


def test_a_missing_item_is_none(item_table: ItemTable) -> None:
    """Nothing is made up."""

    assert item_table.get(KEY) is None


def test_an_item_is_written_if_its_condition_holds(item_table: ItemTable) -> None:
    """Otherwise what was there stays; a name with a number sign is free to be one of DynamoDB's own words."""
    condition = "attribute_not_exists(PK) OR (#status <> :failed AND attempts < :most)"
    written = [
        item_table.put({**KEY, "status": status, "attempts": attempts}, condition, failed="failed", most=3)
        for status, attempts in (("new", 1), ("failed", 2), ("new", 3))
    ]

    assert ([True, True, False], {**KEY, "status": "failed", "attempts": 2}) == (written, item_table.get(KEY))


def test_an_item_is_changed_and_returned(item_table: ItemTable) -> None:
    """As it is after the change, with all its members."""
    item_table.put({**KEY, "status": "new", "kept": 1.5})
    changed = item_table.update(KEY, "SET #status = :to", "#status = :from", **{"to": "old", "from": "new"})
    again = item_table.update(KEY, "SET #status = :to", "#status = :from", **{"to": "older", "from": "new"})

    assert ({**KEY, "status": "old", "kept": 1.5}, None) == (changed, again)
    assert changed == item_table.get(KEY)


def test_a_change_needs_no_condition_and_no_values(item_table: ItemTable) -> None:
    """A member is removed."""
    item_table.put({**KEY, "status": "new"})

    assert item_table.update(KEY, "REMOVE #status") == KEY


def test_an_item_is_deleted_if_its_condition_holds(item_table: ItemTable) -> None:
    """Otherwise it stays."""
    item_table.put({**KEY, "runId": "run-1"})
    others = item_table.delete(KEY, "runId = :run", run="run-2")
    kept = item_table.get(KEY)

    assert (False, {**KEY, "runId": "run-1"}) == (others, kept)
    assert (True, None) == (item_table.delete(KEY, "runId = :run", run="run-1"), item_table.get(KEY))


def test_an_item_is_deleted_without_a_condition(item_table: ItemTable) -> None:
    """That it is gone already is fine."""
    item_table.put(KEY)

    assert (True, True, None) == (item_table.delete(KEY), item_table.delete(KEY), item_table.get(KEY))


def test_the_newest_items_come_first(item_table: ItemTable) -> None:
    """Of one partition and one kind, and no more than wanted."""
    for partition, sort in (("one", "RUN#1"), ("one", "RUN#3"), ("one", "RUN#2"), ("one", "LEASE"), ("two", "RUN#4")):
        item_table.put({"PK": partition, "SK": sort})

    assert ["RUN#3", "RUN#2"] == [item["SK"] for item in islice(item_table.newest("one", "RUN#"), 2)]
    assert ["RUN#3", "RUN#2", "RUN#1"] == [item["SK"] for item in item_table.newest("one", "RUN#")]


def test_the_items_of_a_day_are_found(item_table: ItemTable) -> None:
    """All of that day, whatever their key, and none of another."""
    for number, day in enumerate(("DAY#1", "DAY#2", "DAY#1")):
        item_table.put({"PK": f"item-{number}", "SK": "1", "day": day})

    assert ["item-0", "item-2"] == sorted(item["PK"] for item in item_table.indexed(BY_DAY, "DAY#1"))


@pytest.fixture
def stubbed(mocked_aws: None) -> tuple[ItemTable, Stubber]:  # noqa: ARG001 - keeps real credentials away
    client = boto3.client("dynamodb")
    stubber = Stubber(client)
    stubber.activate()
    return ItemTable(client, "power-tuner"), stubber


def test_reads_are_consistent(stubbed: tuple[ItemTable, Stubber]) -> None:
    """A lease or a run that was written a moment ago is seen."""
    table, stubber = stubbed
    stubber.add_response(
        "get_item", {}, {"TableName": "power-tuner", "Key": to_attributes(KEY), "ConsistentRead": True}
    )
    query = {
        "TableName": "power-tuner",
        "KeyConditionExpression": "PK = :partition AND begins_with(SK, :prefix)",
        "ExpressionAttributeValues": {":partition": {"S": "one"}, ":prefix": {"S": "RUN#"}},
        "ScanIndexForward": False,
        "ConsistentRead": True,
        "Limit": 50,
    }
    stubber.add_response("query", {"Items": []}, query)

    assert (None, []) == (table.get(KEY), list(table.newest("one", "RUN#")))
    stubber.assert_no_pending_responses()


def test_a_day_is_read_page_by_page(stubbed: tuple[ItemTable, Stubber]) -> None:
    """An answer of DynamoDB holds 1 MB."""
    table, stubber = stubbed
    stubber.add_response("query", {"Items": [to_attributes(KEY)], "LastEvaluatedKey": to_attributes(KEY)})
    stubber.add_response("query", {"Items": [to_attributes(KEY)]})

    assert [KEY, KEY] == list(table.indexed(BY_DAY, "DAY#1"))


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
def test_other_refusals_stay_what_they_are(stubbed: tuple[ItemTable, Stubber], operation: str) -> None:
    """A throttled change is not one whose condition did not hold."""
    table, stubber = stubbed
    stubber.add_client_error(operation, "ProvisionedThroughputExceededException")
    calls: dict[str, Callable[[], object]] = {
        "put_item": lambda: table.put(KEY, "attribute_not_exists(PK)"),
        "update_item": lambda: table.update(KEY, "SET told = :yes", yes=True),
        "delete_item": lambda: table.delete(KEY),
    }

    with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
        calls[operation]()
