"""Laws of the numbers that decide."""

import struct
from base64 import b64decode
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from power_tuner.tuning.sample import Sample
from power_tuner.tuning.statistics import mean_over_payloads, spread, trimmed_mean
from power_tuner.tuning.strategies import Candidate, strategy_named
from power_tuner.tuning.visualization import visualization_url
from properties.strategies import candidates, discards, milliseconds

values = st.lists(milliseconds, min_size=1, max_size=60)


@given(values, discards)
def test_the_trimmed_mean_is_among_the_values(durations: list[float], discard: float) -> None:
    """Law: between the smallest and the largest value."""
    mean = trimmed_mean(durations, discard)

    assert min(durations) * (1 - 1e-12) <= mean <= max(durations) * (1 + 1e-12)


@given(values, discards, st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter(durations: list[float], discard: float, random: object) -> None:
    """Law: a permutation has the same mean."""
    shuffled = list(durations)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert trimmed_mean(durations, discard) == trimmed_mean(shuffled, discard)


@given(values, discards)
def test_one_payload_is_no_weighting(durations: list[float], discard: float) -> None:
    """Law: with one payload the mean over payloads is the trimmed mean."""
    samples = [Sample(duration, 1) for duration in durations]

    assert trimmed_mean(durations, discard) == mean_over_payloads(samples, durations, discard)


@given(values, st.lists(milliseconds, min_size=1, max_size=5), discards)
def test_no_payload_is_trimmed_away(many: list[float], few: list[float], discard: float) -> None:
    """Law: each payload weighs as often as it was sent."""
    samples = [Sample(1.0, 1, payload_index=0)] * len(many) + [Sample(1.0, 1, payload_index=1)] * len(few)
    parts = trimmed_mean(many, discard) * len(many) + trimmed_mean(few, discard) * len(few)

    assert parts / len(samples) == mean_over_payloads(samples, many + few, discard)


@given(values)
def test_the_spread_is_ordered(durations: list[float]) -> None:
    """Law: min <= p25 <= p50 <= p75 <= p90 <= p95 <= p99 <= max."""
    found = spread(durations)
    ordered = [found.min, found.p25, found.p50, found.p75, found.p90, found.p95, found.p99, found.max]

    assert [] == [pair for pair in pairwise(ordered) if pair[0] > pair[1] * (1 + 1e-12)]
    assert (min(durations), max(durations)) == (ordered[0], ordered[-1])


@given(candidates, st.sampled_from(["cost", "speed", "balanced"]), st.floats(min_value=0, max_value=1))
def test_nothing_is_better_in_both_than_the_choice(points: list[Candidate], strategy: str, weight: float) -> None:
    """Law: no candidate is both cheaper and faster than the chosen one."""
    best = strategy_named(strategy, {"balanced_weight": weight}.get).choose(points)

    assert [] == [p for p in points if p.cost_usd < best.cost_usd and p.duration_ms < best.duration_ms]


def float32(value: float) -> float:
    number: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return number


@given(candidates)
@settings(max_examples=300)
def test_the_visualization_can_be_decoded(points: list[Candidate]) -> None:
    """Law: what the viewer decodes is what was encoded, at 32 bits, sorted by power."""
    fragment = visualization_url(points[::-1], "https://viewer.example/").split("#")[1]
    memories_mb, durations, costs = (b64decode(part) for part in fragment.split(";"))

    count = len(points)
    assert [point.memory_mb for point in points] == [*struct.unpack(f"<{count}h", memories_mb)]
    assert [float32(point.duration_ms) for point in points] == [*struct.unpack(f"<{count}f", durations)]
    assert [float32(point.cost_usd) for point in points] == [*struct.unpack(f"<{count}f", costs)]
