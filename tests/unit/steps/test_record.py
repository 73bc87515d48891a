"""Recording: item, documents, output and event agree."""

import json

import pytest

from fake_stores import FakeHistory
from fakes import NOON, NOON_S
from power_tuner.errors import InvalidInput, LeaseLost, NotRecorded
from power_tuner.ports import Begun
from power_tuner.tuning.run_item import RunKey
from world import RETENTION_S, RUN_ID, World

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"


def test_a_completed_run_is_recorded(world: World) -> None:
    """The result document, the report and the item are all written."""
    world.tune()

    result = json.loads(world.documents.objects["results/date=2026-11-23/run-1.json"])
    item = world.history.items[RunKey(ARN, NOON, RUN_ID)]
    assert ("completed", "completed") == (result["status"], item["status"])
    assert (result["decision"]["power"], result["sentence"]) == (item["power"], item["sentence"])
    assert world.documents.objects[item["reportKey"]].lower().startswith("<!doctype html>")


def test_the_event_agrees_with_the_output(world: World) -> None:
    """Whoever listens hears what the execution returns."""
    recorded = world.tune()

    assert (recorded["output"]["power"], recorded["output"]["cost"]) == (
        recorded["event"]["decision"]["power"],
        recorded["event"]["decision"]["costUsd"],
    )


def test_the_event_points_to_the_documents(world: World) -> None:
    """A listener finds result and report."""
    event = world.tune()["event"]

    assert {event["resultKey"], event["reportKey"]} <= world.documents.objects.keys()


def test_the_event_stays_small(world: World) -> None:
    """Neither memory sizes nor payloads make the event grow."""
    recorded = world.tune(powerValues="ALL", num=1, payload="x" * 20_000)

    assert 4096 > len(json.dumps(recorded["event"]))


@pytest.mark.parametrize(
    ("run_input", "expected"),
    [
        ({}, (False, None)),
        ({"autoOptimize": True}, (True, None)),
        ({"autoOptimize": True, "autoOptimizeAlias": "live"}, (True, "live")),
        ({"autoOptimize": True, "dryRun": True}, (False, None)),
    ],
)
def test_the_event_says_what_to_apply(world: World, run_input: dict[str, object], expected: tuple[bool, str]) -> None:
    """The optimizer acts only on events that ask for it."""
    event = world.tune(**run_input)["event"]

    assert expected == (event["autoOptimize"], event["autoOptimizeAlias"])


def test_a_run_without_origin_applies_nothing(world: World) -> None:
    """What an older stack began, or whose note has expired, counts as started by hand, and is only told."""
    world.tune(autoOptimize=True)
    world.history = FakeHistory()

    event = world.record()["event"]

    assert ("direct", "never") == (event["trigger"], event["policy"]["apply"])


def test_the_item_says_what_started_the_run(world: World) -> None:
    """And with which settings, so that the next deployment knows what was measured; it was not late."""
    world.tune()
    (item,) = world.history.items.values()
    begun = world.history.begun(RUN_ID)

    assert begun
    assert begun.origin
    assert ("direct", begun.origin.settings) == (item["trigger"], item["settings"])
    assert "recordedLate" not in item
    assert begun.origin.settings


def test_a_failures_item_says_what_started_the_run(world: World) -> None:
    """The same as that of a completed one, and it expires after the same time."""
    world.begin()
    begun = world.history.begun(RUN_ID)
    world.fail("NothingMeasured")
    (item,) = world.history.items.values()

    assert begun
    assert begun.origin
    assert ("direct", begun.origin.settings) == (item["trigger"], item["settings"])
    assert int(NOON_S) + RETENTION_S == item["expiresAt"]


def test_items_expire(world: World) -> None:
    """The table forgets a run after the retention."""
    world.tune()
    (item,) = world.history.items.values()

    assert int(world.clock.now()) + RETENTION_S == item["expiresAt"]


def test_stats_are_in_the_output_on_demand(world: World) -> None:
    """The output lists all memory sizes with includeOutputResults only."""

    assert [128, 512, 1024] == [stat["value"] for stat in world.tune(includeOutputResults=True)["output"]["stats"]]


def test_no_stats_by_default() -> None:
    """The output is small unless more is asked for."""

    assert "stats" not in World().tune()["output"]


def test_no_payload_is_recorded_anywhere(world: World) -> None:
    """Payloads stay in the plan."""
    recorded = world.tune(payload={"card": "4111"}, disablePayloadLogs=True)

    kept = {key: text for key, text in world.documents.objects.items() if not key.endswith("/plan.json")}
    assert "4111" not in json.dumps([recorded, kept, list(world.history.items.values())])


