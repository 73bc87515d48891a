"""Measuring: invocations, their samples, and what ends a branch."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import UNSET

from fake_lambda import TARGET_ARN, Asked, cpu_bound, report_line
from power_tuner.errors import (
    FunctionError,
    LeaseLost,
    OutOfMemory,
    PowerTunerError,
    TargetTimeout,
    Throttled,
    Unmeasurable,
)
from power_tuner.ports import InvocationAnswer, InvocationThrottled
from power_tuner.tuning.sample import Sample
from unit.steps.one_branch import BRANCH, OOM_LOG, TIMEOUT_LOG, answers, begun, blocks, error, samples, slow
from world import RUN_ID, World


def test_a_batch_is_invoked_and_measured(world: World) -> None:
    """Each invocation becomes a sample of what its REPORT said."""
    begun(world)

    done = world.measure(BRANCH)
    assert done == {"begin": 0, "count": 5, "position": 5, "kept": 5, "failed": 0, "spent": done["spent"], "done": True}
    assert [Sample(100.0, 100, max_memory_used_mb=40)] * 5 == samples(world)


def test_the_version_is_invoked_not_latest(world: World) -> None:
    """The published version of the memory size is what is measured."""
    world.begin(powerValues=[128])
    world.publish()
    world.measure({"powerValue": 128, "version": "1"})

    assert {(TARGET_ARN, "1", 128)} == {(asked.arn, asked.version, asked.memory_mb) for asked in world.functions.asked}


def test_a_batch_is_its_part_of_the_branch(world: World) -> None:
    """A batch begins at its place in the branch and brings as many samples as it should."""
    begun(world, num=100)

    world.measure(BRANCH, begin=25, count=5)

    assert [(25, 25, 5, "call-1")] == [(b.batch, b.first, len(b.samples), b.call_id) for b in blocks(world)]


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        (None, "null"),
        ({"a": "ä"}, '{"a":"ä"}'),
        ([1, 2], "[1,2]"),
        (7, "7"),
        ("plain text", '"plain text"'),
        ('{"already": "JSON"}', '{"already": "JSON"}'),
        ("NaN", '"NaN"'),
        ("1e400", "1e400"),
        ("9" * 5000, "9" * 5000),
        ({"half": "\ud800"}, '{"half":"\\ud800"}'),
        ("[" * 100_000, '"' + "[" * 100_000 + '"'),
    ],
    ids=["none", "object", "list", "number", "text", "JSON", "no-JSON", "large", "long", "half", "nearly-JSON"],
)
def test_a_payload_is_sent_as_json(world: World, payload: object, sent: str) -> None:
    """Any JSON and any text can be a payload; text that is JSON already goes as it is."""
    begun(world, payload=payload)
    world.measure(BRANCH, count=1)

    assert [sent] == [asked.payload for asked in world.functions.asked]


def test_weighted_payloads_are_sent_in_proportion(world: World) -> None:
    """Each sample knows which payload it was."""
    begun(world, payload=[{"payload": "a", "weight": 1}, {"payload": "b", "weight": 4}])
    world.measure(BRANCH)

    assert ['"b"', '"b"', '"a"', '"b"', '"b"'] == [asked.payload for asked in world.functions.asked]
    assert [1, 1, 0, 1, 1] == [sample.payload_index for sample in samples(world)]


def test_one_after_the_other_by_default(world: World) -> None:
    """Without parallelInvocation only one invocation is under way at a time."""

    assert 1 == _most_at_once(world)


def test_side_by_side_on_demand(world: World) -> None:
    """With parallelInvocation the invocations of a wave are all under way together."""

    assert 20 == _most_at_once(world, parallelInvocation=True)


def _most_at_once(world: World, **run_input: Any) -> int:
    from threading import Barrier, BrokenBarrierError, Lock  # noqa: PLC0415

    begun(world, num=20, **run_input)
    together = Barrier(20 if run_input else 1)
    lock, under_way, most = Lock(), 0, 0

    def behave(asked: Asked) -> InvocationAnswer:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        try:
            together.wait(timeout=5)
        except BrokenBarrierError:
            pass
        finally:
            with lock:
                under_way -= 1
        return cpu_bound(asked)

    world.target.behaviour = behave
    world.measure(BRANCH, count=20)
    return most


def test_a_pause_between_invocations(world: World) -> None:
    """The pause that the input asks for is made, and is in no duration."""
    begun(world, sleepBetweenRunsMs=250)
    before_s = world.clock.now()
    world.measure(BRANCH)

    assert 5 * 0.25 == pytest.approx(world.clock.now() - before_s)
    assert {100.0} == {sample.duration_ms for sample in samples(world)}


def test_when_time_runs_out_the_rest_is_handed_back(world: World) -> None:
    """A call stops while it can still save, and the next call goes on where it stopped."""
    begun(world, num=50)
    world.target.behaviour = slow(world, 20)

    batch = world.measure(BRANCH, count=50, remaining_s=900, call_id="call-1")
    assert (False, True) == (batch["done"], 0 < batch["position"] < 50)

    while not batch["done"]:
        position, kept = batch["position"], batch["kept"]
        batch = world.measure(BRANCH, count=50, position=position, kept=kept, call_id=f"call-{position}")
    assert (50, list(range(50))) == (
        len(samples(world)),
        [index for b in blocks(world) for index in range(b.first, b.first + len(b.samples))],
    )


def test_a_call_always_invokes_once(world: World) -> None:
    """However little time is left, a call makes progress."""
    begun(world)

    assert 1 == world.measure(BRANCH, remaining_s=1)["position"]


def test_a_call_ends_before_its_time_is_over(world: World) -> None:
    """No invocation is begun that may outlast the Executor, up to the target's own timeout."""
    begun(world, num=1000)
    world.target.behaviour = slow(world, 25)
    began_s = world.clock.now()

    world.measure(BRANCH, count=1000, remaining_s=900)

    assert 850 < world.clock.now() - began_s < 900


