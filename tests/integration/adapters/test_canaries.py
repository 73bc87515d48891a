"""Canaries: the table and its stand-in keep the same promises."""

from typing import Any

import pytest
from msgspec.structs import replace

from fake_stores import FakeCanaries
from fakes import NOON, NOON_S, FakeClock
from power_tuner.automation.sequential_test import Durations, Errors
from power_tuner.automation.trial import Trial, stage_of
from power_tuner.aws import keys
from power_tuner.aws.canary_store import DynamoCanaries, to_item
from power_tuner.aws.item_table import ItemTable
from power_tuner.errors import DamagedItem, LeaseLost
from power_tuner.ports import Canaries
from power_tuner.tuning.applied import AppliedToAlias
from power_tuner.tuning.canary_settings import CanarySettings

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
TRIAL = Trial(
    run_id="run-1",
    target_arn=ARN,
    started_at=NOON,
    execution_arn="arn:aws:states:eu-west-1:123456789012:execution:canary-1a2b:run-1",
    doing=AppliedToAlias(
        applied=True,
        mode="canary",
        from_memory_mb=1024,
        to_memory_mb=512,
        alias="live",
        version="8",
        previous_version="7",
    ),
    trusted_memory_mb=1024,
    code_sha256="code-1",
    expected_change=-0.125,
    settings=CanarySettings(weights=(0.1, 0.5), hours=2.5),
    noted_s=NOON_S,
)


@pytest.fixture(params=["fake", "DynamoDB"])
def canaries(request: pytest.FixtureRequest, clock: FakeClock) -> Canaries:
    if request.param == "fake":
        return FakeCanaries()
    return DynamoCanaries(request.getfixturevalue("item_table"), clock.now, 60)


def test_a_canary_is_read_as_it_was_written(canaries: Canaries) -> None:
    """All that it has set and seen, the numbers to the last digit."""
    assert canaries.begin(TRIAL) is None
    seen = replace(TRIAL.growing(NOON_S + 0.25, 0), is_set=True, tried=Durations(2, 9.123456789012345, 41.5))
    written = canaries.save(seen)

    assert canaries.get(ARN) == written == replace(seen, saved=1)
    assert list(canaries.held()) == [written]


def test_a_function_has_one_canary(canaries: Canaries) -> None:
    """A second one finds the first; so does the same one."""
    canaries.begin(TRIAL)

    assert canaries.begin(replace(TRIAL, run_id="run-2")) == TRIAL
    assert canaries.begin(TRIAL) == TRIAL


def test_who_is_late_cannot_write(canaries: Canaries) -> None:
    """Two that read the same: the second to write has lost."""
    canaries.begin(TRIAL)
    canaries.save(TRIAL.closing("it is slow", "taken-back"))
    with pytest.raises(LeaseLost):
        canaries.save(TRIAL.growing(NOON_S, 0))

    found = canaries.get(ARN)
    assert found
    assert (found.phase, found.why) == ("closing", "it is slow")


def test_a_request_that_is_repeated_has_not_lost_against_itself(canaries: Canaries) -> None:
    """Its answer was lost, so the client sends it again; what it wrote is there."""
    canaries.begin(TRIAL)
    seen = replace(TRIAL.growing(NOON_S + 0.25, 0), tried=Durations(2, 9.123456789012345, 41.5))
    written = canaries.save(seen)

    assert canaries.save(seen) == written == canaries.get(ARN)


def test_what_has_ended_cannot_be_written(canaries: Canaries) -> None:
    """Nor does ending it twice, or that of another run, do anything."""
    canaries.begin(TRIAL)
    canaries.end(replace(TRIAL, run_id="run-2"))
    before = canaries.get(ARN)
    canaries.end(TRIAL)
    canaries.end(TRIAL)
    with pytest.raises(LeaseLost):
        canaries.save(TRIAL)

    assert (before, canaries.get(ARN), list(canaries.held())) == (TRIAL, None, [])


def test_stages_are_in_order(canaries: Canaries) -> None:
    """Each once, also one that is recorded again, and those of this run alone."""
    first = TRIAL.growing(NOON_S, 0)
    stages = [
        stage_of(first, "growing", "it begins", NOON, Errors()),
        stage_of(first.growing(NOON_S, 60), "growing", "nothing worse", NOON, Errors(60, 1)),
        stage_of(first.growing(NOON_S, 60), "taken-back", "it is slow", NOON, Errors(200, 1)),
    ]
    for stage in (stages[2], stages[0], stages[1], stages[1]):
        canaries.note_stage(stage)

    assert canaries.stages("run-1") == stages
    assert [(stage.number, stage.weight) for stage in stages] == [(0, 0.1), (1, 0.5), (2, 0.0)]
    assert canaries.stages("run-2") == []


@pytest.mark.parametrize("damage", [{"weights": "0.5"}, {"targetArn": "another"}, {"settings": None}])
def test_what_cannot_be_read_is_named(item_table: ItemTable, damage: dict[str, Any]) -> None:
    """The others are listed all the same."""
    canaries = DynamoCanaries(item_table, lambda: NOON_S, 60)
    canaries.begin(TRIAL)
    item_table.put({**to_item(replace(TRIAL, target_arn="other")), **damage})
    found: list[Trial] = []
    with pytest.raises(DamagedItem, match="The canary of other in the stack's table cannot be read"):
        found.extend(canaries.held())

    assert found in ([TRIAL], [])


def test_a_stage_expires(item_table: ItemTable) -> None:
    """Stages are kept as long as the runs."""
    stage = stage_of(TRIAL.growing(NOON_S, 0), "growing", "it begins", NOON, Errors())
    DynamoCanaries(item_table, lambda: NOON_S, 60).note_stage(stage)
    item = item_table.get(keys.canary_stage("run-1", 0))

    assert item
    assert item["expiresAt"] == int(NOON_S) + 60


def test_a_damaged_stage_is_named(item_table: ItemTable) -> None:
    """With the run that it is of."""
    item_table.put({**keys.canary_stage("run-1", 0), "runId": 1})

    with pytest.raises(DamagedItem, match=r"run-1.* cannot be read"):
        DynamoCanaries(item_table, lambda: NOON_S, 60).stages("run-1")
