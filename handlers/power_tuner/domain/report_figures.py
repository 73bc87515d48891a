"""How figures are written for people: in the report page and in the terminal alike."""

import math
from collections.abc import Mapping
from typing import Any

OUTCOME_WORDS = {
    "ok": "measured",
    "out-of-memory": "out of memory",
    "timeout": "timed out",
    "function-error": "function error",
    "throttled": "throttled",
    "unmeasurable": "not measurable",
}

_MILLION = 1_000_000
_WHOLE_FROM = 100
_TENTHS_FROM = 10


def memory_text(memory_mb: float) -> str:
    """Write a memory size, as in "1536 MB"."""
    return f"{memory_mb:.0f} MB"


def duration_text(duration_ms: float) -> str:
    """Write a duration in milliseconds, with three significant digits where it is short."""
    if duration_ms >= _WHOLE_FROM:
        return f"{duration_ms:,.0f} ms"
    return f"{duration_ms:.1f} ms" if duration_ms >= _TENTHS_FROM else f"{duration_ms:.2f} ms"


def usd_text(cost_usd: float) -> str:
    """Write an amount of money, with three significant digits where it is small."""
    if cost_usd >= _WHOLE_FROM:
        return f"${cost_usd:,.0f}"
    if cost_usd >= 1 or cost_usd == 0:
        return f"${cost_usd:.2f}"
    leading_zeros = -math.floor(math.log10(cost_usd)) - 1
    return f"${cost_usd:.{leading_zeros + 3}f}"


def per_million_usd(cost_usd: float) -> float:
    """Return what a million invocations cost at this cost of one."""
    return cost_usd * _MILLION


def change_text(change: float) -> str:
    """Write a relative change, as in "+12 %"."""
    percent = round(change * 100)
    if percent == 0:
        return "±0 %"
    return f"{'+' if percent > 0 else '−'}{abs(percent):,} %"  # noqa: RUF001 - a minus sign is meant


def outcome_text(outcome: str) -> str:
    """Write a branch's outcome in words."""
    return OUTCOME_WORDS.get(outcome, outcome)


def memory_use_text(branch: Mapping[str, Any]) -> str:
    """Write how much memory a branch used at most, and the share of its limit, as in "64 MB (13 %)"."""
    used_mb = branch.get("maxMemoryUsedMb")
    if used_mb is None:
        return "–"  # noqa: RUF001 - an en dash stands for "no figure"
    return f"{memory_text(used_mb)} ({used_mb / branch['powerValue']:.0%})".replace("%", " %")
