"""Measuring: invocations, their samples, and what ends a branch."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from fake_lambda import TARGET_ARN, Asked, cpu_bound, report_line
from power_tuner.domain.sample import Sample
from power_tuner.errors import (
    FunctionError,
    LeaseLost,
    OutOfMemory,
    PowerTunerError,
    ProcessorFailed,
    TargetTimeout,
    Throttled,
    Unmeasurable,
)
from power_tuner.ports import InvocationAnswer, InvocationThrottled, SampleBlock
from power_tuner.steps.measuring import MAX_BURSTS
from world import RUN_ID, World

BRANCH = {"powerValue": 1024, "version": "1"}
PROCESSOR_ARN = "arn:aws:lambda:us-east-1:123456789012:function:processor"


def begun(world: World, **wanted: Any) -> World:
    world.begin(**{"powerValues": [1024], **wanted})
    world.publish(round_batches={"1024": [[0, 5]]})
    return world


def blocks(world: World, power_mb: int = 1024) -> list[SampleBlock]:
    return world.documents.samples(RUN_ID).get(power_mb, [])


def samples(world: World) -> list[Sample]:
    return [sample for block in blocks(world) for sample in block.samples]


def answers(payload: str = "{}", error: str | None = None, *, log: str = "", version: str = "1") -> Any:
    return lambda _asked: InvocationAnswer(payload, error, log or report_line(10, 10, 1024), version)


def slow(world: World, seconds: float) -> Callable[[Asked], InvocationAnswer]:
    def behave(asked: Asked) -> InvocationAnswer:
        world.clock.advance(seconds)
        return cpu_bound(asked)

    return behave


def test_a_batch_is_invoked_and_measured(world: World) -> None:
    """Each invocation becomes a sample of what its REPORT said."""
    begun(world)

    assert {"begin": 0, "wanted": 5, "position": 5, "kept": 5, "done": True} == world.measure(BRANCH)
    assert [Sample(100.0, 100, max_memory_used_mb=40)] * 5 == samples(world)


def test_the_version_is_invoked_not_latest(world: World) -> None:
    """The published version of the power value is what is measured."""
    world.begin(powerValues=[128])
    world.publish()
    world.measure({"powerValue": 128, "version": "1"})

    assert {(TARGET_ARN, "1", 128)} == {(asked.arn, asked.version, asked.memory_mb) for asked in world.functions.asked}


def test_a_batch_is_its_part_of_the_branch(world: World) -> None:
    """A batch begins at its place in the branch and brings as many samples as are wanted."""
    begun(world, num=100)

    world.measure(BRANCH, begin=25, wanted=5)

    assert [(25, 25, 5, "call-1")] == [(b.batch, b.first, len(b.samples), b.call_id) for b in blocks(world)]


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        (None, "null"),
        ({"a": "ä"}, '{"a": "\\u00e4"}'),
        ([1, 2], "[1, 2]"),
        (7, "7"),
        ("plain text", '"plain text"'),
        ('{"already": "JSON"}', '{"already": "JSON"}'),
    ],
)
def test_a_payload_is_sent_as_json(world: World, payload: object, sent: str) -> None:
    """Any JSON and any text can be a payload; text that is JSON already goes as it is."""
    begun(world, payload=payload)
    world.measure(BRANCH, wanted=1)

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


def _most_at_once(world: World, **wanted: Any) -> int:
    from threading import Barrier, BrokenBarrierError, Lock  # noqa: PLC0415

    begun(world, num=20, **wanted)
    together = Barrier(20 if wanted else 1)
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
    world.measure(BRANCH, wanted=20)
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

    batch = world.measure(BRANCH, wanted=50, remaining_s=900, call_id="call-1")
    assert (False, True) == (batch["done"], 0 < batch["position"] < 50)

    while not batch["done"]:
        position, kept = batch["position"], batch["kept"]
        batch = world.measure(BRANCH, wanted=50, position=position, kept=kept, call_id=f"call-{position}")
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

    world.measure(BRANCH, wanted=1000, remaining_s=900)

    assert 850 < world.clock.now() - began_s < 900


def test_a_processors_time_counts_too(world: World) -> None:
    """Processors may take longer than the target's timeout; room is kept for them."""
    begun(world, num=1000, preProcessorARN=PROCESSOR_ARN)
    world.functions.add(PROCESSOR_ARN).behaviour = slow(world, 100)
    began_s = world.clock.now()

    world.measure(BRANCH, wanted=1000, remaining_s=900)

    assert 900 > world.clock.now() - began_s


def test_samples_are_saved_on_the_way(world: World) -> None:
    """A long batch saves its samples every few seconds, so that progress is seen and little is lost."""
    begun(world, num=10)
    world.target.behaviour = slow(world, 3)
    world.measure(BRANCH, wanted=10)

    assert [(0, 2), (2, 2), (4, 2), (6, 2), (8, 2)] == [(b.first, len(b.samples)) for b in blocks(world)]


