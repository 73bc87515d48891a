"""Publishing: a version per memory size, and $LATEST back as it was."""

from collections.abc import Callable
from typing import Any

import pytest

from fake_lambda import TARGET_ARN
from power_tuner.errors import LeaseLost, PublishFailed, TargetChanged
from power_tuner.steps.publisher import TIME_FOR_ONE_S
from power_tuner.tuning.lease import Lease
from power_tuner.tuning.outcome import BranchOutcome
from world import RUN_ID, World


def lease_of(world: World) -> Lease:
    lease = world.leases.get(TARGET_ARN)
    assert lease is not None
    return lease


def acts(world: World) -> list[tuple[str, ...]]:
    return [(call[0], *call[2:]) for call in world.functions.calls if call[0] in {"set_memory", "publish"}]


def version_memories(world: World) -> dict[str, int]:
    return {number: version["MemorySize"] for number, version in world.target.versions.items()}


def test_each_power_value_gets_a_version(world: World) -> None:
    """The branches name the version that has each memory size, ascending; the largest is tried first."""
    world.begin()

    assert {
        "done": True,
        "branches": [
            {"powerValue": 128, "version": "2", "batches": [[0, 5, 0]]},
            {"powerValue": 512, "version": "3", "batches": [[0, 5, 0]]},
            {"powerValue": 1024, "version": "1", "batches": [[0, 5, 1]]},
        ],
        "firstTry": {"powerValue": 1024, "version": "1", "batch": {"begin": 0, "count": 5, "firstTry": True}},
    } == world.publish()
    assert {"1": 1024, "2": 128, "3": 512} == version_memories(world)


def test_latest_is_as_before(world: World) -> None:
    """When the Publisher is done, $LATEST has its memory again, and the lease has nothing to undo."""
    world.begin()
    before = dict(world.target.latest)

    world.publish()

    assert {**before, "RevisionId": ...} == {**world.target.latest, "RevisionId": ...}
    assert frozenset() == lease_of(world).test_memories_mb()


def test_the_present_memory_needs_no_update() -> None:
    """The memory that the function has is published first; each other one is set once, and one call restores."""
    world = World(update_s=0)
    world.begin()

    world.publish()

    marker = "power-tuner run run-1"
    assert [
        ("publish", marker),
        ("set_memory", "128"),
        ("publish", marker),
        ("set_memory", "512"),
        ("publish", marker),
        ("set_memory", "1024"),
    ] == acts(world)


def test_six_power_values_take_few_calls() -> None:
    """A warm run with six memory sizes stays within 32 control-plane calls, cleanup included."""
    world = World(update_s=0)
    world.begin(powerValues=[128, 256, 512, 1024, 1536, 3008])
    world.publish()
    world.clean_up()

    assert 32 >= len(world.functions.calls)


def test_the_intention_is_noted_before_the_act() -> None:
    """Whenever Lambda is asked for a test memory or a version, the lease says which already."""
    world = World(update_s=0)
    world.begin()
    noted: list[int | None] = []
    for method, calls in (("set_memory", 2), ("publish", 3)):
        for nth in range(1, calls + 1):
            world.functions.before(method, nth, lambda: noted.append(lease_of(world).intent_memory_mb))

    world.publish()

    assert [1024, 128, 128, 512, 512] == noted


def test_a_round_publishes_what_it_measures(world: World) -> None:
    """The smart mode publishes the memory sizes of its round, and keeps the versions of the rounds before."""
    world.begin(num=..., powerValues="ALL")
    world.publish(round_batches={"128": [[0, 4]], "1024": [[0, 4]]})

    published = world.publish(round_batches={"128": [[4, 3]], "256": [[0, 4]]}, round_number=2)

    assert [
        {"powerValue": 128, "version": "2", "batches": [[4, 3, 4]]},
        {"powerValue": 256, "version": "3", "batches": [[0, 4, 0]]},
    ] == published["branches"]
    assert "firstTry" not in published
    assert {"1": 1024, "2": 128, "3": 256} == version_memories(world)
    assert 1024 == world.memory_mb


def test_our_versions_are_noted_as_ours(world: World) -> None:
    """The lease knows each version that this run published."""
    world.begin()
    world.publish()

    assert ({128: "2", 512: "3", 1024: "1"}, {}) == (lease_of(world).versions, lease_of(world).shared_versions)


