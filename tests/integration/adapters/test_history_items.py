"""History: what lies in the table, and what happens there between two calls."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from fakes import NOON, FakeClock
from power_tuner.aws import keys
from power_tuner.aws.history import DynamoHistory
from power_tuner.aws.item_table import ItemTable
from power_tuner.tuning.iso_time import iso_time
from run_items import APPLIED, ARN, RESTORED, RUN, completed_run, failed_run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


ITEM = completed_run()
FAILED = failed_run(cause="first")


def stored(table: "Table") -> dict[str, Any]:
    return dict(table.get_item(Key=keys.run(*RUN))["Item"])


def test_an_item_is_queried_by_function(table: "Table", item_table: ItemTable, clock: FakeClock) -> None:
    """Numbers keep their digits, and what is not known is not stored."""
    DynamoHistory(item_table, clock.now, 1000).record(ITEM)

    assert {
        **keys.run(*RUN),
        "day": "DAY#2026-11-23",
        "status": "completed",
        "runId": "run-1",
        "targetArn": ARN,
        "targetName": "thumbnailer",
        "startedAt": NOON,
        "finishedAt": "2026-11-23T12:01:07.000Z",
        "trigger": "direct",
        "settings": "0f3b1c2d4e5f6071",
        "expiresAt": 1_800_000_000,
        "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        "codeSha256": "code-1",
        "fingerprint": "0a1b",
        "currentPower": 1024,
        "latestPower": 1024,
        "power": 512,
        "costUsd": Decimal("1.23456789E-7"),
        "durationMs": 211,
        "costChange": Decimal("-0.25"),
        "durationChange": Decimal("0.125"),
        "sentence": "512 MB: 25 % cheaper and 12 % slower than now (1024 MB).",
        "strategy": "cost",
        "num": 10,
        "mode": "classic",
        "currency": "USD",
        "spentUsd": Decimal("0.0012"),
        "resultKey": "results/date=2026-11-23/run-1.json",
        "reportKey": "reports/run-1.html",
    } == stored(table)


def test_notes_are_stored_under_names_of_their_own(table: "Table", item_table: ItemTable, clock: FakeClock) -> None:
    """Whoever reads the table finds what was done with a decision; a version that was not there before is null."""
    history = DynamoHistory(item_table, clock.now, 1000)
    history.record(ITEM)
    history.note_applied(RUN, APPLIED)
    history.note_applied_event_emitted(RUN)
    history.note_rolled_back(RUN, RESTORED)

    item = stored(table)
    assert {
        "applied": True,
        "mode": "alias",
        "fromMemoryMb": 1024,
        "toMemoryMb": 512,
        "reason": "",
        "alias": "live",
        "version": "7",
        "previousVersion": None,
    } == item["applied"]
    assert (True, {"memoryMb": 1024}) == (item["appliedTold"], item["rolledBack"])


def test_other_items_of_a_function_are_no_runs(item_table: ItemTable, clock: FakeClock) -> None:
    """Its lease, its profile and its baseline lie in the same partition."""
    history = DynamoHistory(item_table, clock.now, 1000)
    for key in (keys.baseline(ARN), keys.lease(ARN), keys.profile(ARN), {**keys.lease(ARN), "SK": "SKIP#1"}):
        item_table.put(key)
    history.record(ITEM)

    assert ["run-1"] == [item.run_id for item in history.latest(ARN, 5)]


def test_a_note_made_in_between_outlives_a_failure(dynamodb: Any, item_table: ItemTable, clock: FakeClock) -> None:
    """Between reading an item and writing its failure, the Optimizer may note what it did: it is read again."""
    history = DynamoHistory(item_table, clock.now, 1000)
    history.record(ITEM)
    before_the_next_write(dynamodb, lambda: history.note_applied(RUN, APPLIED))
    written = history.record_failure(FAILED)

    item = history.item(RUN)
    assert written
    assert replace(FAILED, applied=APPLIED, applied_at=iso_time(clock.now())) == item


def test_a_failure_told_in_between_stays(dynamodb: Any, item_table: ItemTable, clock: FakeClock) -> None:
    """Of two that record the same failure the slower one writes nothing."""
    history = DynamoHistory(item_table, clock.now, 1000)
    history.record_failure(FAILED)
    before_the_next_write(dynamodb, lambda: history.note_event_emitted(RUN))

    assert not history.record_failure(replace(FAILED, cause="second"))
    assert replace(FAILED, event_emitted=True) == history.item(RUN)


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
    history.note_event_emitted(RUN)
    history.record_failure(replace(FAILED, cause="second"))

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
