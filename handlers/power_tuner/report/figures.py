"""How figures are written for people: in the report page and in the terminal alike."""

import math
from collections.abc import Callable, Sequence

from msgspec import UNSET

from power_tuner.tuning.result import MeasuredBranch

OUTCOME_WORDS = {
    "ok": "measured",
    "out-of-memory": "out of memory",
    "timeout": "timed out",
    "function-error": "function error",
    "throttled": "throttled",
    "unmeasurable": "not measurable",
}

CURRENCY_SIGNS = {"USD": "$", "CNY": "CN¥"}

_MILLION = 1_000_000
_NEARLY_CERTAIN = 0.995
_WHOLE_FROM = 100
_TENTHS_FROM = 10


def memory_text(memory_mb: float) -> str:
    """Return a memory size as text, such as "1536 MB"."""
    return f"{memory_mb:.0f} MB"


def duration_text(duration_ms: float) -> str:
    """Return a duration in milliseconds as text, with three significant digits if it is short."""
    if duration_ms >= _WHOLE_FROM:
        return f"{duration_ms:,.0f} ms"
    return f"{duration_ms:.1f} ms" if duration_ms >= _TENTHS_FROM else f"{duration_ms:.2f} ms"


def money_text(amount: float, currency: str = "USD") -> str:
    """Return an amount of money as text, with three significant digits if it is small."""
    if amount < 0:
        return f"−{money_text(-amount, currency)}"  # noqa: RUF001 - a minus sign is meant
    sign = CURRENCY_SIGNS.get(currency, f"{currency} ")
    if amount >= _WHOLE_FROM:
        return f"{sign}{amount:,.0f}"
    if amount >= 1 or amount == 0:
        return f"{sign}{amount:.2f}"
    leading_zeros = -math.floor(math.log10(amount)) - 1
    return f"{sign}{amount:.{leading_zeros + 3}f}"


def per_million(cost: float) -> float:
    """Return the cost of a million invocations."""
    return cost * _MILLION


def change_text(change: float) -> str:
    """Return a relative change as text, such as "+12 %"."""
    percent = round(change * 100)
    if percent == 0:
        return "±0 %"
    return f"{'+' if percent > 0 else '−'}{abs(percent):,} %"  # noqa: RUF001 - a minus sign is meant


def chance_text(chance: float) -> str:
    """Return a probability as text, such as "97 %"; never 100 %."""
    if chance >= _NEARLY_CERTAIN:
        return "over 99 %"
    return "under 1 %" if chance < 1 - _NEARLY_CERTAIN else f"{chance * 100:.0f} %"


def range_text(bounds: Sequence[float], write: Callable[[float], str]) -> str:
    """Return two bounds as text, with their unit once, such as "204 to 312 ms"."""
    low, high = (write(bound) for bound in bounds)
    number, _, unit = low.rpartition(" ")
    return f"{number if number and high.endswith(unit) else low} to {high}"


def outcome_text(outcome: str) -> str:
    """Return a branch's outcome as text."""
    return OUTCOME_WORDS.get(outcome, outcome)


def memory_use_text(branch: MeasuredBranch) -> str:
    """Return how much memory a branch used at most, and the share of its limit, such as "64 MB (13 %)"."""
    used_mb = branch.max_memory_used_mb
    if used_mb is None:
        return "–"  # noqa: RUF001 - an en dash stands for "no figure"
    return f"{memory_text(used_mb)} ({used_mb / branch.memory_mb:.0%})".replace("%", " %")


def extensions_text(branch: MeasuredBranch) -> str:
    """Return what extensions add to the durations of a branch, empty if that is less than a millisecond or unknown."""
    if branch.extensions_ms is UNSET or branch.extensions_ms < 1:
        return ""
    return f"{duration_text(branch.extensions_ms)} of its duration are extensions, after the response"