def test_an_existing_version_is_shared_not_ours(world: World) -> None:
    """Lambda answers the owner's version if nothing changed since: it is measured, and never noted as ours."""
    owners = world.functions.publish_as_owner()
    world.begin()

    published = world.publish()

    assert {"powerValue": 1024, "version": owners, "batches": [[0, 5, 1]]} in published["branches"]
    assert ({1024: owners}, {128, 512}) == (lease_of(world).shared_versions, set(lease_of(world).versions))


def test_a_refused_memory_is_an_outcome() -> None:
    """What the account does not allow is no failure of the run; the other memory sizes are published."""
    world = World(largest_memory_mb=3008)
    world.begin(powerValues=[512, 1024, 10240])

    published = world.publish()

    assert [512, 1024] == [branch["powerValue"] for branch in published["branches"]]
    assert {10240: BranchOutcome(outcome="unmeasurable", reason="Lambda refuses 10240 MB in this account")} == (
        world.documents.outcomes(RUN_ID)
    )
    assert (1024, frozenset()) == (world.memory_mb, lease_of(world).test_memories_mb())


def test_without_time_it_wants_to_be_called_again(world: World) -> None:
    """A call publishes at least one memory size, and begins no other that it may not finish."""
    world.begin()

    assert [False, False, True] == [world.publish(remaining_s=TIME_FOR_ONE_S - 1)["done"] for _ in range(3)]
    assert {"1": 1024, "2": 128, "3": 512} == version_memories(world)
    assert 1024 == world.memory_mb


def test_between_calls_the_lease_knows_the_test_memory(world: World) -> None:
    """A run that dies between two calls of the Publisher can be undone."""
    world.begin()
    world.publish(remaining_s=1)
    world.publish(remaining_s=1)

    assert (128, {128}) == (world.memory_mb, set(lease_of(world).test_memories_mb()))


def test_a_finished_publisher_may_be_called_again(world: World) -> None:
    """A repeated call changes nothing and answers the same."""
    world.begin()
    first = world.publish()
    calls = len(acts(world))

    assert (first, calls) == (world.publish(), len(acts(world)))


def test_a_slow_update_is_waited_for() -> None:
    """A function that takes a minute to update is published all the same."""
    world = World(update_s=60)
    world.begin()

    assert world.publish()["done"]
    assert 1024 == world.memory_mb


def test_an_endless_update_fails_the_publishing() -> None:
    """After two minutes the run stops, with the memory size in the reason."""
    world = World(update_s=500)
    world.begin()
    with pytest.raises(PublishFailed, match="could not be published at 128 MB"):
        world.publish()


def deploys_code(world: World) -> None:
    world.functions.deploy(CodeSha256="code-2")


def deploys_configuration(world: World) -> None:
    world.functions.deploy(Environment={"Variables": {"STAGE": "test"}})


def sets_memory(world: World) -> None:
    world.functions.deploy(MemorySize=2048)


def deletes(world: World) -> None:
    world.functions.remove()


# Each call but the Initializer's look, up to the last publication.
LAST = {"get": 4, "publish": 3, "set_memory": 2}
CALLS = [(method, nth) for method, last in LAST.items() for nth in range(1, last + 1) if (method, nth) != ("get", 1)]


@pytest.mark.parametrize(("method", "nth"), CALLS)
@pytest.mark.parametrize("deployment", [deploys_code, deploys_configuration, sets_memory, deletes])
def test_a_foreign_deployment_ends_the_run(method: str, nth: int, deployment: Callable[[World], None]) -> None:
    """Whatever somebody else does, at whatever call up to the last publication, is noticed."""
    world = World(update_s=0)
    world.begin()
    world.functions.before(method, nth, lambda: deployment(world))

    with pytest.raises(TargetChanged, match=r"changed during the run: .* start a new run\."):
        world.publish()


