"""A canary: a new version gets a small share of an alias's calls, and more as production shows that it is no worse."""

from typing import Literal, NamedTuple

from msgspec import Struct

from power_tuner.automation.sequential_test import (
    Durations,
    Errors,
    Interval,
    change_of_duration,
    rise_of_errors,
)
from power_tuner.tuning.canary_settings import CanarySettings

# A change of less than this part of the margin is never a reason to go back, however certain it is.
_IGNORED = 0.5


class Seen(Struct, frozen=True):
    """What production showed of one version since the canary began."""

    durations: Durations = Durations()
    errors: Errors = Errors()


class Evidence(Struct, frozen=True):
    """What production showed of both versions."""

    trusted: Seen = Seen()
    tried: Seen = Seen()


class Verdict(NamedTuple):
    """What follows from the evidence so far.

    Attributes:
        found: ``worse``, ``proven`` or ``open``.
        change: of the duration, against what was expected; None while it cannot be told.
        rise: of the share of failed calls.
    """

    found: Literal["worse", "proven", "open"]
    reason: str
    change: Interval | None
    rise: Interval


def judge(evidence: Evidence, settings: CanarySettings, expected_change: float) -> Verdict:
    """Tell whether a new version is worse, or proven to be no worse than by the margins.

    Args:
        evidence: all since the canary began.
        settings: with the margins.
        expected_change: of the duration, as the run measured it; a decision may choose a slower, cheaper memory size.
    """
    allowed = 1 + max(0.0, expected_change)
    against_today = change_of_duration(evidence.trusted.durations, evidence.tried.durations, settings.slowdown)
    change = against_today and Interval((1 + against_today.low) / allowed - 1, (1 + against_today.high) / allowed - 1)
    rise = rise_of_errors(evidence.trusted.errors, evidence.tried.errors)
    if rise.low > 0:
        return Verdict("worse", f"at least {rise.low:.2%} more of its calls fail", change, rise)
    if change and change.low > _IGNORED * settings.slowdown:
        than = "than its run measured" if expected_change > 0 else "than today"
        return Verdict("worse", f"its calls take at least {change.low:.1%} longer {than}", change, rise)
    if change and change.high < settings.slowdown and rise.high < settings.error_rise:
        high = change.high
        longer = f"at most {high:.1%} longer" if high >= 0 else f"at least {-high:.1%} less"
        reason = f"its calls take {longer} than expected, and at most {rise.high:.2%} more fail"
        return Verdict("proven", reason, change, rise)
    return Verdict("open", "more calls are needed to tell", change, rise)


class Stage(NamedTuple):
    """Where a canary is.

    Attributes:
        number: from 0.
        calls: of the new version since the stage began.
        lasted_s: how long it has lasted.
    """

    number: int
    calls: int
    lasted_s: float

    def is_over(self, settings: CanarySettings) -> bool:
        """Return whether it has lasted long enough, and has had calls enough."""
        return self.calls >= settings.minimal_calls and self.lasted_s >= settings.pace_s

    def is_last(self, settings: CanarySettings) -> bool:
        """Return whether no larger share follows but all calls."""
        return self.number + 1 >= len(settings.weights)