def test_samples_are_saved_on_the_way(world: World) -> None:
    """A long batch saves its samples every few seconds, so that progress is seen and little is lost."""
    begun(world, num=10)
    world.target.behaviour = slow(world, 3)
    world.measure(BRANCH, count=10)

    assert [(0, 2), (2, 2), (4, 2), (6, 2), (8, 2)] == [(b.first, len(b.samples)) for b in blocks(world)]


def test_a_stopped_run_stops_invoking(world: World) -> None:
    """At the next checkpoint the lost lease is noticed; what was measured is saved."""
    begun(world, num=100)
    world.target.behaviour = slow(world, 3)
    world.functions.before("invoke", 3, lambda: world.leases.fence(TARGET_ARN, RUN_ID))

    with pytest.raises(LeaseLost):
        world.measure(BRANCH, count=100)
    assert 4 == len(world.functions.asked) == len(samples(world))


def test_without_a_lease_nothing_is_invoked(world: World) -> None:
    """A run that was stopped before does not invoke at all."""
    begun(world)
    world.leases.fence(TARGET_ARN, RUN_ID)
    with pytest.raises(LeaseLost):
        world.measure(BRANCH)

    assert [] == world.functions.asked


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (answers(error("Runtime.ExitError"), "Unhandled", log=OOM_LOG), OutOfMemory),
        (answers(error("Sandbox.Timedout"), "Unhandled", log=TIMEOUT_LOG), TargetTimeout),
        (answers(version="7"), Unmeasurable),
    ],
)
def test_a_failure_ends_the_branch(
    world: World, behaviour: Callable[[Asked], InvocationAnswer], expected: type[PowerTunerError]
) -> None:
    """The first failure that is no error of the function ends the batch; its sample is kept, for it is billed."""
    begun(world)
    world.target.behaviour = behaviour
    with pytest.raises(expected):
        world.measure(BRANCH)

    assert [expected.outcome] == [sample.status for sample in samples(world)]  # type: ignore[attr-defined]


def failing(*numbers: int) -> Callable[[Asked], InvocationAnswer]:
    """Return a function that raises an error at these invocations, counted from 1."""
    made = iter(range(1, 1000))

    def behave(asked: Asked) -> InvocationAnswer:
        failed = next(made) in numbers
        payload, kind = (error("Busy", "try again"), "Unhandled") if failed else ("{}", None)
        return InvocationAnswer(payload, kind, report_line(10, 10, 1024), asked.version)

    return behave


