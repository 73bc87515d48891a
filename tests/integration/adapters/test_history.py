"""History: the table and its stand-in keep the same promises."""

from typing import Any

import pytest

from fake_stores import FakeHistory
from fakes import NOON, FakeClock
from power_tuner.automation.policy import Policy
from power_tuner.automation.trigger import Origin
from power_tuner.aws.history import DynamoHistory
from power_tuner.errors import LeaseLost
from power_tuner.ports import Begun, History

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
ITEM: dict[str, Any] = {
    "runId": "run-1",
    "targetArn": ARN,
    "startedAt": NOON,
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


def test_a_run_keeps_what_started_it(history: History) -> None:
    """Its trigger and its settings, as they came."""
    origin = Origin(trigger="deployment", settings="0f3b1c2d", policy=Policy("latest", minimum_gain=0.07))
    history.note_begun("run-1", ARN, NOON, origin)
    history.note_begun("run-2", ARN, NOON)

    assert [Begun(ARN, NOON, origin), Begun(ARN, NOON)] == [history.begun("run-1"), history.begun("run-2")]


def test_what_is_not_known_is_not_kept(history: History) -> None:
    """A member that is None is not there when the item is read; what is there is as it was."""
    history.record(ITEM)
    item = history.item(ARN, NOON, "run-1") or {}
    known = {name: value for name, value in ITEM.items() if value is not None}

    assert (known, "costChange" in item) == ({name: item[name] for name in known}, False)
    assert [item] == history.latest(ARN, 1)


def record_four(history: History) -> None:
    """Record runs of two functions, one of them a day later."""
    for minute in ("01", "03", "02"):
        history.record({**ITEM, "startedAt": f"2026-11-23T12:{minute}:00.000Z", "runId": f"run-{minute}"})
    history.record({**ITEM, "startedAt": "2026-11-24T12:00:00.000Z", "runId": "other", "targetArn": f"{ARN}-2"})


def test_the_latest_runs_come_first(history: History) -> None:
    """Of this target alone, and no more than wanted."""
    record_four(history)

    assert ["run-03", "run-02"] == [item["runId"] for item in history.latest(ARN, 2)]
    assert 3 == len(history.latest(ARN, 9))


def test_runs_are_found_by_day(history: History) -> None:
    """Of all functions, the newest first, and no more than wanted."""
    record_four(history)

    assert ["run-03", "run-02"] == [item["runId"] for item in history.of_day("2026-11-23", 2)]
    assert ["other"] == [item["runId"] for item in history.of_day("2026-11-24", 2)]


def test_runs_are_found_by_status(history: History) -> None:
    """Of all functions, the newest first, and no more than wanted."""
    record_four(history)
    history.record_failure(FAILED)

    assert ["other", "run-03"] == [item["runId"] for item in history.of_status("completed", 2)]
    assert ["run-1"] == [item["runId"] for item in history.of_status("failed", 2)]


def test_what_was_read_is_not_what_is_kept(history: History) -> None:
    """Whoever changes an item that it read changes nothing but its copy."""
    history.record({**ITEM, "target": {"power": 512}})
    for read in (history.item(ARN, NOON, "run-1") or {}, *history.latest(ARN, 1)):
        read["target"]["power"] = 128

    assert {"power": 512} == (history.item(ARN, NOON, "run-1") or {})["target"]


def test_only_what_was_applied_is_told(history: History) -> None:
    """Before there is a note of it, that the bus was told is not noted."""
    history.record(ITEM)
    history.note_applied_told(RUN)

    assert "appliedTold" not in (history.item(ARN, NOON, "run-1") or {})


def test_each_note_outlives_a_failure(history: History) -> None:
    """What was about to be applied, what was, that it was told, and that it was taken back."""
    history.record(ITEM)
    history.note_applying(RUN, {"toMemoryMb": 512})
    history.record_failure(FAILED)
    applying = history.item(ARN, NOON, "run-1") or {}
    history.note_applied(RUN, APPLIED)
    history.note_applied_told(RUN)
    history.note_rolled_back(ITEM, {"memoryMb": 1024})
    history.record_failure(FAILED)
    item = history.item(ARN, NOON, "run-1") or {}

    assert ({"toMemoryMb": 512}, "failed") == (applying["applying"], applying["status"])
    assert (APPLIED, True, {"memoryMb": 1024}) == (item["applied"], item["appliedTold"], item["rolledBack"])


def test_who_lost_a_run_is_told_which(history: History) -> None:
    """The messages name the run."""
    history.record_failure(FAILED)
    with pytest.raises(LeaseLost, match=r"^Run run-1 was ended while its result was recorded\.$"):
        history.record(ITEM)
    history.note_applied(RUN, APPLIED)
    gone = r"^What run run-1 decided was applied meanwhile, or its item is gone\.$"

    with pytest.raises(LeaseLost, match=gone):
        history.note_applying(RUN, APPLIED)


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
