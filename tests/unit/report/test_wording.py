"""Sentences for people."""

import pytest

from power_tuner.report.wording import comparison_sentence
from power_tuner.tuning.result import ClassicDecision, Comparison, SmartDecision


def sentence(memory_mb: int, current_memory_mb: int, change: tuple[float, float] | None) -> str:
    decision = ClassicDecision(memory_mb=memory_mb, cost_usd=3e-6, duration_ms=40.0, strategy="cost")
    return comparison_sentence(decision, change and comparison(current_memory_mb, *change), current_memory_mb)


def comparison(current_memory_mb: int, cost_change: float, duration_change: float) -> Comparison:
    return Comparison(current_memory_mb=current_memory_mb, cost_change=cost_change, duration_change=duration_change)


def smart(memory_mb: int, confidence: float) -> SmartDecision:
    return SmartDecision(
        memory_mb=memory_mb,
        cost_usd=3e-6,
        duration_ms=40.0,
        strategy="cost",
        confidence=confidence,
        stopped_by="sure",
        model_fits=True,
        chance_of_meeting_slo=None,
        rounds=3,
        sweep_cost_usd=3e-4,
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((-0.31, 0.12), "768 MB: 31 % cheaper and 12 % slower than now (1536 MB)."),
        ((0.1, -0.4), "768 MB: 10 % more expensive and 40 % faster than now (1536 MB)."),
        ((-0.2, 0.001), "768 MB: 20 % cheaper than now (1536 MB)."),
        ((0.005, 0.2), "768 MB: 20 % slower than now (1536 MB)."),
        ((0.0051, -0.0051), "768 MB: 1 % more expensive and 1 % faster than now (1536 MB)."),
        ((-0.31, 1.0), "768 MB: 31 % cheaper and 2.0x slower than now (1536 MB)."),
        ((-0.31, 0.99), "768 MB: 31 % cheaper and 99 % slower than now (1536 MB)."),
        ((2.25, -0.4), "768 MB: 3.2x more expensive and 40 % faster than now (1536 MB)."),
        ((0.0, 0.0), "768 MB: same cost and speed as now (1536 MB)."),
    ],
)
def test_a_decision_is_compared_with_now(change: tuple[float, float], expected: str) -> None:
    """Only differences that somebody would notice are told, in words."""

    assert expected == sentence(768, 1536, change)


def test_the_best_may_be_what_is_there() -> None:
    """When the current memory wins, the sentence says to keep it."""

    assert "1536 MB: already the best for cost; keep it." == sentence(1536, 1536, (0.0, 0.0))


def test_now_may_not_have_been_measured() -> None:
    """Without a measurement of the current memory no change is claimed."""
    expected = "768 MB: the best for cost of the measured values; now (1536 MB) was not measured."

    assert expected == sentence(768, 1536, None)


def test_a_dry_run_decides_nothing() -> None:
    """A dry run says that it was one."""
    expected = "Dry run: the function was invoked once at each memory size, nothing was decided."

    assert expected == comparison_sentence(None, None, 1536)


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        (0.9, "1536 MB: already the best for cost; keep it. 90 % sure"),
        (0.5, "1536 MB: already the best for cost; keep it. 50 % sure"),
        (1.0, "1536 MB: already the best for cost; keep it. Over 99 % sure"),
        (0.49, "1536 MB: perhaps not the best for cost, but no gain is certain; keep it. 49 % sure"),
        (0.03, "1536 MB: perhaps not the best for cost, but no gain is certain; keep it. 3 % sure"),
    ],
)
def test_keeping_for_want_of_certainty_is_told(confidence: float, expected: str) -> None:
    """What is kept only because nothing else is certainly better is not called the best, and nothing is certain."""
    found = comparison_sentence(smart(1536, confidence), None, 1536)

    assert f"{expected} that nothing else is more than 2 % better." == found


def test_how_sure_a_change_is_is_told_too() -> None:
    """However sure it is, the change is told as it was measured."""
    found = comparison_sentence(smart(768, 0.03), comparison(1536, -0.31, 0.12), 1536)

    assert (
        "768 MB: 31 % cheaper and 12 % slower than now (1536 MB). 3 % sure that nothing else is more than 2 % better."
    ) == found
