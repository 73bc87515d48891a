"""The bench of the survey, on a small fleet."""

from bench_decisions.synthetic import generate
from bench_survey.__main__ import LEAST_COVERED, LEAST_IN_TOP_FIFTH, MEMORIES_MB
from bench_survey.fleets import make_fleet
from bench_survey.judge import judge


def test_a_survey_finds_the_money_and_invokes_nothing() -> None:
    """The first fifth of the ranking has four fifths of what tuning would save; only three actions are called."""
    fleet = make_fleet(generate(150, seed=3, memories_mb=MEMORIES_MB), 150, seed=3)

    score = judge(fleet, MEMORIES_MB, seed=3, most_logs=60)

    assert score.in_top_fifth >= LEAST_IN_TOP_FIFTH
    assert score.covered >= LEAST_COVERED
    assert score.judged > 30
    assert {"ListFunctions", "GetMetricData", "FilterLogEvents"} == set(score.asked.calls)
    assert score.asked.metrics <= 3 * len(fleet)


def test_a_fleet_is_the_same_for_the_same_seed() -> None:
    """So that what a seed showed can be looked at again."""
    workloads = generate(5, seed=1, memories_mb=MEMORIES_MB)

    def drawn(seed: int) -> list[tuple[float, int]]:
        return [(each.per_day, each.memory_mb) for each in make_fleet(workloads, 5, seed=seed)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