def test_a_stopped_run_stops_invoking(world: World) -> None:
    """At the next checkpoint the lost lease is noticed; what was measured is saved."""
    begun(world, num=100)
    world.target.behaviour = slow(world, 3)
    world.functions.before("invoke", 3, lambda: world.leases.fence(TARGET_ARN, RUN_ID))

    with pytest.raises(LeaseLost):
        world.measure(BRANCH, wanted=100)
    assert 4 == len(world.functions.asked) == len(samples(world))


def test_without_a_lease_nothing_is_invoked(world: World) -> None:
    """A run that was stopped before does not invoke at all."""
    begun(world)
    world.leases.fence(TARGET_ARN, RUN_ID)
    with pytest.raises(LeaseLost):
        world.measure(BRANCH)

    assert [] == world.functions.asked


def error(error_type: str, message: str = "no card 4111") -> str:
    return json.dumps({"errorType": error_type, "errorMessage": message, "stackTrace": ["4111\n"]})


OOM_LOG = report_line(900, 900, 128, "Status: error\tError Type: Runtime.OutOfMemory")
TIMEOUT_LOG = report_line(3000, 3000, 128, "Status: timeout")


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (answers(error("ValueError"), "Unhandled"), FunctionError),
        (answers(error("Runtime.ExitError"), "Unhandled", log=OOM_LOG), OutOfMemory),
        (answers(error("Sandbox.Timedout"), "Unhandled", log=TIMEOUT_LOG), TargetTimeout),
        (answers(version="7"), Unmeasurable),
    ],
)
def test_a_failure_ends_the_branch(
    world: World, behaviour: Callable[[Asked], InvocationAnswer], expected: type[PowerTunerError]
) -> None:
    """The first failed invocation ends the batch with the branch's outcome; its sample is kept, for it is billed."""
    begun(world)
    world.target.behaviour = behaviour
    with pytest.raises(expected):
        world.measure(BRANCH)

    assert [expected.outcome] == [sample.status for sample in samples(world)]  # type: ignore[attr-defined]


def test_samples_before_a_failure_are_kept(world: World) -> None:
    """What was measured before the branch failed is not lost."""
    begun(world)
    world.functions.before("invoke", 4, lambda: setattr(world.target, "behaviour", answers(error("E"), "Unhandled")))
    with pytest.raises(FunctionError):
        world.measure(BRANCH)

    assert ["ok", "ok", "ok", "function-error"] == [sample.status for sample in samples(world)]


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


def processor(world: World, behaviour: Callable[[Asked], InvocationAnswer]) -> None:
    world.functions.add(PROCESSOR_ARN).behaviour = behaviour


def sent_to(world: World, arn: str) -> list[str]:
    return [asked.payload for asked in world.functions.asked if asked.arn == arn]


@pytest.mark.parametrize(
    ("output", "expected"),
    [('{"id": 7}', '{"id": 7}'), ("[1]", "[1]"), ("null", '{"original": 1}'), ("", '{"original": 1}')],
)
def test_the_pre_processor_may_replace_the_payload(world: World, output: str, expected: str) -> None:
    """It gets the original payload; a non-empty output is what the target gets."""
    begun(world, payload={"original": 1}, preProcessorARN=PROCESSOR_ARN)
    processor(world, answers(output))
    world.measure(BRANCH, wanted=2)

    assert ['{"original": 1}'] * 2 == sent_to(world, PROCESSOR_ARN)
    assert [expected] * 2 == sent_to(world, TARGET_ARN)


def test_the_post_processor_gets_the_output(world: World) -> None:
    """It is invoked with what the target returned, after each invocation."""
    begun(world, postProcessorARN=PROCESSOR_ARN)
    processor(world, answers())
    world.target.behaviour = answers('{"made": 3}')
    world.measure(BRANCH, wanted=2)

    assert ['{"made": 3}'] * 2 == sent_to(world, PROCESSOR_ARN)


def test_processors_are_not_measured(world: World) -> None:
    """Only the target's reports are in the samples."""
    begun(world, preProcessorARN=PROCESSOR_ARN, postProcessorARN=PROCESSOR_ARN)
    processor(world, answers(log=report_line(9999, 9999, 128)))
    world.measure(BRANCH)

    assert {100.0} == {sample.duration_ms for sample in samples(world)}


@pytest.mark.parametrize("role", ["pre-processor", "post-processor"])
def test_a_failed_processor_fails_the_run_by_name(world: World, role: str) -> None:
    """The error says which processor failed, and how."""
    begun(world, **{"preProcessorARN" if role == "pre-processor" else "postProcessorARN": PROCESSOR_ARN})
    processor(world, answers(error("KeyError"), "Unhandled"))

    with pytest.raises(ProcessorFailed) as caught:
        world.measure(BRANCH)
    assert f"the {role} {PROCESSOR_ARN} failed: {error('KeyError')}" == str(caught.value)