@pytest.mark.parametrize(
    ("num", "numbers", "share"),
    [(5, (1,), 0.1), (5, (5,), 0.1), (3, (2,), 0.1), (20, (3, 9), 0.1), (20, (1, 3, 5, 7), 0.2), (4, (2, 4), 0.5)],
)
def test_a_passing_error_ends_nothing(world: World, num: int, numbers: tuple[int, ...], share: float) -> None:
    """A share of the invocations may fail, and a single one: the batch goes on, its samples say what failed."""
    begun(world, num=num, toleratedErrorShare=share)
    world.target.behaviour = failing(*numbers)

    done = world.measure(BRANCH, count=num)

    failed = [index for index, sample in enumerate(samples(world), 1) if sample.status == "function-error"]
    assert (done["done"], done["failed"], failed) == (True, len(numbers), list(numbers))
    assert {sample.error for sample in samples(world)} == {UNSET, "the function raised Busy: try again"}


@pytest.mark.parametrize(
    ("num", "numbers", "share", "told"),
    [
        (5, (1, 2), 0.5, "2 of 2 invocations failed, and 50% are tolerated; the last: the function raised Busy"),
        (5, (2, 4), 0.1, "2 of 4 invocations failed, and 10% are tolerated; the last: the function raised Busy"),
        (20, (2, 4, 6), 0.1, "3 of 6 invocations failed, and 10% are tolerated; the last: the function raised Busy"),
        (5, (3,), 0.0, "the function raised Busy: try again"),
        (1, (1,), 0.1, "the function raised Busy: try again"),
    ],
)
def test_more_errors_end_the_branch(world: World, num: int, numbers: tuple[int, ...], share: float, told: str) -> None:
    """With both figures and the last error; two at the beginning are taken for an error that does not pass."""
    begun(world, num=num, toleratedErrorShare=share)
    world.target.behaviour = failing(*numbers)
    with pytest.raises(FunctionError) as caught:
        world.measure(BRANCH, count=num)

    assert str(caught.value).startswith(told)
    assert len(samples(world)) == numbers[-1]


def test_a_classic_run_keeps_to_its_cost(world: World) -> None:
    """Each batch may spend its share; the branch ends at the invocation that exceeds it, and says so."""
    cost = cost_of_one()
    begun(world, num=5, maxCostUsd=2.5 * cost)
    with pytest.raises(Unmeasurable, match=r"its share of maxCostUsd \(.*\) was spent after 3 of 5 invocations"):
        world.measure(BRANCH)

    assert len(samples(world)) == 3


def test_what_earlier_calls_spent_counts(world: World) -> None:
    """The state carries it from call to call."""
    cost = cost_of_one()
    begun(world, num=5, maxCostUsd=2.5 * cost)
    with pytest.raises(Unmeasurable, match="was spent after 3 of 5 invocations"):
        world.measure(BRANCH, position=2, kept=2, spent=2 * cost)


def test_a_classic_run_keeps_to_its_time(world: World) -> None:
    """Once it is over no batch goes on."""
    begun(world, num=5, maxDurationSeconds=60)
    world.clock.advance(61)
    with pytest.raises(Unmeasurable, match=r"maxDurationSeconds \(60 s\) was reached after 1 of 5 invocations"):
        world.measure(BRANCH)


def cost_of_one() -> float:
    """Return what one invocation of the branch costs."""
    other = World()
    begun(other, num=1)
    return float(other.measure(BRANCH, count=1)["spent"])


def test_errors_are_counted_over_the_calls_of_the_executor(world: World) -> None:
    """What an earlier call tolerated is carried by the state."""
    begun(world, num=5)
    world.target.behaviour = failing(1)
    with pytest.raises(FunctionError, match="2 of 4 invocations failed"):
        world.measure(BRANCH, position=3, kept=2, failed=1)


