"""What the log tells of durations, as the engine takes it."""

from statistics import fmean

import pytest

from power_tuner.survey.evidence import evidence_of
from power_tuner.tuning.production import Production, summed_up
from power_tuner.tuning.report_line import Report
from power_tuner.tuning.target import FunctionSnapshot

# Nine in ten take about 100 ms, the others ten times as long.
DURATIONS_MS = [1000.0 if number % 10 == 0 else 95.0 + number % 11 for number in range(500)]


def function(memory_mb: int) -> FunctionSnapshot:
    return FunctionSnapshot.from_configuration(
        {
            "FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:thumbnailer",
            "Version": "$LATEST",
            "MemorySize": memory_mb,
            "Timeout": 10,
            "CodeSha256": "code-1",
            "RevisionId": "revision-1",
        }
    )


def production(**sizes: list[float]) -> Production:
    reports = [
        Report(each, int(each) + 1, memory_mb=int(name.removeprefix("mb")))
        for name, durations_ms in sizes.items()
        for each in durations_ms
    ]
    return Production(since_s=0.0, until_s=1.0, sizes=summed_up(reports))


def test_durations_keep_their_mean_and_their_tail() -> None:
    """A few stand for many: with the same mean, and slow ones where the log had slow ones."""
    evidence = evidence_of(production(mb1024=DURATIONS_MS), function(1024), (512, 1024), 0.0)

    found = evidence.durations_ms[1024]
    assert 60 == len(found)
    assert pytest.approx(fmean(DURATIONS_MS)) == fmean(found)
    assert 4 <= sum(each > 500 for each in found) <= 9


def test_few_durations_stay_few() -> None:
    """So that the engine is as unsure as it should be."""
    evidence = evidence_of(production(mb1024=[90.0, 100.0, 110.0]), function(1024), (512, 1024), 0.0)

    assert 3 == len(evidence.durations_ms[1024])


def test_choices_are_what_a_run_offers_and_production_had_above_the_floor() -> None:
    """Candidates, the current memory size and those of the log; none below the floor."""
    evidence = evidence_of(production(mb128=[100.0], mb768=[100.0]), function(640), (128, 256, 512, 1024), 300.0)

    assert (512, 640, 768, 1024) == evidence.choices_mb
    assert {128, 768} == set(evidence.durations_ms)


def test_the_longest_call_must_stay_clear_of_the_timeout() -> None:
    """Four fifths of it, as a run demands."""
    evidence = evidence_of(production(mb1024=DURATIONS_MS), function(1024), (512, 1024), 0.0)

    assert {1024: 1000.0} == evidence.longest_ms
    assert 8000 == evidence.most_ms
