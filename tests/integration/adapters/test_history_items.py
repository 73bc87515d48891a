"""History: what lies in the table, and what happens there between two calls."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fakes import NOON, FakeClock
from integration.adapters.test_history import APPLIED, ARN, FAILED, ITEM, RUN
from power_tuner.aws import keys
from power_tuner.aws.history import DynamoHistory
from power_tuner.aws.item_table import ItemTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def stored(table: "Table") -> dict[str, Any]:
    return dict(table.get_item(Key=keys.run(ARN, NOON, "run-1"))["Item"])


def test_an_item_is_queried_by_function(table: "Table", item_table: ItemTable, clock: FakeClock) -> None:
    """Numbers keep their digits, and what is not known is not stored."""
    DynamoHistory(item_table, clock.now, 1000).record(ITEM)

    known = {name: value for name, value in ITEM.items() if value is not None} | keys.run(ARN, NOON, "run-1")
    item = stored(table)
    assert {**known, "costUsd": Decimal("1.23456789E-7"), "power": 512, "day": "DAY#2026-11-23"} == item


def test_other_items_of_a_function_are_no_runs(item_table: ItemTable, clock: FakeClock) -> None:
    """Its lease, its profile and its baseline lie in the same partition."""
    history = DynamoHistory(item_table, clock.now, 1000)
    for key in (keys.baseline(ARN), keys.lease(ARN), keys.profile(ARN), {**keys.lease(ARN), "SK": "SKIP#1"}):
        item_table.put(key)
    history.record(ITEM)

    assert ["run-1"] == [item["runId"] for item in history.latest(ARN, 5)]


def test_a_note_made_in_between_outlives_a_failure(dynamodb: Any, item_table: ItemTable, clock: FakeClock) -> None:
    """Between reading an item and writing its failure, the Optimizer may note what it did: it is read again."""
    history = DynamoHistory(item_table, clock.now, 1000)
    history.record(ITEM)
    before_the_next_write(dynamodb, lambda: history.note_applied(RUN, APPLIED))
    written = history.record_failure(FAILED)

    item = history.item(ARN, NOON, "run-1") or {}
    assert (True, "failed", APPLIED) == (written, item["status"], item["applied"])


def test_a_failure_told_in_between_stays(dynamodb: Any, item_table: ItemTable, clock: FakeClock) -> None:
    """Of two that record the same failure the slower one writes nothing."""
    history = DynamoHistory(item_table, clock.now, 1000)
    history.record_failure(FAILED)
    before_the_next_write(dynamodb, lambda: history.note_told(FAILED))

    assert not history.record_failure({**FAILED, "cause": "second"})
    assert "first" == (history.item(ARN, NOON, "run-1") or {})["cause"]


def before_the_next_write(dynamodb: Any, act: Callable[[], object]) -> None:
    """Let something happen just before the next item is written."""
    events = dynamodb.meta.events

    def once(**_: Any) -> None:
        events.unregister("before-call.dynamodb.PutItem", once)
        act()

    events.register("before-call.dynamodb.PutItem", once)


def test_the_first_failure_stays(table: "Table", item_table: ItemTable, clock: FakeClock) -> None:
    """What was told is what is stored."""
    history = DynamoHistory(item_table, clock.now, 1000)
    history.record_failure(FAILED)
    history.note_told(FAILED)
    history.record_failure({**FAILED, "cause": "second"})

    assert "first" == stored(table)["cause"]


def test_the_note_of_a_beginning_expires(table: "Table", item_table: ItemTable, clock: FakeClock) -> None:
    """Notes go with the retention, like everything."""
    DynamoHistory(item_table, clock.now, 1000).note_begun("run-1", ARN, NOON)
    (item,) = table.scan()["Items"]

    assert {
        **keys.begun("run-1"),
        "targetArn": ARN,
        "startedAt": NOON,
        "expiresAt": int(clock.now()) + 1000,
    } == item
