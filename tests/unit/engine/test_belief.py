"""What is believed of each memory size."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from power_tuner.engine.belief import believe

MEMORIES_MB = (128, 256, 512, 1024, 1769, 3008)


def _spreads(samples: dict[int, list[float]]) -> list[float]:
    belief = believe(MEMORIES_MB, [samples.get(memory_mb, []) for memory_mb in MEMORIES_MB], 1)
    return [stdev(column) for column in belief.log_body]


def test_a_measured_size_is_surer_than_an_unmeasured_one() -> None:
    """The belief is widest where nothing was measured."""
    spreads = _spreads({128: [800.0, 810.0], 512: [200.0, 202.0]})

    assert spreads[0] < spreads[5]
    assert spreads[2] < spreads[5]


def test_the_curve_carries_over_to_sizes_not_measured() -> None:
    """Inverse proportion at three memory sizes is expected to hold between them."""
    belief = believe(MEMORIES_MB, [[8000.0] * 3, [], [2000.0] * 3, [1000.0] * 3, [], []], 1)

    expected = fmean(belief.log_body[1])

    assert abs(expected - math.log(4000)) < 0.1


def test_samples_outweigh_the_curve() -> None:
    """A step that no curve explains is believed once it is measured well."""
    levels = [900.0, 880.0, 300.0, 290.0, 600.0, 610.0]
    belief = believe(MEMORIES_MB, [[level * factor for factor in (0.97, 1.0, 1.03) * 5] for level in levels], 1)

    for column, level in zip(belief.log_body, levels, strict=True):
        assert abs(fmean(column) - math.log(level)) < 0.05
    assert belief.departure > 0.05


def test_a_contradicted_single_call_is_doubted() -> None:
    """A memory size's only call, ten times beyond what the others say, leaves its mean wide open."""
    level = [8000.0, 4000.0, 2000.0, 1000.0]
    calm = believe(MEMORIES_MB, [[one] for one in level] + [[], []], 1)
    odd = believe(MEMORIES_MB, [[level[0]], [level[1] * 10], [level[2]], [level[3]], [], []], 1)

    assert stdev(odd.log_body[1]) > 3 * stdev(calm.log_body[1])


def test_two_contradicted_single_calls_are_doubted_together() -> None:
    """Two memory sizes that both met a slow call do not vouch for each other: the others say what they take."""
    level = [8000.0, 4000.0, 2000.0, 1000.0, 600.0, 600.0]
    odd = believe(
        MEMORIES_MB, [[level[0]] * 2, [level[1]] * 2, [level[2] + 9000], [level[3]] * 2, [level[4] + 9000], []], 1
    )

    for index in (2, 4):
        assert abs(fmean(odd.log_body[index]) - math.log(level[index])) < 0.35


def test_a_single_call_above_those_of_less_memory_is_doubted() -> None:
    """Two memory sizes are enough to see that a call was slow, if more memory would have made it slower."""
    odd = believe(MEMORIES_MB, [[1500.0, 1600.0], [], [18_000.0], [], [], []], 1)

    assert fmean(value < math.log(2500) for value in odd.log_body[2]) > 0.8


def test_a_single_call_below_the_others_is_believed() -> None:
    """No call is faster than its memory size is by bad luck: what is half of what the curve says is a real step."""
    belief = believe(MEMORIES_MB, [[8000.0] * 2, [4000.0] * 2, [1000.0], [1000.0] * 2, [580.0] * 2, []], 1)

    assert abs(fmean(belief.log_body[2]) - math.log(1000)) < 0.1


def test_a_size_that_was_never_called_may_be_faster_than_any_curve_says() -> None:
    """However well the others agree, a smooth curve between them is no certainty; a call settles it."""

    def much_faster(own: list[float]) -> float:
        samples = [[8000.0] * 4, [4000.0] * 4, own, [1000.0] * 4, [580.0] * 4, [580.0] * 4]
        return fmean(value < math.log(1700) for value in believe(MEMORIES_MB, samples, 1).log_body[2])

    assert 0.004 < much_faster([]) < 0.1
    assert much_faster([2000.0]) == 0


def test_an_unseen_tail_stays_possible() -> None:
    """Few clean calls leave room above for a tail, many leave less."""

    def headroom(calls: int) -> float:
        column = sorted(believe((512,), [[100.0, 104.0, 96.0, 100.0] * calls], 1).mean_ms[0])
        return column[-4] / column[len(column) // 2] - 1

    assert headroom(1) > 0.04
    assert headroom(50) < headroom(1)


def test_scatter_of_another_shape_stays_possible() -> None:
    """By how much the mean lies off the body is open where calls scatter, and settles as they become many."""
    scatter = [math.exp(step / 20) for step in range(-6, 7)]

    def openness(calls: Sequence[float]) -> float:
        belief = believe((512,), [[100.0 * one for one in calls]], 1)
        ratios = sorted(m / math.exp(log) for m, log in zip(belief.mean_ms[0], belief.log_body[0], strict=True))
        return ratios[len(ratios) // 2] - ratios[len(ratios) // 20]

    assert openness(scatter) > 0.03
    assert openness([one**0.1 for one in scatter]) < 0.01
    assert openness(scatter * 20) < 0.025
