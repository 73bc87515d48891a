"""Whatever stands in the table as a profile or a lease: it stops nothing else, and no function is touched for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

import deployments
import drift
import fleet
import initializer
import janitor
from event_contracts import example
from fake_lambda import TARGET_ARN
from fake_stores import FakeLeases
from power_tuner.automation.policy import Policy
from power_tuner.automation.profile import Profile
from power_tuner.aws import keys
from power_tuner.aws.item_table import ItemTable, to_attributes
from power_tuner.aws.lease_store import DynamoLeases, to_item
from power_tuner.aws.profile_store import DynamoProfiles
from power_tuner.tuning.lease import Lease, Original
from security.hostile import SECRET, TRIES, any_json, as_received, changes, damaged, is_linear, play, same_cases
from world import RUN_ID, World, execution_of

OTHER_ARN = f"{TARGET_ARN}-other"
PAYLOAD = {"user": {"secret": SECRET}}
PROFILES: list[Any] = [
    to_builtins(Profile(TARGET_ARN, {"num": 5, "payload": PAYLOAD}, Policy("alias", alias="live"))),
    to_builtins(Profile(TARGET_ARN, {"payloadS3": "s3://bucket/key"}, drift_mode="measure")),
    to_builtins(Profile(TARGET_ARN, {"payload": [{"payload": PAYLOAD, "weight": 1}]}, enrolled_by="tag")),
]


@dataclass
class OneTable:
    """DynamoDB's client, as far as profiles need it: items as its typed attributes."""

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def get_item(self, *, Key: Any, **_: Any) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        """Return an item."""
        found = self.items.get((Key["PK"]["S"], Key["SK"]["S"]))
        return {"Item": found} if found else {}

    def put_item(self, *, Item: Any, **_: Any) -> None:  # noqa: N803 (boto3's name)
        """Write an item."""
        self.items[Item["PK"]["S"], Item["SK"]["S"]] = Item

    def delete_item(self, *, Key: Any, **_: Any) -> None:  # noqa: N803 (boto3's name)
        """Delete an item."""
        self.items.pop((Key["PK"]["S"], Key["SK"]["S"]), None)

    def get_paginator(self, _operation: str) -> "OneTable":
        """Return what pages a query."""
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        """Return all items as a page of an index."""
        return [{"Items": list(self.items.values())}]


def world_with(*items: dict[str, Any]) -> World:
    """Return a world whose table has these items and the profile of another function."""
    world = World()
    table = OneTable()
    world.profiles = DynamoProfiles(ItemTable(table, "table"))  # type: ignore[arg-type, assignment]
    world.profiles.put(Profile(OTHER_ARN, {"num": 5}))
    for item in items:
        table.put_item(Item=to_attributes(item))
    return world


def item_of(profile: object, arn: str = TARGET_ARN) -> dict[str, Any]:
    """Return the item of a target, with anything as its profile."""
    return {**keys.profile(arn), keys.BY_DAY.attribute: keys.PROFILES, "profile": profile}


def stored(document: Any) -> Any:
    """Return a document as a table keeps it: in UTF-8."""
    return json.loads(json.dumps(as_received(document), ensure_ascii=False).encode(errors="replace"))


def use(item: dict[str, Any]) -> None:
    """Let every function that reads profiles meet an item, and hold what must be true of each."""
    world = world_with(item)
    page = play(fleet.handler, {}, world)
    assert page.refusal is None, page.refusal
    assert {"targetArn": OTHER_ARN} in page.answer["targets"]
    assert len(json.dumps(page.answer)) < 200_000

    assert play(deployments.handler, example("deployment-update-code"), world).refusal is None
    for each in page.answer["targets"]:
        play(drift.handler, each, world)
        trigger = {"trigger": "drift", "lambdaARN": each["targetArn"], "codeSha256": "code-1"}
        execution = execution_of(RUN_ID)
        event = {"runId": RUN_ID, "executionArn": execution.arn, "startedAt": execution.started_at, "input": trigger}
        play(initializer.handler, event, world)

    assert [] == [each for each in changes(world) if each[0] != "invoke"]
    assert [] == world.functions.asked
    assert {TARGET_ARN, OTHER_ARN} >= {each["lambdaARN"] for each in world.executions.inputs.values()}


def test_no_damaged_profile_stops_the_fleet() -> None:
    """Profiles damaged in what they say and in how it is written."""
    for seed in range(TRIES):
        profile = as_received(damaged(seed, PROFILES))
        text = json.dumps(profile)
        at = seed * 7919 % (len(text) + 1)
        use(item_of(text if seed % 4 else text[:at] + '{"\\'[seed % 3] + text[at + seed % 5 :]))


def test_no_damaged_item_stops_the_fleet() -> None:
    """Items damaged as a whole: of another kind, without a profile, of something that is no function."""
    for seed in range(TRIES):
        item = stored(damaged(seed, [item_of(json.dumps(each)) for each in PROFILES]))
        item = item if isinstance(item, dict) else {}
        key = {name: value for name, value in item.items() if name in {"PK", "SK"} and isinstance(value, str) and value}
        use({**keys.profile(TARGET_ARN), **item, **keys.profile(TARGET_ARN), **key})


@given(any_json, any_json.map(json.dumps) | st.text())
@same_cases
def test_no_json_as_a_profile_stops_the_fleet(value: Any, text: str) -> None:
    """Any JSON as an attribute or as the text of one, and what is none."""
    use(item_of(value))
    use(item_of(text))


class LeasesOfTable(FakeLeases):
    """Leases of which the janitor finds some more in the table."""

    found: dict[str, Any]

    def held(self) -> Iterator[Lease]:  # type: ignore[override]
        """Yield all, as the table does, the one that was found first."""
        items = [self.found, *(to_item(lease) for lease in super().held())]
        table = OneTable({(each["PK"], each["SK"]): to_attributes(each) for each in items})
        yield from DynamoLeases(ItemTable(table, "table"), self._clock.now).held()  # type: ignore[arg-type]


def test_no_damaged_lease_stops_the_cleanup() -> None:
    """Whatever lies in the table as a lease: what another run left behind is taken back all the same."""
    whole = to_item(Lease(run_id="run-2", target_arn=OTHER_ARN, original=Original(512, "f", "c"), until_s=0))
    for seed in range(TRIES):
        world = World()
        world.leases = LeasesOfTable(world.clock)
        world.begin()
        world.publish()
        item = stored(damaged(seed, [whole]))
        world.leases.found = {**(item if isinstance(item, dict) else {}), **keys.lease(OTHER_ARN)}

        play(janitor.handler, {}, world)

        assert ({}, []) == (world.target.versions, list(FakeLeases.held(world.leases)))
        assert {TARGET_ARN} == {call[1] for call in changes(world)}


@pytest.mark.parametrize("unit", ["[", '{"a":', "9", "A", '"', "\\"])
def test_a_long_profile_is_read_in_linear_time(unit: str) -> None:
    """However it is damaged."""

    def read(text: str) -> None:
        world_with(item_of(text)).profiles.get(TARGET_ARN)

    assert is_linear(read, lambda size: unit * (size // len(unit)))
