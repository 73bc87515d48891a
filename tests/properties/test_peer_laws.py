"""The peer's rules, stated anew in exact arithmetic; ours are held against them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from power_tuner.tuning.analysis import analyze_branch, decide, draft_result, finish_result
from power_tuner.tuning.pricing import prices_for
from power_tuner.tuning.result import Branch, Spent
from power_tuner.tuning.sample import Sample
from power_tuner.tuning.statistics import trimmed_mean
from properties.strategies import discards, milliseconds
from unit.tuning.few_branches import plan

PRICES = prices_for("us-east-1", "x86_64")
# Rounding errors of a few operations.
NEARLY = Fraction(1, 10**12)


@dataclass(frozen=True)
class Measured:
    """What one power value was measured at: pairs of duration in ms and billed ms."""

    memory_mb: int
    calls: Sequence[tuple[float, int]]

    @property
    def duration_ms(self) -> Fraction:
        """What decides on speed."""
        return exact_mean([Fraction(duration) for duration, _ in self.calls], 0.2)

    @property
    def billed(self) -> int:
        """What is paid for, in MB-milliseconds: a whole number."""
        return math.ceil(exact_mean([Fraction(billed) for _, billed in self.calls], 0.2)) * self.memory_mb


def exact_mean(values: Sequence[Fraction], discard: float) -> Fraction:
    """Average what is left when the same number is dropped at both ends."""
    dropped = math.floor(len(values) * discard)
    kept = sorted(values)[dropped : len(values) - dropped]
    return Fraction(sum(kept), len(kept))


def in_javascript(durations: Sequence[float], discard: float) -> float:
    """Average as the peer's runtime adds: one after the other, each sum rounded."""
    discarded = int(len(durations) * discard)
    left = len(durations) - 2 * discarded
    total = 0.0
    for place, duration in enumerate(sorted(durations)):
        if discarded <= place < discarded + left:
            total = total + duration
    return total / left


@given(st.lists(milliseconds, min_size=1, max_size=60), discards)
def test_the_trimmed_mean_is_the_peers(durations: list[float], discard: float) -> None:
    """Law: to the last digit what the peer's runtime computes, and exact but for its rounding."""
    exact = exact_mean([Fraction(duration) for duration in durations], discard)

    assert in_javascript(durations, discard) == trimmed_mean(durations, discard)
    assert abs(Fraction(trimmed_mean(durations, discard)) - exact) <= exact * NEARLY


# Quarters add without rounding, so that durations tie exactly; few numbers, so that they often do.
_durations = st.integers(1, 40).map(lambda n: n / 4)
_calls = st.tuples(_durations, st.integers(1, 48) | st.integers(1, 900_000))
_measured = st.builds(
    Measured,
    st.integers(128, 10_240),
    st.lists(_calls, min_size=1, max_size=4).map(lambda calls: calls[:1] * 5 + calls),
)
# Of these, many cost the same.
_tied = st.builds(
    lambda memory_mb, duration_ms, share: Measured(memory_mb, [(duration_ms, share * 3072 // memory_mb)] * 5),
    st.sampled_from([128, 192, 256, 384, 512, 768, 1024, 1536, 3072]),
    _durations,
    st.integers(1, 3),
)
measurements = st.lists(
    _measured | _tied,
    min_size=1,
    max_size=8,
    unique_by=lambda measured: measured.memory_mb,
)


def ours(measured: Sequence[Measured], **fields: object) -> tuple[int, list[Branch]]:
    run = plan(num=5, powerValues=[each.memory_mb for each in measured], **fields)
    branches: list[Branch] = [
        analyze_branch(each.memory_mb, [Sample(*call) for call in each.calls], None, run, PRICES)
        for each in sorted(measured, key=lambda each: each.memory_mb)
    ]
    return decide(branches, run).memory_mb, branches


@given(measurements)
def test_the_cheapest_is_the_peers(measured: list[Measured]) -> None:
    """Law: the fewest MB-milliseconds, then the shortest duration, then the first of the input."""
    best = min(measured, key=lambda each: (each.billed, each.duration_ms))

    assert best.memory_mb == ours(measured, strategy="cost")[0]


@given(measurements)
def test_the_fastest_is_the_peers(measured: list[Measured]) -> None:
    """Law: the shortest duration, then the fewest MB-milliseconds, then the first of the input."""
    exact = [each.duration_ms for each in measured]
    best = min(measured, key=lambda each: (each.duration_ms, each.billed))
    found = ours(measured, strategy="speed")[0]

    if all(a == b or abs(a - b) > NEARLY * a for a in exact for b in exact):
        assert best.memory_mb == found


@given(measurements, st.floats(min_value=0, max_value=1) | st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_the_balanced_is_the_peers(measured: list[Measured], weight: float) -> None:
    """Law: the smallest weighted sum of the shares of the largest; of full equals the first of the input."""
    most, longest = max(each.billed for each in measured), max(each.duration_ms for each in measured)
    sums = {
        each.memory_mb: Fraction(weight) * each.billed / most + (1 - Fraction(weight)) * each.duration_ms / longest
        for each in measured
    }
    least = min(sums.values())
    best = [memory_mb for memory_mb, value in sums.items() if value - least <= NEARLY]
    found = ours(measured, strategy="balanced", balancedWeight=weight)[0]
    twins = {(each.billed, each.duration_ms) for each in measured if each.memory_mb in best}

    assert found in best
    if len(twins) == 1:
        assert best[0] == found


@given(measurements)
def test_what_is_equally_dear_costs_the_same(measured: list[Measured]) -> None:
    """Law: prices are in the order of the whole numbers that they stand for, and equal where these are."""
    costs = {branch.memory_mb: branch.average_cost_usd for branch in ours(measured)[1]}  # type: ignore[attr-defined]

    for one in measured:
        for other in measured:
            assert (one.billed < other.billed) == (costs[one.memory_mb] < costs[other.memory_mb])


@given(measurements)
def test_stats_are_in_the_order_of_the_input(measured: list[Measured]) -> None:
    """Law: the output lists the power values as they were asked for."""
    memories_mb = [each.memory_mb for each in measured]
    run = plan(num=5, powerValues=memories_mb)
    draft = draft_result(
        run,
        ours(measured)[1],
        Spent(invocations=0, lambda_cost_usd=0, state_transitions=0, execution_cost_usd=0, currency="USD"),
        decision=None,
        comparison=None,
        sentence="",
        visualization_base_url="https://viewer.example/",
    )
    stats = finish_result(draft, finished_at="2026-11-23T12:00:00.000Z", with_stats=True).output.stats

    assert memories_mb == [each.memory_mb for each in stats or ()]
