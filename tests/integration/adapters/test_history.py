"""History: the table and its stand-in keep the same promises."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from fake_stores import FakeHistory
from fakes import NOON, FakeClock
from power_tuner.automation.policy import Policy
from power_tuner.automation.trigger import Origin
from power_tuner.aws import keys
from power_tuner.aws.history import DynamoHistory
from power_tuner.aws.item_table import ItemTable
from power_tuner.errors import DamagedItem, LeaseLost
from power_tuner.ports import Begun, History
from power_tuner.tuning.applied import Applied, MemoryRestored, ParameterRestored, RolledBack
from power_tuner.tuning.run_item import CompletedRun, FailedRun, SkippedRun
from run_items import APPLIED, APPLYING, ARN, RESTORED, RUN, completed_run, failed_run, skipped_run

ITEM = completed_run()
FAILED = failed_run(cause="first")


@pytest.fixture(params=["fake", "DynamoDB"])
def history(request: pytest.FixtureRequest, clock: FakeClock) -> History:
    if request.param == "fake":
        return FakeHistory()
    return DynamoHistory(request.getfixturevalue("item_table"), clock.now, 1000)


def noted(history: History) -> CompletedRun | FailedRun:
    """Return the item of the run, with what was noted on it."""
    item = history.item(RUN)
    assert isinstance(item, CompletedRun | FailedRun)
    return item


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

    assert ["completed"] == [item.status for item in history.latest(ARN, 5)]


def test_a_run_that_never_began_is_unknown(history: History) -> None:
    """Without a note there is none."""

    assert history.begun("run-1") is None


def test_a_failure_is_written_until_it_was_told(history: History) -> None:
    """A failure may be written again as long as the bus has not been told of it."""

    assert [True, True] == [history.record_failure(FAILED), history.record_failure(FAILED)]
    history.note_event_emitted(RUN)
    assert not history.record_failure(replace(FAILED, cause="second"))


def test_a_failure_replaces_a_completion(history: History) -> None:
    """A run that completed and then could not tell so has failed."""
    history.record(ITEM)

    assert history.record_failure(FAILED)


def test_an_application_is_noted_once(history: History) -> None:
    """What was noted first stays, with all its fields; what was about to be done is forgotten."""
    history.record(ITEM)
    history.note_applying(RUN, APPLIED)
    assert APPLIED == noted(history).applying

    history.note_applied(RUN, APPLIED)
    history.note_applied(RUN, replace(APPLIED, to_memory_mb=256))
    history.note_applied_event_emitted(RUN)

    item = noted(history)
    assert (APPLIED, True, None) == (item.applied, item.applied_event_emitted, item.applying)


def test_only_a_refusal_is_forgotten(history: History) -> None:
    """Somebody applies by hand what was refused; what was applied stays."""
    history.record(ITEM)
    history.note_applied(RUN, replace(APPLIED, applied=False, reason="not worth it"))
    history.note_applied_event_emitted(RUN)
    history.forget_refusal(RUN)
    forgotten = noted(history)
    history.note_applied(RUN, APPLIED)
    history.forget_refusal(RUN)

    assert (None, False) == (forgotten.applied, bool(forgotten.applied_event_emitted))
    assert noted(history).applied == APPLIED


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
    history.note_applied_event_emitted(RUN)

    assert history.item(RUN) is None


def test_a_rollback_is_noted(history: History) -> None:
    """Beside what was applied."""
    history.record(ITEM)
    history.note_applied(RUN, APPLIED)
    history.note_rolled_back(RUN, RESTORED)

    item = noted(history)
    assert (APPLIED, RESTORED) == (item.applied, item.rolled_back)


def test_a_run_keeps_what_started_it(history: History) -> None:
    """Its trigger and its settings, as they came."""
    origin = Origin(trigger="deployment", settings="0f3b1c2d", policy=Policy("latest", minimum_gain=0.07))
    history.note_begun("run-1", ARN, NOON, origin)
    history.note_begun("run-2", ARN, NOON)

    assert [Begun(ARN, NOON, origin), Begun(ARN, NOON)] == [history.begun("run-1"), history.begun("run-2")]


@pytest.mark.parametrize(
    "item",
    [
        completed_run(),
        completed_run(memory_mb=None, cost_usd=None, duration_ms=None, cost_change=None, settings=None),
        completed_run(num=None, mode="smart", significant=False, confidence=0.97, rounds=4, recorded_late=True),
        skipped_run(),
        skipped_run(code_sha256="code-2"),
    ],
    ids=["classic", "dry-run", "smart", "skipped", "skipped-code"],
)
def test_an_item_is_read_as_it_was_recorded(history: History, item: CompletedRun | SkippedRun) -> None:
    """To the last digit; what is not known is not known afterwards either."""
    history.record(item)

    assert item == history.item(item.key)
    assert [item] == history.latest(ARN, 1)


@pytest.mark.parametrize("item", [failed_run(), failed_run(settings="0f3b", trigger=None)])
def test_a_failure_is_read_as_it_was_recorded(history: History, item: FailedRun) -> None:
    """With its reason."""
    history.record_failure(item)

    assert item == history.item(item.key)


@pytest.mark.parametrize(
    "applied",
    [
        APPLYING,
        replace(APPLYING, applied=False, reason="its policy is never to apply"),
        APPLIED,
        replace(APPLIED, previous_version="6"),
        APPLYING.to_parameter("/power-tuner/thumbnailer", None),
        APPLYING.to_parameter("/power-tuner/thumbnailer", "1024"),
    ],
)
def test_what_was_applied_is_read_as_it_was_noted(history: History, applied: Applied) -> None:
    """Whatever it was applied to."""
    history.record(ITEM)
    history.note_applied(RUN, applied)

    assert applied == noted(history).applied


@pytest.mark.parametrize(
    "restored",
    [
        RESTORED,
        MemoryRestored(memory_mb=1024, alias="live"),
        ParameterRestored(parameter="/power-tuner/thumbnailer", value=None),
        ParameterRestored(parameter="/power-tuner/thumbnailer", value="1024"),
    ],
)
def test_what_was_rolled_back_is_read_as_it_was_noted(history: History, restored: RolledBack) -> None:
    """Whatever it was."""
    history.record(ITEM)
    history.note_rolled_back(RUN, restored)

    assert restored == noted(history).rolled_back


def record_four(history: History) -> None:
    """Record runs of two functions, one of them a day later."""
    for minute in ("01", "03", "02"):
        history.record(completed_run(f"run-{minute}", started_at=f"2026-11-23T12:{minute}:00.000Z"))
    history.record(completed_run("other", started_at="2026-11-24T12:00:00.000Z", target_arn=f"{ARN}-2"))


def test_skips_do_not_hide_runs(history: History) -> None:
    """However many deployments started none since, the runs before them are found."""
    history.record(completed_run("run-1", started_at="2026-11-23T12:00:00.000Z"))
    for number in range(60):
        history.record(skipped_run(f"skip-{number:02}", started_at=f"2026-11-23T13:{number:02}:00.000Z"))

    assert ["run-1"] == [run.run_id for run in history.latest(ARN, 20, with_skipped=False)]
    assert ["skip-59", "skip-58"] == [run.run_id for run in history.latest(ARN, 2)]


def test_the_latest_runs_come_first(history: History) -> None:
    """Of this target alone, and no more than wanted."""
    record_four(history)

    assert ["run-03", "run-02"] == [item.run_id for item in history.latest(ARN, 2)]
    assert 3 == len(history.latest(ARN, 9))


def test_runs_are_found_by_day(history: History) -> None:
    """Of all functions, the newest first, and no more than wanted."""
    record_four(history)

    assert ["run-03", "run-02"] == [item.run_id for item in history.of_day("2026-11-23", 2)]
    assert ["other"] == [item.run_id for item in history.of_day("2026-11-24", 2)]


def test_runs_are_found_by_status(history: History) -> None:
    """Of all functions, the newest first, and no more than wanted."""
    record_four(history)
    history.record_failure(FAILED)

    assert ["other", "run-03"] == [item.run_id for item in history.of_status("completed", 2)]
    assert ["run-1"] == [item.run_id for item in history.of_status("failed", 2)]


def test_a_damaged_run_is_named_after_all_others(item_table: ItemTable, clock: FakeClock) -> None:
    """Whoever looks at all runs of a status has those that can be read, however the others came to be so."""
    history = DynamoHistory(item_table, clock.now, 1000)
    for number in range(3):
        history.record(replace(ITEM, run_id=f"run-{number}", started_at=f"2026-11-23T1{number}:00:00.000Z"))
    damaged = keys.run(ARN, "2026-11-23T11:00:00.000Z", "run-1")
    item_table.update(damaged, "SET applied = :text", text="yes")

    with pytest.raises(DamagedItem, match=r"The item RUN#2026-11-23T11.*#run-1 of .* cannot be read"):
        list(history.each_of_status("completed"))
    runs = iter(history.each_of_status("completed"))

    assert ["run-2", "run-0"] == [next(runs).run_id, next(runs).run_id]


@pytest.mark.parametrize(
    "read",
    [
        lambda history: history.item(RUN),
        lambda history: history.latest(ARN, 9),
        lambda history: history.of_day("2026-11-23", 9),
        lambda history: history.of_status("completed"),
    ],
)
def test_a_damaged_run_is_named_by_whoever_reads_it(
    item_table: ItemTable, clock: FakeClock, read: Callable[[History], object]
) -> None:
    """With its keys, and what is wrong with it."""
    history = DynamoHistory(item_table, clock.now, 1000)
    history.record(ITEM)
    item_table.update(keys.run(*RUN), "SET applied = :text", text="yes")

    with pytest.raises(DamagedItem, match=rf"The item RUN#.*#{RUN.run_id} of .* cannot be read: Expected"):
        read(history)


def test_a_damaged_note_that_a_run_began_is_named(item_table: ItemTable, clock: FakeClock) -> None:
    """It says which rights the run has, so it is not read as if they were missing."""
    history = DynamoHistory(item_table, clock.now, 1000)
    history.note_begun("run-1", ARN, NOON)
    item_table.update(keys.begun("run-1"), "SET origin = :text", text="somebody")

    with pytest.raises(DamagedItem, match=r"run-1 .*cannot be read"):
        history.begun("run-1")


def test_only_what_was_applied_is_told(history: History) -> None:
    """Before there is a note of it, that the bus was told is not noted."""
    history.record(ITEM)
    history.note_applied_event_emitted(RUN)

    assert not noted(history).applied_event_emitted


def test_each_note_outlives_a_failure(history: History) -> None:
    """What was about to be applied, what was, that it was told, and that it was taken back."""
    history.record(ITEM)
    history.note_applying(RUN, APPLYING)
    history.record_failure(FAILED)
    applying = noted(history)
    history.note_applied(RUN, APPLIED)
    history.note_applied_event_emitted(RUN)
    history.note_rolled_back(RUN, RESTORED)
    history.record_failure(FAILED)
    item = noted(history)

    assert (APPLYING, "failed") == (applying.applying, applying.status)
    assert (APPLIED, True, RESTORED) == (item.applied, item.applied_event_emitted, item.rolled_back)


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

    item = noted(history)
    assert (True, "failed", APPLIED) == (written, item.status, item.applied)
