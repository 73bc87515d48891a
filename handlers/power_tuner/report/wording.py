"""The result of a run as one sentence."""

from power_tuner.report.figures import chance_text
from power_tuner.tuning.result import Comparison, Decision, SmartDecision

# A change of up to half a percent is shown as 0 %, so it counts as no difference.
_NOTICEABLE = 0.005
_EVEN = 0.5


def comparison_sentence(decision: Decision | None, comparison: Comparison | None, current_memory_mb: int) -> str:
    """Return the decision in one sentence, compared with the current memory size."""
    if decision is None:
        return "Dry run: the function was invoked once at each memory size, nothing was decided."
    sentence = _against_now(decision, comparison, current_memory_mb)
    if not isinstance(decision, SmartDecision):
        return sentence
    sure = chance_text(decision.confidence).capitalize()
    return f"{sentence} {sure} sure that nothing else is more than 2 % better."


def _against_now(decision: Decision, comparison: Comparison | None, current_memory_mb: int) -> str:
    memory_mb, strategy = decision.memory_mb, decision.strategy
    if memory_mb == current_memory_mb and isinstance(decision, SmartDecision) and decision.confidence < _EVEN:
        return f"{current_memory_mb} MB: perhaps not the best for {strategy}, but no gain is certain; keep it."
    if memory_mb == current_memory_mb:
        return f"{current_memory_mb} MB: already the best for {strategy}; keep it."
    if comparison is None:
        return (
            f"{memory_mb} MB: the best for {strategy} of the measured values; "
            f"now ({current_memory_mb} MB) was not measured."
        )
    now = f"now ({current_memory_mb} MB)"
    return f"{memory_mb} MB: {change_words(comparison.cost_change, comparison.duration_change, now)}."


def change_words(cost_change: float, duration_change: float, against: str) -> str:
    """Return two relative changes in words, such as "31 % cheaper and 12 % slower than now"."""
    cost = _change(cost_change, "cheaper", "more expensive")
    duration = _change(duration_change, "faster", "slower")
    changes = " and ".join(words for words in (cost, duration) if words)
    return f"{changes} than {against}" if changes else f"same cost and speed as {against}"


def cost_and_speed(memory_mb: int, cost_change: float, duration_change: float) -> str:
    """Return what a memory size gives and takes, such as "1536 MB costs 1 % more and is 33 % faster"."""
    cost = _change(cost_change, "less", "more") or "the same"
    duration = _change(duration_change, "faster", "slower") or "as fast"
    return f"{memory_mb} MB costs {cost} and is {duration}"


def _change(ratio: float, less: str, more: str) -> str:
    if abs(ratio) <= _NOTICEABLE:
        return ""
    if ratio >= 1:
        return f"{1 + ratio:.1f}x {more}"
    return f"{abs(ratio) * 100:.0f} % {less if ratio < 0 else more}"
