"""Whatever Canary is called with, and whatever lies in the table as a canary: only what a canary set goes back."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import given
from msgspec import to_builtins

import canary
import janitor
import optimizer
from fake_lambda import TARGET_ARN
from fake_stores import FakeCanaries
from power_tuner.automation.policy import CANARY, Policy
from power_tuner.automation.trial import Trial
from power_tuner.aws import keys
from power_tuner.aws.canary_store import DynamoCanaries, from_item, to_item
from power_tuner.aws.item_table import ItemTable, to_attributes
from power_tuner.tuning.canary_settings import CanarySettings
from security.hostile import SECRET, TRIES, Played, any_json, as_received, changes, damaged, play, same_cases
from security.test_fuzz_table import OneTable, stored
from world import RUN_ID, World, answer_of

ALIAS = "live"
# What a look, an end or a rollback may ask of the target.
CANARYS = frozenset({"set_weights", "set_memory"})
SETTINGS = CanarySettings(weights=(0.1, 0.5), pace_s=300, minimal_calls=50, slowdown=0.2, error_rise=0.1, hours=2)


class CanariesOfTable(FakeCanaries):
    """Canaries that are read as the table's items are, once one of them was damaged."""

    damaged: dict[str, Any] | None = None

    def get(self, target_arn: str) -> Trial | None:
        """Return the canary of a target."""
        return from_item(self.damaged) if self.damaged else super().get(target_arn)

    def held(self) -> Iterator[Trial]:  # type: ignore[override]
        """Yield all, as the table does."""
        table = OneTable({("PK", "SK"): to_attributes(self.damaged)} if self.damaged else {})
        yield from DynamoCanaries(ItemTable(table, "table"), lambda: 0.0, 0).held()  # type: ignore[arg-type]


def under_way() -> World:
    """Return a world with a canary that has its first share of the calls: its own each time."""
    return copy.deepcopy(_begun())


@cache
def _begun() -> World:
    world = World()
    world.canaries = CanariesOfTable()
    world.target.point(ALIAS, world.functions.publish_as_owner())
    event: dict[str, Any] = world.tune(payload={"secret": SECRET}, autoOptimize=True, autoOptimizeAlias=ALIAS)["event"]
    policy = answer_of(Policy(CANARY, ALIAS, override_owner=True, canary=SETTINGS))
    comparison = {"costChange": -0.3, "durationChange": 0.0, "significant": True}
    world.optimize(
        {**event, "policy": policy, "decision": {**event["decision"], "power": 512}, "comparison": comparison}
    )
    assert play(canary.handler, {"runId": RUN_ID}, world).refusal is None
    world.clock.advance(300)
    world.functions.calls.clear()
    return world


def trial_of(world: World) -> Trial:
    trial = world.canaries.get(TARGET_ARN)
    assert trial
    return trial


def call(world: World, event: Any) -> Played:
    """Call Canary, and hold what must be true of each call."""
    played = play(canary.handler, event, world)
    calls = changes(world)
    assert all(each[0] in CANARYS and each[1] == TARGET_ARN for each in calls), calls
    # Never more than the canary's own share, and never all calls: nothing was proven.
    assert world.target.aliases[ALIAS] == "1"
    assert world.target.weights.get(ALIAS, {}) in ({}, {"4": 0.1})
    return played


def events_of(world: World) -> list[Any]:
    return [
        {"runId": RUN_ID},
        {"runId": RUN_ID, "error": {"Error": "States.Timeout", "Cause": json.dumps({"errorMessage": SECRET})}},
        {"executionArn": trial_of(world).execution_arn, "status": "TIMED_OUT"},
    ]


def test_no_event_touches_more_than_the_canary() -> None:
    """What the state machine and the rule send, damaged anywhere: a look, or all goes back, or a refusal."""
    for seed in range(TRIES):
        world = under_way()
        call(world, as_received(damaged(seed, events_of(world))))


@given(any_json)
@same_cases
def test_no_json_touches_more_than_the_canary(value: Any) -> None:
    """Any JSON as the event, the run, the execution, its status or the error."""
    arn = trial_of(_begun()).execution_arn
    for event in (
        value,
        {"runId": value},
        {"executionArn": value, "status": "FAILED"},
        {"executionArn": arn, "status": value},
        {"runId": RUN_ID, "error": value},
        {"runId": RUN_ID, "error": {"Error": value}},
    ):
        call(under_way(), event)


def test_no_damaged_canary_touches_another_function() -> None:
    """Whatever lies in the table in place of a canary: who reads it refuses it by name, or touches its target alone."""
    other = "arn:aws:lambda:eu-west-1:123456789012:function:other"
    for seed in range(TRIES):
        world = under_way()
        world.functions.add(other)
        canaries = world.canaries
        assert isinstance(canaries, CanariesOfTable)
        item = stored(damaged(seed, [to_item(trial_of(world))]))
        canaries.damaged = {**(item if isinstance(item, dict) else {}), **keys.canary(TARGET_ARN)}

        for handler, event in (
            (canary.handler, {"runId": RUN_ID}),
            (optimizer.handler, {"rollback": RUN_ID}),
            (janitor.handler, {}),
            (canary.handler, {"runId": RUN_ID, "error": {"Error": "States.Timeout"}}),
        ):
            play(handler, event, world)

        assert {TARGET_ARN} >= {each[1] for each in changes(world)}
        share = sum(world.target.weights.get(ALIAS, {}).values())
        assert share <= max(SETTINGS.weights)


def test_a_canary_is_read_as_it_was_written() -> None:
    """So the items above are those of the table."""
    trial = trial_of(under_way())

    assert from_item(stored(to_item(trial))) == trial
    assert to_builtins(trial)["settings"]["weights"] == (0.1, 0.5)
