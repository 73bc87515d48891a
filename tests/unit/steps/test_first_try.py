"""The first try: one invocation before all others, so that a function that always fails costs no more than that."""

from typing import Any

import pytest

from fake_lambda import Asked, cpu_bound, report_line
from power_tuner.errors import NothingMeasured, Throttled
from power_tuner.ports import InvocationAnswer, InvocationThrottled
from world import RUN_ID, World

CODE = '{"errorType": "KeyError", "errorMessage": "\'TABLE\'"}'


def failing(*failing_calls: int) -> Any:
    """Behave like a function that raises at these invocations, counted from 0."""
    made = iter(range(10_000))

    def behave(asked: Asked) -> InvocationAnswer:
        answer = cpu_bound(asked)
        if next(made) in failing_calls:
            return InvocationAnswer(CODE, "Unhandled", answer.log_tail, answer.executed_version)
        return answer

    return behave


def throttle() -> None:
    raise InvocationThrottled("throttled for 11 s")


def cold_once() -> Any:
    """Behave like a function that is cold once in each sandbox: five at once, after the first."""
    cold = iter([True, False, True, True, True, True])

    def behave(asked: Asked) -> InvocationAnswer:
        more = "Init Duration: 90.00 ms\t" if next(cold, False) else ""
        return InvocationAnswer("{}", None, report_line(100, 100, asked.memory_mb, more), asked.version)

    return behave


def first_try(world: World, call_id: str = "first", **run_input: Any) -> dict[str, Any]:
    """Begin, publish and do what ExecutorFirstTry does; returns the branch that was tried."""
    batches = world.begin(**run_input)["round"]["batches"]
    published = world.publish(round_batches=batches)
    tried = published["firstTry"]
    count = tried["batch"]["count"]
    world.measure(tried, count=count, first_try=True, call_id=call_id)
    (branch,) = [branch for branch in published["branches"] if branch["powerValue"] == tried["powerValue"]]
    return dict(branch)


def invocations(world: World) -> int:
    return sum(call[0] == "invoke" for call in world.functions.calls)


@pytest.mark.parametrize(
    "run_input", [{}, {"num": ...}, {"onlyColdStarts": True}, {"parallelInvocation": True, "num": 80}]
)
def test_it_is_one_invocation(world: World, run_input: dict[str, Any]) -> None:
    """Whatever else the run measures: warm or cold starts, one after the other or side by side."""
    first_try(world, **run_input)

    assert invocations(world) == 1


def test_it_is_one_of_the_samples(world: World) -> None:
    """The batch goes on behind it, so that nothing is invoked more often than num says."""
    branch = first_try(world)
    ((begin, count, position),) = branch["batches"]
    world.measure(branch, begin=begin, count=count, position=position)

    (first, rest) = world.documents.samples(RUN_ID)[1024]
    assert (invocations(world), first.first, len(rest.samples)) == (5, 0, 4)
    assert (first.first_try, rest.first_try) == (True, False)


def test_it_is_one_of_the_cold_starts(world: World) -> None:
    """The burst behind it needs one fewer; its own sandbox is warm by then."""
    world.target.behaviour = cold_once()
    branch = first_try(world, onlyColdStarts=True)
    ((begin, count, position),) = branch["batches"]
    progress = world.measure(branch, begin=begin, count=count, position=position)

    assert progress["done"]
    assert progress["kept"] >= 5
    assert invocations(world) == 1 + 5


def test_a_function_that_fails_ends_the_run(world: World) -> None:
    """With what it said, and nothing else was invoked; the samples are kept, because they are billed."""
    world.target.behaviour = failing(*range(100))

    with pytest.raises(
        NothingMeasured, match=r"first tried, at 1024 MB: the function raised KeyError: 'TABLE'"
    ) as told:
        first_try(world)
    assert "the payload has not the form" in str(told.value)
    assert invocations(world) == 1
    assert [block.samples[0].status for block in world.documents.samples(RUN_ID)[1024]] == ["function-error"]


def test_a_passing_error_is_one_error_of_the_memory_size(world: World) -> None:
    """Step Functions tries once more; both invocations are paid for, and the error is one of those that may pass."""
    world.target.behaviour = failing(0)
    published = {}
    with pytest.raises(NothingMeasured):
        published = first_try(world, call_id="call-1")
    assert not published
    tried = world.publish()["branches"][-1]
    world.measure(tried, first_try=True, call_id="call-2")
    world.measure(tried, position=1, call_id="call-3")

    branch = world.draft().branches[-1]
    assert (branch.outcome, branch.invocations, branch.samples) == ("ok", 6, 5)
    assert branch.errors == {"the function raised KeyError: 'TABLE'": 1}


def test_an_allowed_exception_is_no_failure(world: World) -> None:
    """As it is none of any other invocation."""
    world.target.behaviour = failing(*range(100))

    first_try(world, allowedExceptions=["KeyError"])


@pytest.mark.parametrize("document", ['{"errorType": "Runtime.OutOfMemory"}', '{"errorType": "MemoryError"}'])
def test_what_a_larger_memory_size_may_help_against_does_not_end_the_run(world: World, document: str) -> None:
    """The smart mode may know a larger one than it tried, so the branches find out by themselves."""
    world.target.behaviour = lambda asked: InvocationAnswer(
        document, "Unhandled", cpu_bound(asked).log_tail, asked.version
    )

    first_try(world)

    assert invocations(world) == 1


def test_a_throttled_first_try_is_tried_again(world: World) -> None:
    """It ends as any throttled Executor does; the state machine waits and calls again."""
    world.functions.before("invoke", 1, throttle)

    with pytest.raises(Throttled, match="throttled for 11 s"):
        first_try(world)