def test_of_failures_side_by_side_the_first_is_told(world: World) -> None:
    """The order is that of the invocations, not of the answers; each sample says what became of it."""
    begun(world, num=2, parallelInvocation=True, payload=[{"payload": p, "weight": 1} for p in ("leak", "raise")])

    def behave(asked: Asked) -> InvocationAnswer:
        log = OOM_LOG if asked.payload == '"leak"' else report_line(10, 10, 1024)
        return InvocationAnswer(error("E"), "Unhandled", log, asked.version)

    world.target.behaviour = behave
    with pytest.raises(OutOfMemory):
        world.measure(BRANCH, count=2)

    assert ["out-of-memory", "function-error"] == [sample.status for sample in samples(world)]


def test_samples_before_a_failure_are_kept(world: World) -> None:
    """What was measured before the branch failed is not lost."""
    begun(world)
    world.functions.before("invoke", 4, lambda: setattr(world.target, "behaviour", answers(error("E"), "Unhandled")))
    with pytest.raises(FunctionError):
        world.measure(BRANCH)

    assert [sample.status for sample in samples(world)] == ["ok", "ok", "ok", "function-error", "function-error"]


def test_samples_before_an_error_of_ours_are_kept(world: World) -> None:
    """Even when Lambda's API fails, what ran before is counted."""
    begun(world)

    def fail() -> None:
        raise ConnectionError("reset")

    world.functions.before("invoke", 4, fail)
    with pytest.raises(ConnectionError):
        world.measure(BRANCH)

    assert 3 == len(samples(world))


def throttle() -> None:
    raise InvocationThrottled("throttled for 11 s")


def test_a_sample_that_failed_knows_its_payload(world: World) -> None:
    """A version that is gone fails with the payload that was to be sent, the second one here."""
    begun(world, num=3, payload=[{"payload": "a", "weight": 1}, {"payload": "b", "weight": 2}])
    world.target.versions.clear()
    with pytest.raises(Unmeasurable):
        world.measure(BRANCH)

    assert [1] == [sample.payload_index for sample in samples(world)]


def test_a_throttled_executor_gives_its_place_back(world: World) -> None:
    """It waits for a moment only, and says so by an error that Step Functions tries again; nothing was invoked."""
    begun(world)
    world.functions.before("invoke", 1, throttle)
    with pytest.raises(Throttled, match="throttled for 11 s"):
        world.measure(BRANCH)

    assert [] == samples(world)
    assert 10.0 == world.functions.patience_s
    assert world.measure(BRANCH)["done"]


def test_a_throttle_in_the_middle_keeps_what_was_measured(world: World) -> None:
    """The call ends with what it has, and the next one goes on from there."""
    begun(world)
    world.functions.before("invoke", 3, throttle)
    first = world.measure(BRANCH)
    second = world.measure(BRANCH, position=first["position"], kept=first["kept"], call_id="call-2")

    assert (2, False, 5, True) == (first["position"], first["done"], second["position"], second["done"])
    assert 5 == len(samples(world))


def test_parallel_invocations_wait_together(world: World) -> None:
    """What is invoked side by side waits for two minutes; then the branch is throttled."""
    begun(world, parallelInvocation=True)
    world.functions.before("invoke", 1, throttle)
    with pytest.raises(Throttled, match="throttled for 11 s"):
        world.measure(BRANCH)

    assert 120.0 == world.functions.patience_s
    assert 1 == [sample.status for sample in samples(world)].count("throttled")


def test_a_version_that_is_gone_ends_the_branch(world: World) -> None:
    """Somebody may delete a version that is being measured."""
    begun(world)
    world.target.versions.clear()

    with pytest.raises(Unmeasurable, match="version 1 is gone"):
        world.measure(BRANCH)


def test_a_missing_report_does_not_end_the_branch(world: World) -> None:
    """An invocation without REPORT is kept as unmeasurable, and the batch goes on."""
    begun(world)
    world.target.behaviour = answers(log="END RequestId: 8f5b\n")

    assert world.measure(BRANCH)["done"]
    assert [Sample(None, None, status="unmeasurable")] * 5 == samples(world)


def test_allowed_exceptions_are_measured(world: World) -> None:
    """An error type that the input allows counts as an answer."""
    begun(world, allowedExceptions=["NotFound"])
    world.target.behaviour = answers(error("NotFound"), "Unhandled")

    assert world.measure(BRANCH)["done"]
    assert {"ok"} == {sample.status for sample in samples(world)}
