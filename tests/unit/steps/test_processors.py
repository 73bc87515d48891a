"""Processors: what is invoked before and after the target, and is not measured."""

from collections.abc import Callable

import pytest

from fake_lambda import TARGET_ARN, Asked, report_line
from power_tuner.errors import (
    PowerTunerError,
    ProcessorFailed,
)
from power_tuner.ports import InvocationAnswer
from unit.steps.one_branch import BRANCH, TIMEOUT_LOG, answers, begun, error, samples, slow
from world import World

PROCESSOR_ARN = "arn:aws:lambda:us-east-1:123456789012:function:processor"


def test_a_processors_time_counts_too(world: World) -> None:
    """Processors may take longer than the target's timeout; room is kept for them."""
    begun(world, num=1000, preProcessorARN=PROCESSOR_ARN)
    world.functions.add(PROCESSOR_ARN).behaviour = slow(world, 100)
    began_s = world.clock.now()

    world.measure(BRANCH, count=1000, remaining_s=900)

    assert 900 > world.clock.now() - began_s


def processor(world: World, behaviour: Callable[[Asked], InvocationAnswer]) -> None:
    world.functions.add(PROCESSOR_ARN).behaviour = behaviour


def sent_to(world: World, arn: str) -> list[str]:
    return [asked.payload for asked in world.functions.asked if asked.arn == arn]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ('{"id": 7}', '{"id": 7}'),
        ("[1]", "[1]"),
        ("0", "0"),
        *((empty, '{"original":1}') for empty in ("null", "", '""', "{}", " {}\n")),
    ],
)
def test_the_pre_processor_may_replace_the_payload(world: World, output: str, expected: str) -> None:
    """It gets the original payload; a non-empty output is what the target gets."""
    begun(world, payload={"original": 1}, preProcessorARN=PROCESSOR_ARN)
    processor(world, answers(output))
    world.measure(BRANCH, count=2)

    assert ['{"original":1}'] * 2 == sent_to(world, PROCESSOR_ARN)
    assert [expected] * 2 == sent_to(world, TARGET_ARN)


def test_the_post_processor_gets_the_output(world: World) -> None:
    """It is invoked with what the target returned, after each invocation."""
    begun(world, postProcessorARN=PROCESSOR_ARN)
    processor(world, answers())
    world.target.behaviour = answers('{"made": 3}')
    world.measure(BRANCH, count=2)

    assert ['{"made": 3}'] * 2 == sent_to(world, PROCESSOR_ARN)


@pytest.mark.parametrize("output", ['{"mean": NaN}', "no JSON", ""])
def test_what_is_no_json_is_no_ones_input(world: World, output: str) -> None:
    """Lambda would refuse it; the run ends with whose output it was, and nothing more is invoked."""
    begun(world, postProcessorARN=PROCESSOR_ARN)
    processor(world, answers())
    world.target.behaviour = answers(output)

    with pytest.raises(ProcessorFailed, match=f"the output of the function {TARGET_ARN} is no JSON"):
        world.measure(BRANCH, count=2)
    assert [] == sent_to(world, PROCESSOR_ARN)


def test_a_pre_processor_writes_json(world: World) -> None:
    """The target is not invoked with anything else."""
    begun(world, preProcessorARN=PROCESSOR_ARN)
    processor(world, answers("[Infinity]"))

    with pytest.raises(ProcessorFailed, match=f"the output of the pre-processor {PROCESSOR_ARN} is no JSON"):
        world.measure(BRANCH, count=2)
    assert [] == sent_to(world, TARGET_ARN)


def test_after_an_error_there_is_nothing_to_post_process(world: World) -> None:
    """Also when the error counts as an answer: what the target returned is no output."""
    begun(world, postProcessorARN=PROCESSOR_ARN, allowedExceptions=["NotFound"])
    processor(world, answers())
    world.target.behaviour = answers(error("NotFound"), "Unhandled")
    world.measure(BRANCH, count=2)

    assert ([], 2) == (sent_to(world, PROCESSOR_ARN), len(samples(world)))


def test_only_the_targets_log_is_asked_for(world: World) -> None:
    """Nobody reads what a processor logged, so Lambda need not send it."""
    begun(world, preProcessorARN=PROCESSOR_ARN, postProcessorARN=PROCESSOR_ARN)
    processor(world, answers())
    world.measure(BRANCH, count=1)

    assert [(PROCESSOR_ARN, False), (TARGET_ARN, True), (PROCESSOR_ARN, False)] == [
        (asked.arn, asked.want_log) for asked in world.functions.asked
    ]


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
    """A processor that does not exist is no fault of a memory size."""
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


def test_hidden_words_of_a_processor_are_said_to_be_hidden(world: World) -> None:
    """So that whoever looks for them knows what to change."""
    begun(world, disablePayloadLogs=True, preProcessorARN=PROCESSOR_ARN)
    processor(world, answers(error("KeyError"), "Unhandled"))

    with pytest.raises(ProcessorFailed) as caught:
        world.measure(BRANCH)
    assert f"the pre-processor {PROCESSOR_ARN} failed: its message is hidden: disablePayloadLogs" == str(caught.value)
