"""Which memory sizes are safe to offer."""

from dataclasses import replace
from typing import Any

import pytest

from power_tuner.tuning.production import Production, summed_up
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.result import Branch
from power_tuner.tuning.run_input_parser import parse_run_input
from power_tuner.tuning.run_plan import RunPlan
from power_tuner.tuning.safe_sizes import barred_mb, candidates_mb, floor_of, reasons_against
from power_tuner.tuning.target import Target
from results import branch, failed_branch

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer"
MEMORIES_MB = (128, 256, 512, 1024)


def production(*reports: Report, complete: bool = True) -> Production:
    return Production(since_s=0, until_s=7 * 86_400, complete=complete, sizes=summed_up(reports))


def used(memory_mb: int, *, at_mb: int = 1024) -> Production:
    return production(Report(20.0, 20, max_memory_used_mb=memory_mb, memory_mb=at_mb))


def plan(measured: Production | None = None, *, current_mb: int = 1024, **run_input: Any) -> RunPlan:
    return RunPlan(
        run_id="run-1",
        execution_arn="arn:aws:states:eu-west-1:123456789012:execution:power-tuner:run-1",
        started_at="2026-11-23T12:00:00.000Z",
        target=Target(ARN, "thumbnailer", "eu-west-1", "arm64", "python3.13", "code-1", current_mb, current_mb, 30),
        run_input=parse_run_input({"lambdaARN": ARN, **run_input}, default_memories_mb=MEMORIES_MB),
        production=measured,
    )


def branches(**figures: Any) -> list[Branch]:
    return [branch(memory_mb, **figures) for memory_mb in MEMORIES_MB]


def test_production_s_peak_leaves_out_what_is_too_small() -> None:
    """220 MB leave 15 % of 512 MB free, and not of 256."""
    asked = plan(used(220))

    assert (512, 1024) == candidates_mb(asked)
    assert {128, 256} == barred_mb(asked)
    assert (
        "production used up to 220 MB of memory, and 15% of 256 MB have to stay free" == reasons_against(asked, ())[256]
    )


def test_the_current_size_stays_to_compare_with() -> None:
    """It may be called though it must not be chosen."""
    asked = plan(used(220), current_mb=128)

    assert (128, 512, 1024) == candidates_mb(asked)
    assert {128, 256} == barred_mb(asked)


def test_the_floor_is_never_why_a_run_has_no_candidate() -> None:
    """Where production's peak leaves none, all are candidates, and the decision says that it is not safe."""
    asked = plan(used(1000))
    floor = floor_of(asked, branches(), 1024)

    assert (MEMORIES_MB, frozenset()) == (candidates_mb(asked), barred_mb(asked, branches()))
    assert floor.broken == "production used up to 1000 MB of memory, and 15% of 1024 MB have to stay free"
    assert "not applied by itself" in floor.warning


def test_sizes_that_failed_are_no_way_out() -> None:
    """If all that is safe has failed, what is left may be chosen."""
    rest = [branch(128), branch(256), failed_branch(512), failed_branch(1024)]

    assert frozenset() == barred_mb(plan(used(220)), rest)
    assert MEMORIES_MB == candidates_mb(plan(used(220)), {512, 1024})


def test_the_run_s_own_peak_counts_too() -> None:
    """A memory size that the run itself nearly filled is not offered."""
    found = reasons_against(plan(), [branch(128, used_mb=110), branch(256, used_mb=110)])

    assert {128: "this run used up to 110 MB of memory, and 15% of 128 MB have to stay free"} == found


def test_no_headroom_may_be_wanted() -> None:
    """With memoryHeadroom 0 what just fits is offered."""
    assert {} == reasons_against(plan(used(1024), memoryHeadroom=0), branches(used_mb=128))


def test_a_call_stays_clear_of_the_timeout() -> None:
    """What takes more than four fifths of the function's 30 s is not offered."""
    found = reasons_against(plan(), branches(cpu_ms=2000))

    assert {128} == found.keys()
    assert found[128].endswith("too close to its timeout of 30 s")


def test_a_call_stays_clear_of_when_its_caller_gives_up() -> None:
    """A caller that waits shorter than the function may take sets the limit."""
    found = reasons_against(plan(callerTimeout=3), branches())

    assert {128: "by this run a call takes up to 3.2 s at 128 MB, too close to the callerTimeout of 3 s"} == found


def test_production_s_longest_call_is_scaled_to_other_sizes() -> None:
    """5 s at 1024 MB are about 20 s at 256 MB, and 40 s at 128."""
    slow = Report(5000.0, 5000, memory_mb=1024)
    found = reasons_against(plan(production(slow)), branches(waiting_ms=0))

    assert {128} == found.keys()
    assert "by production a call takes up to 40.0 s" in found[128]


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        (None, "was not read: the floor rests on the given payload alone"),
        (
            Production(since_s=0, until_s=1, unreadable="no permission"),
            "could not be read (no permission): the floor rests on the given payload alone",
        ),
        (production(), "no invocation of the last 7 days: the floor rests on the given payload alone"),
        (used(60), "all 1 invocations that the logs hold of the last 7 days"),
        (production(Report(1.0, 1, memory_mb=128), complete=False), "1 invocations of parts of the last 7 days"),
    ],
)
def test_it_is_said_what_the_floor_rests_on(measured: Production | None, words: str) -> None:
    """Production, or the given payload alone."""
    assert words in floor_of(plan(measured), branches(), 512).basis


def test_a_plan_keeps_what_was_read() -> None:
    """Every later step reads the same production."""
    asked = plan(used(220))

    assert asked == RunPlan.from_dict(asked.to_dict())
    assert plan() == RunPlan.from_dict(replace(plan()).to_dict())
