"""History: the table and its stand-in keep the same promises."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fake_stores import FakeHistory
from fakes import NOON, FakeClock
from power_tuner.aws.history import DynamoHistory
from power_tuner.aws.item_table import ItemTable
from power_tuner.errors import LeaseLost
from power_tuner.ports import Begun, History

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
ITEM: dict[str, Any] = {
    "PK": f"FUNCTION#{ARN}",
    "SK": f"RUN#{NOON}#run-1",
    "day": "DAY#2026-11-23",
    "runId": "run-1",
    "status": "completed",
    "costUsd": 1.23456789e-7,
    "power": 512,
    "costChange": None,
}
FAILED = {**ITEM, "status": "failed", "error": "NothingMeasured", "cause": "first"}
APPLIED = {"applied": True, "fromMemoryMb": 1024, "toMemoryMb": 512, "reason": "", "previousVersion": None}
RUN = {"runId": "run-1", "startedAt": NOON, "target": {"arn": ARN}}


@pytest.fixture(params=["fake", "DynamoDB"])
def history(request: pytest.FixtureRequest, clock: FakeClock) -> History:
    if request.param == "fake":
        return FakeHistory()
    return DynamoHistory(request.getfixturevalue("item_table"), clock.now, 1000)


def test_a_run_is_noted_when_it_begins(history: History) -> None:
    """First without, then with its target."""
    history.note_begun("run-1", None, NOON)
    first = history.begun("run-1")
    history.note_begun("run-1", ARN, NOON)

    assert [Begun(None, NOON), Begun(ARN, NOON)] == [first, history.begun("run-1")]


def test_a_target_that_was_noted_stays(history: History) -> None:
    """A second try of the Initializer, which knows no target yet, does not take back what the first has noted."""
    history.note_begun("run-1", ARN, NOON)
    history.note_begun("run-1", None, NOON)

    assert Begun(ARN, NOON) == history.begun("run-1")


def test_a_result_is_written_over_a_failure_only_on_demand(history: History) -> None:
    """A run that failed stays failed, unless its result is recorded late."""
    history.record_failure(FAILED)
    with pytest.raises(LeaseLost):
        history.record(ITEM)
    history.record(ITEM, over_failure=True)

    assert [ITEM["status"]] == [item["status"] for item in history.latest(ARN, 5)]


def test_a_run_that_never_began_is_unknown(history: History) -> None:
    """Without a note there is none."""

    assert history.begun("run-1") is None


def test_a_failure_is_written_until_it_was_told(history: History) -> None:
    """A failure may be written again as long as the bus has not been told of it."""

    assert [True, True] == [history.record_failure(FAILED), history.record_failure(FAILED)]
    history.note_told(FAILED)
    assert not history.record_failure({**FAILED, "cause": "second"})


def test_a_failure_replaces_a_completion(history: History) -> None:
    """A run that completed and then could not tell so has failed."""
    history.record(ITEM)

    assert history.record_failure(FAILED)


def test_an_application_is_noted_once(history: History) -> None:
    """What was noted first stays, with all its fields; what was about to be done is forgotten."""
    history.record(ITEM)
    history.note_applying(RUN, APPLIED)
    assert APPLIED == (history.item(ARN, NOON, "run-1") or {})["applying"]

    history.note_applied(RUN, APPLIED)
    history.note_applied(RUN, {**APPLIED, "toMemoryMb": 256})
    history.note_applied_told(RUN)

    item = history.item(ARN, NOON, "run-1") or {}
    assert (APPLIED, True, False) == (item["applied"], item["appliedTold"], "applying" in item)


def test_what_was_applied_is_not_begun_again(history: History) -> None:
    """Of two deliveries the slower one stops."""
    history.record(ITEM)
    history.note_applied(RUN, APPLIED)

    with pytest.raises(LeaseLost, match="was applied meanwhile, or its item is gone"):
        history.note_applying(RUN, APPLIED)


def test_a_note_makes_no_item(history: History) -> None:
    """Of a run that has no item nothing is noted."""
    with pytest.raises(LeaseLost):
        history.note_applying(RUN, APPLIED)
    history.note_applied(RUN, APPLIED)
    history.note_applied_told(RUN)

    assert history.item(ARN, NOON, "run-1") is None


def test_a_rollback_is_noted(history: History) -> None:
    """Beside what was applied."""
    history.record(ITEM)
    history.note_applied(RUN, APPLIED)
    history.note_rolled_back(ITEM, {"memoryMb": 1024})

    item = history.item(ARN, NOON, "run-1") or {}
    assert (APPLIED, {"memoryMb": 1024}) == (item["applied"], item["rolledBack"])


def stored(table: "Table") -> dict[str, Any]:
    return dict(table.get_item(Key={"PK": ITEM["PK"], "SK": ITEM["SK"]})["Item"])


def test_an_item_is_queried_by_function(table: "Table", item_table: ItemTable, clock: FakeClock) -> None:
    """Numbers keep their digits, and what is not known is not stored."""
    DynamoHistory(item_table, clock.now, 1000).record(ITEM)

    known = {name: value for name, value in ITEM.items() if value is not None}
    assert {**known, "costUsd": Decimal("1.23456789E-7"), "power": 512} == stored(table)


def test_runs_are_found_by_day(table: "Table", item_table: ItemTable, clock: FakeClock) -> None:
    """The index answers what ran on a day, of all functions."""
    DynamoHistory(item_table, clock.now, 1000).record(ITEM)
    found = table.query(
        IndexName="by-day",
        KeyConditionExpression="#day = :day",
        ExpressionAttributeNames={"#day": "day"},
        ExpressionAttributeValues={":day": "DAY#2026-11-23"},
    )

    assert ["run-1"] == [item["runId"] for item in found["Items"]]


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

    assert int(clock.now()) + 1000 == item["expiresAt"]


def test_a_run_that_was_ended_is_not_completed_afterwards(history: History) -> None:
    """A Record that is still under way when its run is stopped does not turn the failure into a success."""
    history.record_failure(FAILED)

    with pytest.raises(LeaseLost, match="was ended"):
        history.record(ITEM)


def test_what_was_applied_outlives_a_failure(history: History) -> None:
    """A run that is stopped in the moment of its completion has failed; what the Optimizer did can be rolled back."""
    history.record(ITEM)
    history.note_applied(RUN, APPLIED)
    written = history.record_failure(FAILED)

    item = history.item(ARN, NOON, "run-1") or {}
    assert (True, "failed", APPLIED) == (written, item["status"], item["applied"])