def test_a_missing_processor_fails_the_run_by_name(world: World) -> None:
    """A processor that does not exist is no fault of a power value."""
    begun(world, preProcessorARN=PROCESSOR_ARN)

    with pytest.raises(ProcessorFailed, match=f"the pre-processor {PROCESSOR_ARN} could not be invoked"):
        world.measure(BRANCH)


def test_a_processors_words_have_an_end(world: World) -> None:
    """An error document of megabytes still fits into the state machine."""
    begun(world, preProcessorARN=PROCESSOR_ARN)
    processor(world, answers("x" * 1_000_000, "Unhandled"))

    with pytest.raises(ProcessorFailed) as caught:
        world.measure(BRANCH)
    assert 2000 > len(str(caught.value))


@pytest.mark.parametrize(
    "behaviour",
    [
        answers(error("ValueError"), "Unhandled"),
        answers("4111", "Handled"),
        answers(error("Sandbox.Timedout"), "Unhandled", log=TIMEOUT_LOG),
        answers(error("X", "Task timed out after 4111 seconds"), "Unhandled"),
    ],
)
@pytest.mark.parametrize("failing", ["target", "processor"])
def test_payloads_can_be_hidden(world: World, behaviour: Callable[[Asked], InvocationAnswer], failing: str) -> None:
    """With disablePayloadLogs no error repeats what target or processor said."""
    begun(world, payload={"card": "4111"}, disablePayloadLogs=True, preProcessorARN=PROCESSOR_ARN)
    processor(world, behaviour if failing == "processor" else answers())
    world.target.behaviour = behaviour

    with pytest.raises(PowerTunerError) as caught:
        world.measure(BRANCH)
    assert "4111" not in str(caught.value)


def cold_on(*places: int) -> Callable[[Asked], InvocationAnswer]:
    """Answer with a cold start on these invocations, counted from 0, and warm on all others."""
    count = -1

    def behave(asked: Asked) -> InvocationAnswer:
        nonlocal count
        count += 1
        init = "Init Duration: 400.00 ms\t" if count in places else ""
        return InvocationAnswer("{}", None, report_line(10, 410, asked.memory_mb, init), asked.version)

    return behave


def cold_and_warm(world: World) -> tuple[int, int]:
    measured = samples(world)
    return sum(s.measured and s.cold for s in measured), sum(s.status == "warm" for s in measured)


def test_cold_starts_come_in_bursts(world: World) -> None:
    """With onlyColdStarts bursts go on until there are num cold samples; warm ones are kept, and do not count."""
    begun(world, onlyColdStarts=True)
    world.target.behaviour = cold_on(0, 1, 2, 5, 6)

    assert {"begin": 0, "wanted": 5, "position": 10, "kept": 5, "done": True} == world.measure(BRANCH)
    assert (5, 5) == cold_and_warm(world)


def test_cold_starts_that_do_not_come_are_not_waited_for(world: World) -> None:
    """After a few bursts without cold starts the batch ends, and the Analyzer judges."""
    begun(world, onlyColdStarts=True)
    world.target.behaviour = cold_on(0)

    batch = world.measure(BRANCH)

    assert (True, 1, 5 * MAX_BURSTS) == (batch["done"], batch["kept"], batch["position"])


def test_cold_starts_are_counted_over_calls(world: World) -> None:
    """A second Executor call knows how many cold samples the first one kept."""
    begun(world, onlyColdStarts=True)
    world.target.behaviour = cold_on(0, 1)

    batch = world.measure(BRANCH, position=5, kept=3)

    assert (True, 5, 10) == (batch["done"], batch["kept"], batch["position"])


def test_the_smart_mode_wants_warm_samples(world: World) -> None:
    """A cold start is kept for the bill, and another invocation is made for it."""
    begun(world, num=...)
    world.target.behaviour = cold_on(0)

    batch = world.measure(BRANCH, wanted=4)

    assert {"begin": 0, "wanted": 4, "position": 5, "kept": 4, "done": True} == batch
    assert (1, 0) == cold_and_warm(world)


@pytest.mark.parametrize("parallel", [False, True])
def test_the_smart_mode_invokes_no_more_than_it_needs(world: World, parallel: bool) -> None:  # noqa: FBT001
    """Side by side or not, no more is invoked than the engine asked for."""
    begun(world, num=..., parallelInvocation=parallel)
    world.measure(BRANCH, wanted=4)

    assert 4 == len(world.functions.asked)


def test_a_function_that_is_always_cold_is_given_up(world: World) -> None:
    """Without any warm sample the batch ends after some tries, and the Analyzer judges."""
    begun(world, num=...)
    world.target.behaviour = cold_on(*range(1000))

    batch = world.measure(BRANCH, wanted=4)

    assert (True, 0, 15) == (batch["done"], batch["kept"], batch["position"])
