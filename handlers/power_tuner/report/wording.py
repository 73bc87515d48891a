"""Say results in one sentence for people."""

from collections.abc import Mapping
from typing import Any

from power_tuner.report.figures import chance_text

# Up to half a percent, which is written as 0 %, nobody would see a difference.
_NOTICEABLE = 0.005
_EVEN = 0.5


def comparison_sentence(
    decision: Mapping[str, Any] | None, comparison: Mapping[str, Any] | None, current_memory_mb: int
) -> str:
    """Say what was found, against the memory that the function has now."""
    if decision is None:
        return "Dry run: the function was invoked once per power value, nothing was decided."
    sentence = _against_now(decision, comparison, current_memory_mb)
    if "confidence" not in decision:
        return sentence
    return (
        f"{sentence} {chance_text(decision['confidence']).capitalize()} sure that nothing else is more than 2 % better."
    )


def _against_now(decision: Mapping[str, Any], comparison: Mapping[str, Any] | None, current_memory_mb: int) -> str:
    memory_mb = decision["power"]
    if memory_mb == current_memory_mb and decision.get("confidence", 1.0) < _EVEN:
        return (
            f"{current_memory_mb} MB: perhaps not the best for {decision['strategy']}, but no gain is certain; keep it."
        )
    if memory_mb == current_memory_mb:
        return f"{current_memory_mb} MB: already the best for {decision['strategy']}; keep it."
    if comparison is None:
        return (
            f"{memory_mb} MB: the best for {decision['strategy']} of the measured values; "
            f"now ({current_memory_mb} MB) was not measured."
        )
    cost = _change(comparison["costChange"], "cheaper", "more expensive")
    duration = _change(comparison["durationChange"], "faster", "slower")
    changes = [words for words in (cost, duration) if words]
    if not changes:
        return f"{memory_mb} MB: same cost and speed as now ({current_memory_mb} MB)."
    return f"{memory_mb} MB: {' and '.join(changes)} than now ({current_memory_mb} MB)."


def _change(ratio: float, less: str, more: str) -> str:
    if abs(ratio) <= _NOTICEABLE:
        return ""
    if ratio >= 1:
        return f"{1 + ratio:.1f}x {more}"
    return f"{abs(ratio) * 100:.0f} % {less if ratio < 0 else more}"