def test_a_failure_is_recorded_and_told(world: World) -> None:
    """Item and event have the same reason; the execution fails with it."""
    world.begin()

    failed = world.fail("NothingMeasured", '{"errorMessage": "No memory size could be measured."}')

    assert {"error": "NothingMeasured", "cause": "No memory size could be measured."} == failed
    (item,) = world.history.items.values()
    ((detail_type, detail),) = world.events.emitted
    assert ("failed", "NothingMeasured", failed["cause"]) == (item["status"], item["error"], item["cause"])
    assert "Power Tuning Failed" == detail_type
    assert {
        "runId": RUN_ID,
        "executionArn": item["executionArn"],
        "status": "failed",
        "startedAt": NOON,
        "finishedAt": NOON,
        "targetArn": ARN,
        "targetName": "thumbnailer",
        "error": "NothingMeasured",
        "cause": failed["cause"],
    } == detail


def test_a_failure_is_told_once(world: World) -> None:
    """The stop event of a run that failed already changes nothing: the first reason stays."""
    world.begin()
    world.fail("NothingMeasured", "first")
    world.fail("Execution.FAILED", "second")

    assert ["first"] == [item["cause"] for item in world.history.items.values()]
    assert ["first"] == [detail["cause"] for _, detail in world.events.emitted]


def test_a_failure_that_was_not_told_is_told_again(world: World) -> None:
    """When the bus was away, the next attempt tells it."""
    world.begin()
    world.events.refusing = ConnectionError("away")
    with pytest.raises(ConnectionError):
        world.fail("NothingMeasured", "first")
    world.events.refusing = None
    world.fail("NothingMeasured", "first")

    assert ["first"] == [detail["cause"] for _, detail in world.events.emitted]


def test_a_refused_input_is_recorded(world: World) -> None:
    """A run that never knew its target has an item and an event too."""
    with pytest.raises(InvalidInput):
        world.begin_raw({})
    world.fail("InvalidInput", "lambdaARN: nothing was given.")

    assert [("unknown", NOON, RUN_ID)] == list(world.history.items)
    assert ["unknown"] == [detail["targetArn"] for _, detail in world.events.emitted]


def test_a_failure_after_the_result_wins(world: World) -> None:
    """If the completion event cannot be put, the run is a failed run, in the same item."""
    world.tune()
    world.fail("EventBridge.FailedEntry", "refused")

    assert ["failed"] == [item["status"] for item in world.history.items.values()]


def test_what_a_run_noted_is_what_is_recorded(world: World) -> None:
    """The item of a failure stands under the time at which the run began."""
    world.history.note_begun(RUN_ID, ARN, NOON)
    world.clock.advance(100)
    world.fail("States.Timeout")

    assert (Begun(ARN, NOON), NOON_S + 100) == (world.history.begun(RUN_ID), world.clock.now())
    assert [NOON] == [started_at for _, started_at, _ in world.history.items]


def test_what_cannot_be_recorded_can_be_tried_again(world: World) -> None:
    """Whatever fails while it is recorded has one name that the state machine retries; the next try is complete."""
    recorded = world.tune()
    kept, world.history.items = world.history.items, {}

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("no table")

    record, world.history.record = world.history.record, refuse  # type: ignore[method-assign]
    with pytest.raises(NotRecorded, match="PermissionError: no table"):
        world.record()
    world.history.record = record  # type: ignore[method-assign]

    assert recorded == world.record()
    assert kept == world.history.items


def test_a_result_is_recorded_late_over_the_failure(world: World) -> None:
    """A run that failed because it could not be recorded is refused a result, unless it is replayed."""
    world.tune()
    (key, completed), *_ = world.history.items.items()
    world.fail("NotRecorded", "no table")
    with pytest.raises(LeaseLost):
        world.record()
    failed = world.history.items[key]["status"]
    world.record(late=True)

    assert ("failed", {**completed, "recordedLate": True}) == (failed, world.history.items[key])


@pytest.mark.parametrize(("memories_mb", "compared"), [([512, 1024], True), ([128, 512], False)])
def test_what_a_decision_changes_is_noted(world: World, memories_mb: list[int], *, compared: bool) -> None:
    """If the present memory was measured, so that there is something to compare with."""
    world.tune(powerValues=memories_mb)
    (item,) = world.history.items.values()

    assert ([("CostChange", item["costChange"])] if compared else []) == world.metrics.noted
