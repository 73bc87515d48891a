"""Leases: the table and its stand-in keep the same promises."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from fake_stores import FakeLeases
from fakes import NOON_S, FakeClock
from power_tuner.aws import keys
from power_tuner.aws.item_table import ItemTable
from power_tuner.aws.lease_store import DynamoLeases, from_item, to_item
from power_tuner.errors import DamagedItem, LeaseLost
from power_tuner.ports import Leases
from power_tuner.tuning.lease import LEASE_S, Lease, Original

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
UNTIL_S = int(NOON_S) + LEASE_S
LEASE = Lease(
    run_id="run-1",
    execution_arn="arn:aws:states:...:run-1",
    target_arn=ARN,
    original=Original(1024, "fingerprint", "code-1"),
    until_s=UNTIL_S,
)


@pytest.fixture(params=["fake", "DynamoDB"])
def leases(request: pytest.FixtureRequest, clock: FakeClock) -> Leases:
    if request.param == "fake":
        return FakeLeases(clock)
    return DynamoLeases(request.getfixturevalue("item_table"), clock.now)


def test_a_free_target_can_be_leased(leases: Leases) -> None:
    """What was taken is what is read."""

    assert leases.take(LEASE) is None
    assert LEASE == leases.get(ARN)


def test_a_lease_without_notes_is_read(leases: Leases) -> None:
    """What a run has not noted yet is nothing."""
    taken = Lease(run_id="run-1", target_arn=ARN, until_s=UNTIL_S)
    leases.take(taken)

    assert taken == leases.get(ARN)


def test_a_lease_of_an_earlier_version_is_read() -> None:
    """A run that an update of this app meets is cleaned up after."""
    item = {
        **keys.lease(ARN),
        "runId": "run-1",
        "executionArn": "arn:aws:states:...:run-1",
        "targetArn": ARN,
        "originalMemoryMb": 1024,
        "originalFingerprint": "fingerprint",
        "originalCodeSha256": "code-1",
        "untilS": UNTIL_S,
        "phase": "active",
        "intentUntilS": 0,
        "versions": {},
        "sharedVersions": {},
    }

    assert LEASE == from_item(item)


def test_a_lease_of_an_earlier_version_may_know_nothing_of_its_target() -> None:
    """It had zeros for what the run had not looked at yet."""
    item = {
        **keys.lease(ARN),
        "runId": "run-1",
        "executionArn": "",
        "targetArn": ARN,
        "originalMemoryMb": 0,
        "originalFingerprint": "",
        "originalCodeSha256": "",
        "untilS": UNTIL_S,
        "phase": "active",
    }

    assert from_item(item).original is None


def test_a_target_without_lease_has_none(leases: Leases) -> None:
    """Nobody's lease is None."""

    assert leases.get(ARN) is None


def test_a_leased_target_tells_its_holder(leases: Leases) -> None:
    """The second taker hears whose it is, and changes nothing."""
    leases.take(LEASE)

    assert LEASE == leases.take(replace(LEASE, run_id="run-2"))
    assert LEASE == leases.get(ARN)


def test_a_run_may_take_its_lease_again(leases: Leases) -> None:
    """A retried beginning is not refused by itself."""
    leases.take(LEASE)

    assert leases.take(LEASE) is None


def test_a_fenced_run_cannot_take_its_lease_again(leases: Leases) -> None:
    """Once a cleanup has begun, the run is over."""
    leases.take(LEASE)
    leases.fence(ARN, "run-1")

    assert replace(LEASE, phase="closing") == leases.take(LEASE)


def test_an_expired_lease_is_still_held(leases: Leases, clock: FakeClock) -> None:
    """Expiry alone frees nothing: what was done must be undone first."""
    leases.take(LEASE)
    clock.advance(10 * LEASE_S)

    assert LEASE == leases.take(replace(LEASE, run_id="run-2"))


def test_a_lease_is_renewed(leases: Leases, clock: FakeClock) -> None:
    """A renewal extends the lease from now on, and returns it."""
    leases.take(LEASE)
    clock.advance(100)
    expected = replace(LEASE, until_s=UNTIL_S + 100)

    assert expected == leases.renew(ARN, "run-1")
    assert expected == leases.get(ARN)


def test_notes_are_saved(leases: Leases, clock: FakeClock) -> None:
    """What the run notes is kept, and extends the lease."""
    leases.take(LEASE)
    clock.advance(5)
    noted = replace(
        LEASE,
        set_memory_mb=128,
        intent_memory_mb=512,
        intent_until_s=77,
        versions={128: "7"},
        shared_versions={1024: "6"},
    )
    expected = replace(noted, until_s=UNTIL_S + 5)

    assert expected == leases.save(noted)
    assert expected == leases.get(ARN)


def gone(leases: Leases) -> None:
    leases.release(ARN, "run-1")


def fenced(leases: Leases) -> None:
    leases.fence(ARN, "run-1")