@pytest.mark.parametrize(("method", "nth"), CALLS)
@pytest.mark.parametrize("deployment", [deploys_code, deploys_configuration, sets_memory])
def test_a_foreign_deployment_is_never_overwritten(method: str, nth: int, deployment: Callable[[World], None]) -> None:
    """After publishing and cleanup the function is what its owner deployed, and no version of ours is left."""
    world = World(update_s=0)
    world.begin()
    expected: dict[str, Any] = {}

    def deploy() -> None:
        deployment(world)
        expected.update(world.target.latest)

    world.functions.before(method, nth, deploy)
    with pytest.raises(TargetChanged):
        world.publish()
    world.clean_up()

    memory_mb = 2048 if deployment is sets_memory else 1024
    assert {**expected, "MemorySize": memory_mb, "RevisionId": ...} == {**world.target.latest, "RevisionId": ...}
    assert ({}, []) == (world.target.versions, world.leases.held())


@pytest.mark.parametrize("deployment", [deploys_code, deploys_configuration, sets_memory])
def test_a_deployment_at_the_restoring_is_left_alone(deployment: Callable[[World], None]) -> None:
    """Somebody who deploys just as the memory is put back loses nothing."""
    world = World(update_s=0)
    world.begin()
    world.functions.before("set_memory", 3, lambda: deployment(world))

    world.publish()

    code = "code-2" if deployment is deploys_code else "code-1"
    assert (code, 2048 if deployment is sets_memory else 1024) == (world.target.latest["CodeSha256"], world.memory_mb)


@pytest.mark.parametrize("method", ["set_memory", "publish", "get"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_lease_undoes_what_was_done(method: str, when: str) -> None:
    """A Publisher that was fenced off while it acted takes its own act back."""
    world = World(update_s=0)
    world.begin()
    getattr(world.functions, when)(method, 2, lambda: world.leases.fence(TARGET_ARN, RUN_ID))

    with pytest.raises(LeaseLost):
        world.publish()
    world.clean_up()

    assert (1024, {}, []) == (world.memory_mb, world.target.versions, world.leases.held())


def test_a_fenced_publisher_cleans_up_by_itself() -> None:
    """When the cleanup left the last act to the Publisher, nothing stays behind once it has ended."""
    world = World(update_s=0)
    world.begin()
    world.functions.after("set_memory", 1, lambda: world.leases.fence(TARGET_ARN, RUN_ID))

    with pytest.raises(LeaseLost):
        world.publish()

    assert (1024, {}, []) == (world.memory_mb, world.target.versions, world.leases.held())


def test_a_repeated_request_is_recognised(world: World) -> None:
    """When Lambda's answer to our own update was lost and repeated, that is no foreign change."""
    world.begin()
    world.functions.after("set_memory", 1, _lose_answer(world))

    assert world.publish()["done"]


def _lose_answer(world: World) -> Callable[[], None]:
    from power_tuner.ports import RevisionMismatch  # noqa: PLC0415

    def lose() -> None:
        world.target.touch()
        raise RevisionMismatch("repeated")

    return lose


def test_without_a_lease_nothing_is_done(world: World) -> None:
    """A Publisher whose run was stopped before it began touches nothing."""
    world.begin()
    world.leases.release(TARGET_ARN, RUN_ID)
    with pytest.raises(LeaseLost):
        world.publish()

    assert [] == acts(world)


@pytest.mark.parametrize(
    ("run_input", "tried_mb"),
    [
        ({}, 1024),
        ({"parallelInvocation": True, "num": 120}, 1024),
        ({"onlyColdStarts": True}, 1024),
        ({"powerValues": [256, 192]}, 256),
        # The largest of the smart mode's first round.
        ({"num": ...}, 512),
        # Each would be invoked once anyway, or there is one only, or errors are expected.
        ({"num": 1}, None),
        ({"dryRun": True}, None),
        ({"powerValues": [512]}, None),
        ({"toleratedErrorShare": 0.2}, None),
    ],
)
def test_a_function_is_tried_once_before_it_is_measured(
    world: World, run_input: dict[str, Any], tried_mb: int | None
) -> None:
    """At the largest memory size, and its batch goes on behind that invocation; not where it would spare nothing."""
    batches = world.begin(**run_input)["round"]["batches"]
    published = world.publish(round_batches=batches)

    tried = published.get("firstTry", {})
    assert tried.get("powerValue") == tried_mb
    behind = {
        branch["powerValue"]: [pos - begin for begin, _, pos in branch["batches"]] for branch in published["branches"]
    }
    assert {memory_mb: [int(memory_mb == tried_mb)] + [0] * (len(b) - 1) for memory_mb, b in behind.items()} == behind