def another(leases: Leases) -> None:
    leases.release(ARN, "run-1")
    leases.take(replace(LEASE, run_id="run-2"))


@pytest.mark.parametrize("lose", [gone, fenced, another])
@pytest.mark.parametrize("act", ["renew", "save"])
def test_a_lost_lease_is_lost(leases: Leases, lose: Callable[[Leases], None], act: str) -> None:
    """A lease that is gone, closing or another's is neither renewed nor written."""
    leases.take(LEASE)
    lose(leases)
    before = leases.get(ARN)

    with pytest.raises(LeaseLost, match="Run run-1 no longer holds the lease on"):
        leases.renew(ARN, "run-1") if act == "renew" else leases.save(LEASE)
    assert before == leases.get(ARN)


def test_fencing_returns_the_notes(leases: Leases) -> None:
    """Whoever cleans up gets what must be undone, as often as it asks."""
    leases.take(replace(LEASE, set_memory_mb=128))
    expected = replace(LEASE, set_memory_mb=128, phase="closing")

    assert [expected, expected] == [leases.fence(ARN, "run-1"), leases.fence(ARN, "run-1")]


def test_only_ones_own_lease_is_fenced(leases: Leases) -> None:
    """A late cleanup finds nothing, and leaves another's lease alone."""
    leases.take(LEASE)

    assert leases.fence(ARN, "run-0") is None
    assert LEASE == leases.get(ARN)


@pytest.mark.parametrize("run_id", ["run-1", "run-0"])
def test_only_ones_own_lease_is_released(leases: Leases, run_id: str) -> None:
    """A release by another run does nothing, and a second one neither."""
    leases.take(LEASE)
    leases.release(ARN, run_id)
    leases.release(ARN, run_id)

    assert (None if run_id == "run-1" else LEASE) == leases.get(ARN)


def test_all_leases_are_found(leases: Leases) -> None:
    """The janitor finds each lease, whatever the target."""
    others = [replace(LEASE, target_arn=f"{ARN}-{number}", run_id=f"run-{number}") for number in range(3)]
    for lease in others:
        leases.take(lease)
    leases.release(others[1].target_arn, others[1].run_id)

    assert {"run-0", "run-2"} == {lease.run_id for lease in leases.held()}


def test_who_lost_a_lease_is_told_which(leases: Leases) -> None:
    """The message names the run and the target."""
    expected = f"Run run-1 no longer holds the lease on {ARN}: it was stopped, or it expired."
    with pytest.raises(LeaseLost) as renewed:
        leases.renew(ARN, "run-1")
    with pytest.raises(LeaseLost) as saved:
        leases.save(LEASE)

    assert [expected, expected] == [str(renewed.value), str(saved.value)]


def test_a_lease_that_is_released_meanwhile_is_taken(dynamodb: Any, item_table: ItemTable, clock: FakeClock) -> None:
    """Between a refusal and the question whose lease it is, the holder may have released it."""
    leases = DynamoLeases(item_table, clock.now)
    leases.take(LEASE)
    second = replace(LEASE, run_id="run-2")

    def once(**_: Any) -> None:
        dynamodb.meta.events.unregister("before-call.dynamodb.GetItem", once)
        leases.release(ARN, "run-1")

    dynamodb.meta.events.register("before-call.dynamodb.GetItem", once)

    assert (None, second) == (leases.take(second), leases.get(ARN))


def test_a_lease_is_an_item_of_its_function(table: "Table", item_table: ItemTable, clock: FakeClock) -> None:
    """Under this key others find it, and the index has all leases."""
    DynamoLeases(item_table, clock.now).take(LEASE)
    (item,) = table.scan()["Items"]

    assert {**keys.lease(ARN), "day": keys.LEASES}.items() <= item.items()


def test_a_lease_that_names_another_function_is_damaged() -> None:
    """So that nobody who may write one item has another function cleaned up."""
    item = {**to_item(LEASE), **keys.lease(f"{ARN}-b")}

    with pytest.raises(DamagedItem, match=f"lease on {ARN}-b .* of another function"):
        from_item(item)


def test_a_damaged_lease_is_named_after_all_others(item_table: ItemTable, clock: FakeClock) -> None:
    """The janitor cleans up after every other run, and then tells which item it cannot read."""
    leases = DynamoLeases(item_table, clock.now)
    for letter in "abc":
        leases.take(replace(LEASE, target_arn=f"{ARN}-{letter}", run_id=f"run-{letter}"))
    item_table.update(keys.lease(f"{ARN}-b"), "SET untilS = :text", text="soon")
    read: list[str] = []

    with pytest.raises(DamagedItem, match=f"lease on {ARN}-b "):
        read.extend(lease.run_id for lease in leases.held())
    held = iter(leases.held())

    assert {"run-a", "run-c"} == {next(held).run_id, next(held).run_id}
